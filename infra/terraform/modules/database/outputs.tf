output "id" {
  value = aws_db_instance.main.identifier
}

output "variables" {
  description = "What the app and the migration are told; none of it is a secret."
  value = {
    DATABASE_HOST    = aws_db_instance.main.address
    DATABASE_PORT    = tostring(aws_db_instance.main.port)
    DATABASE_NAME    = var.database_name
    DATABASE_SSLMODE = "require"
  }
}

output "master_secret_arn" {
  description = "For the migration alone. AWS rotates it every week."
  value       = aws_db_instance.main.master_user_secret[0].secret_arn
}
