output "variables" {
  description = "The variables of the GitHub environment <environment>, by the names that the examples read."
  value = { for name, value in {
    AWS_REGION           = local.region
    AWS_ROLE             = module.github.role_arns["deploy"]
    AWS_ROLLBACK_ROLE    = module.github.role_arns["rollback"]
    AWS_PLAN_ROLE        = module.github.role_arns["plan"]
    AWS_BUILD_ROLE       = module.github.role_arns["build"]
    AWS_PREVIEW_ROLE     = lookup(module.github.role_arns, "preview", null)
    ECR_REPOSITORY       = "${local.account}.dkr.ecr.${local.region}.${data.aws_partition.current.dns_suffix}/${local.repository}"
    SERVICE_ARN          = try(local.live.arn, null)
    ACCESS_ROLE          = try(local.live.access_role, null)
    SITE_BUCKET          = module.site.bucket
    RELEASE_BUCKET       = local.release_bucket
    DISTRIBUTION         = module.site.distribution
    PREVIEW_BUCKET       = one([for one in module.previews : one.bucket])
    PREVIEW_DISTRIBUTION = one([for one in module.previews : one.distribution])
  } : name => value if value != null }
}

output "site_url" {
  value = module.site.url
}

output "api_url" {
  value = try(local.live.url, null)
}

output "service_arns" {
  description = "Every target's service, for the time in which two stand side by side."
  value       = { for one in local.services : one.target => one.arn }
}

output "alarms" {
  description = "Names for deploy-backend's input `alarms`."
  value       = try(sort(local.live.alarms), [])
}

output "candidate_headers" {
  description = "Headers that lead a request to the candidate, on the target ecs with a strategy that moves traffic."
  value       = merge([for one in module.ecs : one.candidate_headers]...)
}

output "app_variables" {
  description = "What the app's env-file says of the database and of Qdrant; none of it is a secret."
  value = merge(
    merge([for one in module.database : one.variables]...),
    local.sqlite ? { DATABASE_URL = "sqlite:////data/app.db" } : {},
    { for key, one in module.vector_store : "QDRANT_URL" => one.url },
  )
}

output "secret_names" {
  description = "Secrets that wait for a value: aws secretsmanager put-secret-value --secret-id <name> …"
  value       = [for name in keys(module.secrets.arns) : "${var.name}/${var.environment}/${name}"]
}

output "database_master_secret" {
  description = "ARN of the master user's secret, for the migration alone."
  value       = one([for one in module.database : one.master_secret_arn])
}
