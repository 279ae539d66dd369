variable "prefix" {
  description = "What every name begins with: <name>-<environment>."
  type        = string
}

variable "environment" {
  description = "The environment, as in the actions' input and on GitHub."
  type        = string
}

variable "github" {
  description = "The repository whose jobs may assume the roles, as owner/name, with the ids of both: gh api repos/owner/name --jq '.owner.id, .id'"
  type        = object({ repository = string, owner_id = number, repository_id = number })
  validation {
    condition     = can(regex("^[^/*@]+/[^/*@]+$", var.github.repository))
    error_message = "Write owner/name. A wildcard would let other repositories deploy."
  }
}

variable "repository_arn" {
  description = "ARN of the ECR repository."
  type        = string
}

variable "release_bucket" {
  description = "Name of the release bucket."
  type        = string
}

variable "site" {
  description = "The site's bucket, and its distribution where it has one."
  type        = object({ bucket = string, cloudfront = bool, distribution_arn = string })
}

variable "services" {
  description = "The services that are deployed to. `family` is the family of the task definitions, on ECS."
  type = list(object({
    target       = string
    name         = string
    cluster      = string
    family       = string
    log_group    = string
    passed_roles = list(string)
  }))
}

variable "secret_arns" {
  description = "ARNs of the secrets that the app is given."
  type        = list(string)
}

variable "previews" {
  description = "What the role `preview` reaches; null makes no such role."
  type        = object({ buckets = list(string), distribution_arn = string })
  default     = null
}
