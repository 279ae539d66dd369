# Each is a variable of the repository on GitHub, by this name in capitals: gh variable set AWS_ROLE --body "$(terraform output -raw aws_role)"
output "aws_region" {
  value = var.region
}

output "aws_role" {
  description = "role-to-assume of deploy.yml and rollback.yml."
  value       = aws_iam_role.github["deploy"].arn
}

output "aws_plan_role" {
  description = "role-to-assume of pr-checks.yml and history.yml: it changes nothing."
  value       = aws_iam_role.github["plan"].arn
}

output "ecr_repository" {
  value = aws_ecr_repository.api.repository_url
}

output "service_arn" {
  value = one(concat(aws_apprunner_service.api[*].arn, aws_ecs_express_gateway_service.api[*].service_arn, aws_ecs_service.api[*].arn))
}

output "site_bucket" {
  value = module.site_bucket.id
}

output "release_bucket" {
  value = module.release_bucket.id
}

output "distribution" {
  value = aws_cloudfront_distribution.site.id
}

output "site_url" {
  value = "https://${var.domain == "" ? aws_cloudfront_distribution.site.domain_name : var.domain}"
}

output "api_url" {
  value = one(concat(
    [for service in aws_apprunner_service.api : "https://${service.service_url}"],
    [for service in aws_ecs_express_gateway_service.api : "https://${service.ingress_paths[0].endpoint}"],
    [for balancer in aws_lb.api : var.api_domain == "" ? "http://${balancer.dns_name}" : "https://${var.api_domain}"],
  ))
}

output "alarms" {
  description = "Names for deploy-backend's input `alarms`."
  value       = sort(concat([for alarm in aws_cloudwatch_metric_alarm.errors : alarm.alarm_name], [for alarm in aws_cloudwatch_metric_alarm.latency : alarm.alarm_name]))
}

output "aws_preview_role" {
  description = "role-to-assume of preview.yml."
  value       = one([for name, role in aws_iam_role.github : role.arn if name == "preview"])
}

output "preview_bucket" {
  value = one([for name, bucket in module.preview_bucket : bucket.id if name == "site"])
}

output "preview_distribution" {
  value = one(aws_cloudfront_distribution.preview[*].id)
}
