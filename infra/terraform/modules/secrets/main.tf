# Secrets, made empty: a value is set by hand (`aws secretsmanager put-secret-value`) and is in no state file. Neither is the one that is
# given here: it is ephemeral, and written by a write-only argument.
resource "aws_secretsmanager_secret" "app" {
  for_each = var.names
  name     = "${var.path}/${each.key}"
  # How long a deleted one can be had back.
  recovery_window_in_days = var.deletion_protection ? 30 : 7
}

# Written when the version changes, and else left alone, so that plans need no password.
resource "aws_secretsmanager_secret_version" "database_password" {
  for_each                 = toset(var.database_password_version == null ? [] : ["database_password"])
  secret_id                = aws_secretsmanager_secret.app[each.key].id
  secret_string_wo         = var.database_password == "" ? null : var.database_password
  secret_string_wo_version = var.database_password_version
}

variable "database_password" {
  description = "Value of the secret database_password; empty where it is not to be written."
  type        = string
  ephemeral   = true
  default     = ""
}

variable "database_password_version" {
  description = "Another number writes database_password anew; null leaves the secret to whoever sets it by hand."
  type        = number
  default     = null
}

variable "path" {
  description = "What every secret's name begins with: <name>/<environment>."
  type        = string
}

variable "names" {
  description = "Names of the secrets, such as openai_key."
  type        = set(string)
}

variable "deletion_protection" {
  description = "Whether a deleted secret can be had back for 30 days, and not for 7."
  type        = bool
}

output "arns" {
  description = "ARN of each secret, by its name."
  value       = { for name, secret in aws_secretsmanager_secret.app : name => secret.arn }
}
