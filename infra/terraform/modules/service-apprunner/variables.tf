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
  description = "What the service is made with, until the first release: an image of ECR Public, for App Runner pulls from nowhere else without a role."
  type        = string
  default     = "public.ecr.aws/docker/library/caddy:2.10.2-alpine"
  validation {
    condition     = startswith(var.first_image, "public.ecr.aws/")
    error_message = "Name an image of ECR Public: one of a private repository comes with the first release."
  }
}

variable "first_command" {
  description = "How that image is made to answer every path on the port (%d) with 200. The first release runs its image's own command."
  type        = string
  default     = "caddy respond --listen :%d no-release-yet"
}

variable "max_concurrency" {
  description = "Requests that one instance takes at a time when the service is made; afterwards deploy-backend's input `max-concurrency`."
  type        = number
}

variable "subnet_ids" {
  description = "Private subnets with a NAT gateway that the app's own calls go through; empty leaves the VPC out."
  type        = list(string)
  default     = []
}

variable "security_group_ids" {
  description = "Security groups of the VPC connector; with `subnet_ids` only."
  type        = list(string)
  default     = []
}
