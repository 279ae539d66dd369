output "bucket" {
  value = module.bucket["site"].id
}

output "bucket_arns" {
  value = [for bucket in module.bucket : bucket.arn]
}

output "distribution" {
  value = aws_cloudfront_distribution.preview.id
}

output "distribution_arn" {
  value = aws_cloudfront_distribution.preview.arn
}

output "certificate_arn" {
  value = aws_acm_certificate.preview.arn
}
