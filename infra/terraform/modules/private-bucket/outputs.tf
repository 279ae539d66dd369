output "id" {
  value = aws_s3_bucket.main.id
}

output "arn" {
  value = aws_s3_bucket.main.arn
}

output "domain" {
  description = "Where CloudFront reads it."
  value       = aws_s3_bucket.main.bucket_regional_domain_name
}

output "website" {
  description = "Host name of the bucket's website, where it has one."
  value       = one(aws_s3_bucket_website_configuration.main[*].website_endpoint)
}
