# What decides about existence or names has no default here: a variable that is left out by mistake takes nothing away.

variable "name" {
  description = "Name of the application, the same in shared/ and in every environment."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,15}$", var.name)) && !can(regex("--|-$|^internal", var.name))
    error_message = "Use 2 to 16 lower-case letters, digits and single hyphens, beginning with a letter and ending with none; a load balancer takes no name that begins with internal."
  }
}

variable "environment" {
  description = "The environment, as in the actions' input and on GitHub."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,13}[a-z0-9]$", var.environment)) && !can(regex("--", var.environment)) && !contains(["plan", "build", "preview", "sites"], var.environment)
    error_message = "Use 3 to 15 lower-case letters, digits and single hyphens, so that <name>-<environment> fits whole into the 32 characters of a load balancer's name; plan, build and preview are GitHub environments of other roles, sites a folder of the release bucket."
  }
}

variable "github" {
  description = "The repository whose jobs may assume the roles, as owner/name, with the ids of both: gh api repos/owner/name --jq '.owner.id, .id'"
  type        = object({ repository = string, owner_id = number, repository_id = number })
}

variable "targets" {
  description = "What runs the backend: ecs-express, ecs, apprunner. Two stand side by side while a release moves from one to the other; to take one out of the set destroys it."
  type        = set(string)
  validation {
    condition     = alltrue([for target in var.targets : contains(["apprunner", "ecs", "ecs-express"], target)])
    error_message = "Use apprunner, ecs or ecs-express."
  }
}

variable "live_target" {
  description = "The one of `targets` that releases go to and that the site's /api/* leads to; null with no target at all."
  type        = string
  validation {
    condition     = var.live_target == null ? length(var.targets) == 0 : contains(var.targets, var.live_target)
    error_message = "Name one of targets: to move, add the new target first, release to it, then change live_target, and take the old one out last."
  }
}

variable "protected" {
  description = "Whether the load balancer, the database, Qdrant and the site refuse to be destroyed. False lets `terraform destroy` take all of it."
  type        = bool
}

variable "size" {
  description = "What the service is made with. Afterwards deploy-backend's inputs cpu, memory, min-instances, max-instances, cpu-target and max-concurrency change it, and Terraform leaves it alone."
  type = object({
    cpu             = number
    memory          = number
    min_instances   = number
    max_instances   = number
    target_cpu      = optional(number, 70)
    max_concurrency = optional(number, 100)
  })
  validation {
    condition     = var.size.min_instances >= 1 && var.size.max_instances >= var.size.min_instances
    error_message = "At least one instance, and max_instances not below min_instances."
  }
  validation {
    condition     = contains([256, 512, 1024, 2048, 4096], var.size.cpu) && var.size.memory >= var.size.cpu * 2 && var.size.memory <= var.size.cpu * 8
    error_message = "cpu is 256, 512, 1024, 2048 or 4096, and memory (MiB) two to eight times that: what Fargate and App Runner offer both."
  }
}

variable "strategy" {
  description = "How a release reaches users on the target ecs; it may be changed at any time. type: rolling, blue-green (all at once), canary (step_percent first, the rest after step_minutes) or linear (step_percent at a time). gate (blue-green): a release waits, before any user reaches it, for deploy-backend's `gate: pause`, and after gate_minutes without an answer ECS takes it back. bake_minutes: how long the old tasks stay for a quick way back."
  type = object({
    type         = optional(string, "rolling")
    gate         = optional(bool, false)
    gate_minutes = optional(number, 30)
    bake_minutes = optional(number, 5)
    step_percent = optional(number)
    step_minutes = optional(number, 5)
  })
  default = {}
  validation {
    condition     = contains(["rolling", "blue-green", "canary", "linear"], var.strategy.type)
    error_message = "Use rolling, blue-green, canary or linear."
  }
  validation {
    condition     = var.strategy.type == "rolling" || contains(var.targets, "ecs")
    error_message = "A strategy is for the target ecs: ECS Express has its own canary of 5 % for 3 minutes, and App Runner has none."
  }
  validation {
    condition     = var.strategy.type == "rolling" || var.database != "sqlite"
    error_message = "SQLite has one writer: only the strategy rolling stops the old task before it starts the new one."
  }
  validation {
    condition     = !var.strategy.gate || var.strategy.type == "blue-green"
    error_message = "A gate needs blue-green: deploy-backend answers no other strategy's, and ECS would take each release back."
  }
  validation {
    condition     = var.strategy.gate_minutes >= 1 && var.strategy.gate_minutes <= 20160 && var.strategy.bake_minutes >= 0 && var.strategy.bake_minutes <= 1440 && var.strategy.step_minutes >= 0 && var.strategy.step_minutes <= 1440
    error_message = "ECS takes 1 to 20160 gate_minutes, and 0 to 1440 bake_minutes and step_minutes."
  }
  validation {
    condition     = var.strategy.step_percent == null ? true : var.strategy.type == "canary" ? var.strategy.step_percent >= 0.1 && var.strategy.step_percent <= 100 : var.strategy.type == "linear" && var.strategy.step_percent >= 3 && var.strategy.step_percent <= 100
    error_message = "step_percent is for canary (0.1 to 100) and linear (3 to 100)."
  }
}

variable "network" {
  description = "The VPC: nat is none, one or per-zone; without NAT tasks have public addresses that nobody may call."
  type = object({
    zones               = number
    nat                 = string
    cidr                = optional(string, "10.0.0.0/16")
    interface_endpoints = optional(bool, false)
  })
}

