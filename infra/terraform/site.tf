# Private, behind CloudFront.
module "site_bucket" {
  source        = "./modules/private-bucket"
  name          = local.site
  distributions = [aws_cloudfront_distribution.site.arn]
}

resource "aws_cloudfront_origin_access_control" "site" {
  name                              = "${var.name}-${var.environment}-site"
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

# One text for the site and for previews: how an address as people write it is found in the bucket.
locals {
  url_settings = {
    cleanUrls     = var.clean_urls
    pages         = var.pages
    singlePageApp = var.single_page_app
  }
  clean_urls = file("${path.module}/clean-urls.js")
}

resource "aws_cloudfront_function" "clean_urls" {
  name    = "${var.name}-${var.environment}-clean-urls"
  comment = "Finds the file of an address as people write it"
  runtime = "cloudfront-js-2.0"
  publish = true
  code    = "const settings = ${jsonencode(merge(local.url_settings, { previews = false }))};\n${local.clean_urls}"
}

resource "aws_cloudfront_distribution" "site" {
  comment             = "${var.name} ${var.environment}"
  enabled             = true
  is_ipv6_enabled     = true
  http_version        = "http2and3"
  default_root_object = "index.html"
  aliases             = var.domain == "" ? [] : [var.domain]
  web_acl_id          = var.web_acl_arn == "" ? null : var.web_acl_arn

  origin {
    origin_id                = "site"
    domain_name              = module.site_bucket.domain
    origin_access_control_id = aws_cloudfront_origin_access_control.site.id
  }

  default_cache_behavior {
    target_origin_id           = "site"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD", "OPTIONS"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = data.aws_cloudfront_cache_policy.optimized.id
    response_headers_policy_id = data.aws_cloudfront_response_headers_policy.security.id
    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.clean_urls.arn
    }
  }

  custom_error_response {
    error_code            = 404
    response_code         = 404
    response_page_path    = "/404.html"
    error_caching_min_ttl = 10
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = var.domain == ""
    acm_certificate_arn            = var.domain == "" ? null : aws_acm_certificate_validation.site[0].certificate_arn
    minimum_protocol_version       = var.domain == "" ? null : "TLSv1.2_2021"
    ssl_support_method             = var.domain == "" ? null : "sni-only"
  }
}

resource "aws_acm_certificate" "site" {
  count             = var.domain == "" ? 0 : 1
  provider          = aws.us_east_1
  domain_name       = var.domain
  validation_method = "DNS"
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  for_each = var.domain == "" ? {} : {
    for option in aws_acm_certificate.site[0].domain_validation_options : option.domain_name => option
  }
  zone_id = var.zone_id
  name    = each.value.resource_record_name
  type    = each.value.resource_record_type
  records = [each.value.resource_record_value]
  ttl     = 300
}

resource "aws_acm_certificate_validation" "site" {
  count                   = var.domain == "" ? 0 : 1
  provider                = aws.us_east_1
  certificate_arn         = aws_acm_certificate.site[0].arn
  validation_record_fqdns = [for record in aws_route53_record.validation : record.fqdn]
}

resource "aws_route53_record" "site" {
  for_each = var.domain == "" ? toset([]) : toset(["A", "AAAA"])
  zone_id  = var.zone_id
  name     = var.domain
  type     = each.value
  alias {
    name                   = aws_cloudfront_distribution.site.domain_name
    zone_id                = aws_cloudfront_distribution.site.hosted_zone_id
    evaluate_target_health = false
  }
}
