# None has a default: what is left out is asked for, and takes nothing away.

variable "name" {
  description = "Name of the application, 2 to 16 letters, digits and hyphens: the same in shared/ and in every environment."
  type        = string
}

variable "region" {
  description = "Region of everything but CloudFront's certificate and WAF."
  type        = string
}

variable "github" {
  description = "The repository whose jobs may assume the roles, with the ids of owner and repository: gh api repos/owner/name --jq '.owner.id, .id'"
  type        = object({ repository = string, owner_id = number, repository_id = number })
}

variable "alarm_email" {
  description = "Who is told of alarms; empty tells nobody."
  type        = string
}

variable "budget_emails" {
  description = "Who is told when the month's budget is, or will be, spent."
  type        = list(string)
}

variable "zone_id" {
  description = "Route 53 zone of the host names below; empty where there are none."
  type        = string
}

variable "domains" {
  description = "Host names of the site, the main one first; empty uses CloudFront's own."
  type        = list(string)
}

variable "preview_domain" {
  description = "Domain of the pull requests' previews, such as preview.example.com; empty makes none."
  type        = string
}

variable "database_password" {
  description = "Password of the app's own user of the database, for its secret alone. Given once, at the first apply (README); plans need none."
  type        = string
  ephemeral   = true
  default     = ""
}
