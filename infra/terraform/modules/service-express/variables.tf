variable "prefix" {
  description = "What every name begins with: <name>-<environment>."
  type        = string
}

variable "repository_arn" {
  description = "ARN of the ECR repository that the images are pulled from."
  type        = string
}

variable "port" {
  description = "Port that the app listens on when the service is made; afterwards deploy-backend's input `port`."
  type        = number
}

variable "health_check_path" {
  description = "Path that answers 200 where the app is healthy."
  type        = string
}

variable "cpu" {
  description = "CPU units that the service is made with, 1024 for one vCPU; afterwards deploy-backend's input `cpu`."
  type        = number
}

variable "memory" {
  description = "Memory in MiB that the service is made with; afterwards deploy-backend's input `memory`."
  type        = number
}

variable "min_instances" {
  description = "Smallest number of tasks or instances that the service is made with; afterwards deploy-backend's input `min-instances`."
  type        = number
}

variable "max_instances" {
  description = "Largest number of tasks or instances that the service is made with; afterwards deploy-backend's input `max-instances`."
  type        = number
}

variable "secret_arns" {
  description = "ARNs of the secrets that the service may read, by any key that is known when planning."
  type        = map(string)
  default     = {}
}

variable "app_statements" {
  description = "Statements of the policy that the app itself has, as in IAM's JSON."
  type        = any
  default     = []
}

variable "alarm_topics" {
  description = "ARNs of SNS topics that alarms are sent to."
  type        = list(string)
  default     = []
}

variable "max_error_rate" {
  description = "Percent of requests that may be answered with a 5xx."
  type        = number
  default     = 1
}

variable "max_p95_latency" {
  description = "Milliseconds above which the p95 latency rings. An app that waits for a model takes seconds."
  type        = number
  default     = 5000
}

variable "first_image" {
  description = "What the service is made with, until the first release: a public image that answers every path, and has no secret to tell."
  type        = string
  default     = "docker.io/traefik/whoami:v1.11.0"
}

variable "target_cpu" {
  description = "Percent of CPU that auto-scaling aims at when the service is made; afterwards deploy-backend's input `cpu-target`."
  type        = number
}

variable "environment" {
  description = "Value of the dimension Environment in the app's own metrics."
  type        = string
}

variable "metrics_namespace" {
  description = "Namespace of the app's own metrics: Requests, 5xxErrors, and RequestLatency in milliseconds."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets of the service: public ones for a public address. Empty takes those of the default VPC."
  type        = list(string)
  default     = []
}

variable "security_group_ids" {
  description = "Security groups of the tasks; with `subnet_ids` only."
  type        = list(string)
  default     = []
}

variable "log_retention_days" {
  description = "How long the app's output is kept."
  type        = number
  default     = 30
}
