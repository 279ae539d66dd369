output "variables" {
  description = "The variables of the GitHub environment, by the names that the examples read."
  value       = module.environment.variables
}

output "site_url" {
  value = module.environment.site_url
}

output "api_url" {
  value = module.environment.api_url
}

output "service_arns" {
  value = module.environment.service_arns
}

output "alarms" {
  description = "Names for deploy-backend's input `alarms`."
  value       = module.environment.alarms
}

output "candidate_headers" {
  description = "Headers that lead a request to the candidate, on the target ecs with a strategy that moves traffic."
  value       = module.environment.candidate_headers
}

output "app_variables" {
  description = "Lines of the app's env-file that say where the database and Qdrant are."
  value       = module.environment.app_variables
}

output "secret_names" {
  description = "Secrets that wait for a value."
  value       = module.environment.secret_names
}

output "database_master_secret" {
  description = "ARN of the master user's secret, for the migration alone."
  value       = module.environment.database_master_secret
}
