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
  value = one(concat(aws_apprunner_service.api[*].arn, aws_ecs_express_gateway_service.api[*].service_arn))
}

output "site_bucket" {
  value = aws_s3_bucket.site.id
}

output "release_bucket" {
  value = aws_s3_bucket.release.id
}

output "distribution" {
  value = aws_cloudfront_distribution.site.id
}

output "site_url" {
  value = "https://${var.domain == "" ? aws_cloudfront_distribution.site.domain_name : var.domain}"
}
