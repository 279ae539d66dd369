# What preview.yml needs: a bucket of its own, a distribution for *.preview.example.com whose function leads each host to its
# folder, and a role (module github) that reaches nothing else. All of it can be made again, and so can be destroyed.
module "bucket" {
  for_each      = { site = var.bucket, backup = "${var.bucket}-backup" }
  source        = "../private-bucket"
  name          = each.value
  distributions = each.key == "site" ? [aws_cloudfront_distribution.preview.arn] : []
  force_destroy = true
}

resource "aws_cloudfront_origin_access_control" "preview" {
  name                              = "${var.prefix}-previews"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

data "aws_cloudfront_cache_policy" "optimized" {
  # Honours the Cache-Control that deploy-frontend gives each file.
  name = "Managed-CachingOptimized"
}

data "aws_cloudfront_response_headers_policy" "security" {
  name = "Managed-SecurityHeadersPolicy"
}

resource "aws_cloudfront_function" "preview" {
  name    = "${var.prefix}-preview-host"
  comment = "Leads pr-<number>.${var.domain} to its folder"
  runtime = "cloudfront-js-2.0"
  publish = true
  code    = "const settings = ${jsonencode(merge(var.url_settings, { previews = true }))};\n${file("${path.module}/../site/clean-urls.js")}"
}

resource "aws_cloudfront_distribution" "preview" {
  comment         = "${var.prefix} previews"
  enabled         = true
  is_ipv6_enabled = true
  http_version    = "http2and3"
  aliases         = ["*.${var.domain}"]

  origin {
    origin_id                = "previews"
    domain_name              = module.bucket["site"].domain
    origin_access_control_id = aws_cloudfront_origin_access_control.preview.id
  }

  default_cache_behavior {
    target_origin_id           = "previews"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD", "OPTIONS"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = data.aws_cloudfront_cache_policy.optimized.id
    response_headers_policy_id = data.aws_cloudfront_response_headers_policy.security.id
    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.preview.arn
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    acm_certificate_arn      = aws_acm_certificate_validation.preview.certificate_arn
    minimum_protocol_version = "TLSv1.2_2021"
    ssl_support_method       = "sni-only"
  }
}

resource "aws_acm_certificate" "preview" {
  region            = "us-east-1"
  domain_name       = "*.${var.domain}"
  validation_method = "DNS"
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "preview_validation" {
  zone_id = var.zone_id
  name    = one([for option in aws_acm_certificate.preview.domain_validation_options : option.resource_record_name if option.domain_name == "*.${var.domain}"])
  type    = one([for option in aws_acm_certificate.preview.domain_validation_options : option.resource_record_type if option.domain_name == "*.${var.domain}"])
  records = [for option in aws_acm_certificate.preview.domain_validation_options : option.resource_record_value if option.domain_name == "*.${var.domain}"]
  ttl     = 300
}

resource "aws_acm_certificate_validation" "preview" {
  region                  = "us-east-1"
  certificate_arn         = aws_acm_certificate.preview.arn
  validation_record_fqdns = [aws_route53_record.preview_validation.fqdn]
}

resource "aws_route53_record" "preview" {
  for_each = toset(["A", "AAAA"])
  zone_id  = var.zone_id
  name     = "*.${var.domain}"
  type     = each.value
  alias {
    name                   = aws_cloudfront_distribution.preview.domain_name
    zone_id                = aws_cloudfront_distribution.preview.hosted_zone_id
    evaluate_target_health = false
  }
}
