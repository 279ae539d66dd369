# Secrets, made empty: a value is set by hand (`aws secretsmanager put-secret-value`) and is in no state file.
resource "aws_secretsmanager_secret" "app" {
  for_each = var.names
  name     = "${var.path}/${each.key}"
  # How long a deleted one can be had back.
  recovery_window_in_days = var.deletion_protection ? 30 : 7
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
