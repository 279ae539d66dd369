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

variable "create_oidc_provider" {
  description = "False where the account has GitHub's OIDC provider already: there can be one only."
  type        = bool
}