variable "database" {
  description = "postgres (RDS), sqlite (a file on EFS: ecs alone, one task, a minute's downtime with each release) or none."
  type        = string
  validation {
    condition     = contains(["postgres", "sqlite", "none"], var.database)
    error_message = "Use postgres, sqlite or none."
  }
  validation {
    condition     = var.database != "sqlite" || (var.targets == toset(["ecs"]) && var.size.max_instances == 1)
    error_message = "SQLite is for the target ecs alone, with max_instances = 1: Express and App Runner have no volume, and two tasks would both write the file."
  }
}

variable "postgres" {
  description = "Size of the database, with `database = \"postgres\"`."
  type = object({
    instance_class = string
    multi_az       = bool
    backup_days    = number
    storage_gib    = optional(number, 20)
  })
  default = null
  validation {
    condition     = var.database != "postgres" || var.postgres != null
    error_message = "Give the database's size: postgres = { instance_class = …, multi_az = …, backup_days = … }."
  }
}

variable "database_password" {
  description = "Password of the app's own user, for its secret alone: it is in no plan and in no state. Needed when database_password_version changes."
  type        = string
  ephemeral   = true
  default     = ""
  validation {
    condition     = var.database_password == "" || length(var.database_password) >= 16
    error_message = "Use 16 characters or more: aws secretsmanager get-random-password --exclude-punctuation --password-length 32"
  }
}

variable "database_password_version" {
  description = "Another number writes database_password into its secret anew; null leaves that to you."
  type        = number
  default     = null
  validation {
    condition     = var.database_password_version == null || var.database == "postgres"
    error_message = "Only PostgreSQL has a password."
  }
}

variable "qdrant" {
  description = "Qdrant of one's own on an EC2 instance; null where Qdrant Cloud is used."
  type        = object({ instance_type = string, storage_gib = number })
  validation {
    condition     = var.qdrant == null || contains(var.secret_names, "qdrant_key")
    error_message = "Qdrant's key is the secret qdrant_key: put it into secret_names, apply, set its value, and then make Qdrant."
  }
}

variable "secret_names" {
  description = "Secrets that the app is given, such as openai_key: Secrets Manager has them as <name>/<environment>/openai_key. They are made empty; one that is taken out of the set is deleted."
  type        = set(string)
}

variable "site" {
  description = "The site. Without cloudfront only website_cidrs read it. api leads /api/* to the live target."
  type = object({
    cloudfront              = bool
    waf                     = bool
    api                     = bool
    domains                 = list(string)
    website_cidrs           = optional(list(string), [])
    clean_urls              = optional(string, "folder")
    single_page_app         = optional(bool, false)
    pages                   = optional(list(string), [])
    price_class             = optional(string, "PriceClass_100")
    content_security_policy = optional(string, "base-uri 'self'; frame-ancestors 'none'; object-src 'none'; upgrade-insecure-requests")
  })
  validation {
    condition     = !var.site.waf || var.site.cloudfront
    error_message = "The WAF guards CloudFront: it needs cloudfront = true."
  }
  validation {
    condition     = !var.site.api || (var.site.cloudfront && var.live_target != null)
    error_message = "/api/* goes through CloudFront to the live target: it needs both."
  }
}

variable "api_domain" {
  description = "Host name of the API in zone_id, for the target ecs; empty is plain HTTP there. Express and App Runner have names of their own. Give it before a strategy that moves traffic: it makes the listener's rules anew, with all weight on the first target group."
  type        = string
  validation {
    condition     = var.api_domain == "" || (contains(var.targets, "ecs") && var.zone_id != "")
    error_message = "api_domain is for the target ecs, and needs the Route 53 zone that it is in (zone_id)."
  }
}

variable "preview_domain" {
  description = "Domain in zone_id of the pull requests' previews, such as preview.example.com for https://pr-7.preview.example.com; empty makes none."
  type        = string
  validation {
    condition     = var.preview_domain == "" || var.zone_id != ""
    error_message = "Previews need the Route 53 zone that their domain is in (zone_id)."
  }
}

variable "zone_id" {
  description = "Route 53 zone of all host names; empty where there are none."
  type        = string
}

variable "monthly_budget" {
  description = "US dollars a month above which budget_emails are told; null makes no budget."
  type        = number
}

variable "budget_emails" {
  description = "Who is told of the budget."
  type        = list(string)
  default     = []
}

variable "alarm_email" {
  description = "Who is told of alarms by mail; empty makes no topic."
  type        = string
  default     = ""
}

variable "alarm_topics" {
  description = "ARNs of further SNS topics that are told of alarms: of this region, and of us-east-1 for the certificates of CloudFront."
  type        = list(string)
  default     = []
}

variable "port" {
  description = "Port that the app listens on when the service is made; afterwards deploy-backend's input `port`."
  type        = number
  default     = 8000
}

variable "health_check_path" {
  description = "Path that answers 200 where the app is healthy."
  type        = string
  default     = "/health"
}

variable "max_p95_latency" {
  description = "Milliseconds above which the p95 latency rings. An app that waits for a model takes seconds."
  type        = number
  default     = 5000
}

variable "metrics_namespace" {
  description = "Namespace of the app's own metrics: Requests, 5xxErrors, and RequestLatency in milliseconds, by Environment."
  type        = string
  default     = "WWHD/API"
}

variable "app_statements" {
  description = "Statements of the policy that the app itself has, as in IAM's JSON."
  type        = any
  default     = []
}
