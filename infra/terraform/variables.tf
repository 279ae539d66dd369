variable "name" {
  description = "Name of the application; the resources are named after it."
  type        = string
  default     = "wwhd"
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}$", var.name))
    error_message = "Use 2 to 31 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "environment" {
  description = "The environment, as in the actions' input and on GitHub."
  type        = string
  default     = "production"
}

variable "region" {
  description = "Region of everything but CloudFront's certificate."
  type        = string
  default     = "us-west-2"
}

variable "github_repository" {
  description = "The repository whose jobs may assume the roles, as owner/name."
  type        = string
  validation {
    condition     = can(regex("^[^/*]+/[^/*]+$", var.github_repository))
    error_message = "Write owner/name. A wildcard would let other repositories deploy."
  }
}

variable "github_subjects" {
  description = "Further `sub` claims that may assume the deploying role. Repositories made since July 2026 have ids in theirs (repo:owner@1/name@2:environment:production): take yours from the failed login's CloudTrail event."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for subject in var.github_subjects : can(regex("^repo:[^*]+$", subject))])
    error_message = "Each begins with repo: and has no wildcard."
  }
}

variable "create_github_oidc_provider" {
  description = "False where the account has GitHub's OIDC provider already: there can be one only."
  type        = bool
  default     = true
}

variable "target" {
  description = "What runs the backend: ecs-express, ecs (Fargate behind a load balancer), apprunner (customers from before 2026-04-30 only), or none."
  type        = string
  default     = "ecs-express"
  validation {
    condition     = contains(["apprunner", "ecs", "ecs-express", "none"], var.target)
    error_message = "Use apprunner, ecs, ecs-express or none."
  }
}

variable "first_image" {
  description = "The image, by digest, that the service is made with; afterwards deploy-backend owns it. Push one with push-image first: repository first, service second."
  type        = string
  default     = ""
  validation {
    condition     = var.first_image == "" || can(regex("@sha256:[0-9a-f]{64}$", var.first_image))
    error_message = "Name it by digest: a tag such as latest can not be gone back to."
  }
}

variable "port" {
  description = "Port that the app listens on."
  type        = number
  default     = 8000
}

variable "health_check_path" {
  description = "Path that answers 200 where the app is healthy."
  type        = string
  default     = "/health"
}

variable "cpu" {
  description = "CPU units, 1024 for one vCPU: 256 to 4096."
  type        = number
  default     = 1024
}

variable "memory" {
  description = "Memory in MiB."
  type        = number
  default     = 2048
}

variable "min_instances" {
  description = "Smallest number of instances or tasks. Two survive the loss of one."
  type        = number
  default     = 2
}

variable "max_instances" {
  description = "Largest number of instances or tasks."
  type        = number
  default     = 10
}

variable "target_cpu" {
  description = "ECS: percent of CPU that auto-scaling aims at."
  type        = number
  default     = 70
}

variable "max_concurrency" {
  description = "App Runner: requests that one instance takes at a time."
  type        = number
  default     = 100
}

variable "vpc_id" {
  description = "ecs: the VPC; empty takes the account's default one."
  type        = string
  default     = ""
}

variable "public_subnet_ids" {
  description = "ecs: subnets of the load balancer, in two zones at least; empty takes all of the VPC's."
  type        = list(string)
  default     = []
}

variable "private_subnet_ids" {
  description = "ecs: subnets of the tasks, with a way out (NAT, or endpoints); empty puts the tasks into all of the VPC's subnets, with public addresses."
  type        = list(string)
  default     = []
}

variable "api_domain" {
  description = "ecs: host name of the API, in zone_id; empty makes no certificate, and plain HTTP."
  type        = string
  default     = ""
}

variable "log_retention_days" {
  description = "ecs: how long the app's output is kept."
  type        = number
  default     = 30
}

variable "secret_names" {
  description = "Secrets Manager secrets that the app is given, by variable. Terraform makes them empty; their values are set by hand and are in no state file."
  type        = map(string)
  default     = {}
}

variable "site_bucket" {
  description = "Name of the site's bucket."
  type        = string
  default     = null
}

variable "release_bucket" {
  description = "Name of the bucket of the ledger and the backup."
  type        = string
  default     = null
}

variable "domain" {
  description = "Host name of the site; empty uses CloudFront's own."
  type        = string
  default     = ""
}

variable "zone_id" {
  description = "Route 53 zone of domain and api_domain."
  type        = string
  default     = ""
}

variable "clean_urls" {
  description = "Which file /about and /about/ mean: \"folder\" about/index.html (Astro, Docusaurus, Hugo, Next.js with trailingSlash), \"file\" about.html (Next.js, SvelteKit), \"none\" neither; / is index.html in any case."
  type        = string
  default     = "folder"
  validation {
    condition     = contains(["folder", "file", "none"], var.clean_urls)
    error_message = "clean_urls is one of folder, file and none."
  }
}

variable "single_page_app" {
  description = "Whether routes that are no files are answered with index.html, as a single-page app wants it."
  type        = bool
  default     = false
}

variable "pages" {
  description = "With single_page_app: addresses that are pages of their own and no routes of the app, with all below them, such as [\"/about\", \"/blog\"]."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for page in var.pages : can(regex("^/[^?#]*[^/?#]$", page))])
    error_message = "A page begins with / and ends without one, such as /about."
  }
}

variable "preview_domain" {
  description = "Domain in zone_id of the pull requests' previews, such as preview.example.com for https://pr-7.preview.example.com; empty makes none."
  type        = string
  default     = ""
}

variable "web_acl_arn" {
  description = "ARN of a WAF web ACL for CloudFront (made in us-east-1); empty attaches none."
  type        = string
  default     = ""
}

variable "alarm_topics" {
  description = "ARNs of SNS topics that alarms are sent to."
  type        = list(string)
  default     = []
}

variable "max_p95_latency" {
  description = "Milliseconds above which the p95 latency rings."
  type        = number
  default     = 1000
}

variable "monthly_budget" {
  description = "US dollars a month above which budget_emails are told; 0 makes no budget."
  type        = number
  default     = 0
}

variable "budget_emails" {
  description = "Who is told."
  type        = list(string)
  default     = []
}
