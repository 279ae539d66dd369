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

variable "cpu_architecture" {
  description = "X86_64 or ARM64, as the images are built for."
  type        = string
  default     = "X86_64"
  validation {
    condition     = contains(["X86_64", "ARM64"], var.cpu_architecture)
    error_message = "Use X86_64 or ARM64."
  }
}

variable "vpc_id" {
  description = "The VPC of load balancer and tasks."
  type        = string
}

variable "public_subnet_ids" {
  description = "Subnets of the load balancer, in two zones at least."
  type        = list(string)
  validation {
    condition     = length(var.public_subnet_ids) >= 2
    error_message = "A load balancer needs two subnets, in two zones."
  }
}

variable "task_subnet_ids" {
  description = "Subnets of the tasks: private ones with a way out, or public ones with `assign_public_ip`."
  type        = list(string)
}

variable "assign_public_ip" {
  description = "Whether tasks have public addresses: where their subnets have no NAT gateway."
  type        = bool
}

variable "security_group_ids" {
  description = "Further security groups of the tasks, such as the one that the database lets in."
  type        = list(string)
  default     = []
}

variable "domain" {
  description = "Host name of the API, in `zone_id`; empty makes no certificate, and plain HTTP."
  type        = string
  default     = ""
}

variable "zone_id" {
  description = "Route 53 zone of `domain`."
  type        = string
  default     = ""
}

variable "log_retention_days" {
  description = "How long the app's output is kept."
  type        = number
  default     = 30
}

variable "deletion_protection" {
  description = "Whether the load balancer refuses to be deleted."
  type        = bool
}

variable "efs" {
  description = "A folder on EFS that the one task writes to, as SQLite wants it; null has none."
  type = object({
    path             = string
    file_system_id   = string
    file_system_arn  = string
    access_point_id  = string
    access_point_arn = string
  })
  default = null
}

variable "strategy" {
  description = "How a release reaches users, as module environment takes it."
  type = object({
    type         = optional(string, "rolling")
    gate         = optional(bool, false)
    gate_minutes = optional(number, 30)
    bake_minutes = optional(number, 5)
    step_percent = optional(number)
    step_minutes = optional(number, 5)
  })
  default = {}
}
