output "bucket" {
  value = module.bucket.id
}

output "bucket_arn" {
  value = module.bucket.arn
}

output "distribution" {
  description = "Id of the distribution; null without CloudFront."
  value       = one(aws_cloudfront_distribution.site[*].id)
}

output "distribution_arn" {
  value = one(aws_cloudfront_distribution.site[*].arn)
}

output "url" {
  value = !var.cloudfront ? "http://${module.bucket.website}" : "https://${local.domain == "" ? aws_cloudfront_distribution.site[0].domain_name : local.domain}"
}

output "certificate_arn" {
  value = one(aws_acm_certificate.site[*].arn)
}
