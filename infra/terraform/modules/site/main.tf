# A private bucket behind CloudFront; or, in development, without CloudFront: the bucket's own website, for the addresses
# that are named and nobody else, over plain HTTP, because S3's websites speak nothing else.
locals {
  cdn    = var.cloudfront ? 1 : 0
  domain = length(var.domains) > 0 ? var.domains[0] : ""
  own    = var.cloudfront && local.domain != ""
  # How an address as people write it is found in the bucket; the previews have the same text.
  url_settings = { cleanUrls = var.clean_urls, pages = var.pages, previews = false, singlePageApp = var.single_page_app }
  headers      = { "Permissions-Policy" = "camera=(), geolocation=(), microphone=()" }
}

module "bucket" {
  source        = "../private-bucket"
  name          = var.bucket
  distributions = aws_cloudfront_distribution.site[*].arn
  website_cidrs = var.cloudfront ? [] : var.website_cidrs
  force_destroy = var.force_destroy
}

module "logs" {
  count           = var.cloudfront && var.access_logs ? 1 : 0
  source          = "../private-bucket"
  name            = "${var.bucket}-logs"
  cloudfront_logs = true
  expire_days     = 90
  force_destroy   = var.force_destroy
}

resource "aws_cloudfront_origin_access_control" "site" {
  count                             = local.cdn
  name                              = "${var.prefix}-site"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

data "aws_cloudfront_cache_policy" "optimized" {
  # Honours the Cache-Control that deploy-frontend gives each file.
  name = "Managed-CachingOptimized"
}

data "aws_cloudfront_cache_policy" "disabled" {
  name = "Managed-CachingDisabled"
}

data "aws_cloudfront_origin_request_policy" "all_but_host" {
  # A load balancer finds the app by its own host name, and not by the site's.
  name = "Managed-AllViewerExceptHostHeader"
}

resource "aws_cloudfront_response_headers_policy" "site" {
  count = local.cdn
  name  = "${var.prefix}-site"
  security_headers_config {
    content_security_policy {
      content_security_policy = var.content_security_policy
      override                = false
    }
    content_type_options {
      override = true
    }
    frame_options {
      frame_option = "DENY"
      override     = false
    }
    referrer_policy {
      referrer_policy = "strict-origin-when-cross-origin"
      override        = false
    }
    strict_transport_security {
      access_control_max_age_sec = 31536000
      include_subdomains         = false
      override                   = false
    }
  }
  custom_headers_config {
    dynamic "items" {
      for_each = local.headers
      content {
        header   = items.key
        value    = items.value
        override = false
      }
    }
  }
}

resource "aws_cloudfront_function" "clean_urls" {
  count   = local.cdn
  name    = "${var.prefix}-clean-urls"
  comment = "Finds the file of an address as people write it"
  runtime = "cloudfront-js-2.0"
  publish = true
  code    = "const settings = ${jsonencode(local.url_settings)};\n${file("${path.module}/clean-urls.js")}"
}

resource "aws_cloudfront_distribution" "site" {
  count               = local.cdn
  comment             = var.prefix
  enabled             = true
  is_ipv6_enabled     = true
  http_version        = "http2and3"
  default_root_object = "index.html"
  price_class         = var.price_class
  aliases             = var.domains
  web_acl_id          = var.web_acl_arn

  origin {
    origin_id                = "site"
    domain_name              = module.bucket.domain
    origin_access_control_id = aws_cloudfront_origin_access_control.site[0].id
  }

  dynamic "origin" {
    for_each = var.api[*]
    content {
      origin_id   = "api"
      domain_name = origin.value.host
      custom_origin_config {
        http_port              = 80
        https_port             = 443
        origin_protocol_policy = origin.value.https ? "https-only" : "http-only"
        origin_ssl_protocols   = ["TLSv1.2"]
        # A model answers slowly; CloudFront waits 60 s at most without a quota of one's own.
        origin_read_timeout = 60
      }
    }
  }

  default_cache_behavior {
    target_origin_id           = "site"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD", "OPTIONS"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = data.aws_cloudfront_cache_policy.optimized.id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.site[0].id
    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.clean_urls[0].arn
    }
  }

  # The app under the site's own name: no CORS, one certificate, one WAF.
  dynamic "ordered_cache_behavior" {
    for_each = var.api[*]
    content {
      path_pattern             = "/api/*"
      target_origin_id         = "api"
      viewer_protocol_policy   = "https-only"
      allowed_methods          = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
      cached_methods           = ["GET", "HEAD"]
      compress                 = true
      cache_policy_id          = data.aws_cloudfront_cache_policy.disabled.id
      origin_request_policy_id = data.aws_cloudfront_origin_request_policy.all_but_host.id
    }
  }

  # With the app behind this distribution its own 404 must stay its own: so no page takes its place.
  dynamic "custom_error_response" {
    for_each = var.api == null ? [1] : []
    content {
      error_code            = 404
      response_code         = 404
      response_page_path    = "/404.html"
      error_caching_min_ttl = 10
    }
  }

  dynamic "logging_config" {
    for_each = module.logs
    content {
      bucket = logging_config.value.domain
      prefix = "cloudfront/"
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = !local.own
    acm_certificate_arn            = local.own ? aws_acm_certificate_validation.site[0].certificate_arn : null
    minimum_protocol_version       = local.own ? "TLSv1.2_2021" : null
    ssl_support_method             = local.own ? "sni-only" : null
  }
}

# CloudFront takes certificates of us-east-1 only.
resource "aws_acm_certificate" "site" {
  count                     = local.own ? 1 : 0
  region                    = "us-east-1"
  domain_name               = local.domain
  subject_alternative_names = slice(var.domains, 1, length(var.domains))
  validation_method         = "DNS"
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  for_each = toset(local.own ? var.domains : [])
  zone_id  = var.zone_id
  name     = one([for option in aws_acm_certificate.site[0].domain_validation_options : option.resource_record_name if option.domain_name == each.key])
  type     = one([for option in aws_acm_certificate.site[0].domain_validation_options : option.resource_record_type if option.domain_name == each.key])
  records  = [for option in aws_acm_certificate.site[0].domain_validation_options : option.resource_record_value if option.domain_name == each.key]
  ttl      = 300
}

resource "aws_acm_certificate_validation" "site" {
  count                   = local.own ? 1 : 0
  region                  = "us-east-1"
  certificate_arn         = aws_acm_certificate.site[0].arn
  validation_record_fqdns = [for record in aws_route53_record.validation : record.fqdn]
}

resource "aws_route53_record" "site" {
  for_each = { for pair in setproduct(local.own ? var.domains : [], ["A", "AAAA"]) : join("/", pair) => { name = pair[0], type = pair[1] } }
  zone_id  = var.zone_id
  name     = each.value.name
  type     = each.value.type
  alias {
    name                   = aws_cloudfront_distribution.site[0].domain_name
    zone_id                = aws_cloudfront_distribution.site[0].hosted_zone_id
    evaluate_target_health = false
  }
}
