# What preview.yml needs, where `preview_domain` is given: a bucket of its own, a distribution for *.preview.example.com
# whose function leads each host to its folder, and a role that reaches nothing of production.
locals {
  previews       = var.preview_domain == "" ? 0 : 1
  preview_bucket = "${var.name}-previews-${local.account}"
  preview_names  = var.preview_domain == "" ? {} : { site = local.preview_bucket, backup = "${local.preview_bucket}-backup" }
}

module "preview_bucket" {
  for_each      = local.preview_names
  source        = "./modules/private-bucket"
  name          = each.value
  distributions = each.key == "site" ? aws_cloudfront_distribution.preview[*].arn : []
}

resource "aws_cloudfront_function" "preview" {
  count   = local.previews
  name    = "${var.name}-preview-host"
  comment = "Leads pr-<number>.${var.preview_domain} to its folder"
  runtime = "cloudfront-js-2.0"
  publish = true
  code    = "const settings = ${jsonencode(merge(local.url_settings, { previews = true }))};\n${local.clean_urls}"
}

resource "aws_cloudfront_distribution" "preview" {
  count           = local.previews
  comment         = "${var.name} previews"
  enabled         = true
  is_ipv6_enabled = true
  http_version    = "http2and3"
  aliases         = ["*.${var.preview_domain}"]

  origin {
    origin_id                = "previews"
    domain_name              = module.preview_bucket["site"].domain
    origin_access_control_id = aws_cloudfront_origin_access_control.site.id
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
      function_arn = aws_cloudfront_function.preview[0].arn
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    acm_certificate_arn      = aws_acm_certificate_validation.preview[0].certificate_arn
    minimum_protocol_version = "TLSv1.2_2021"
    ssl_support_method       = "sni-only"
  }
}

resource "aws_acm_certificate" "preview" {
  count             = local.previews
  provider          = aws.us_east_1
  domain_name       = "*.${var.preview_domain}"
  validation_method = "DNS"
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "preview_validation" {
  for_each = var.preview_domain == "" ? {} : {
    for option in aws_acm_certificate.preview[0].domain_validation_options : option.domain_name => option
  }
  zone_id = var.zone_id
  name    = each.value.resource_record_name
  type    = each.value.resource_record_type
  records = [each.value.resource_record_value]
  ttl     = 300
}

resource "aws_acm_certificate_validation" "preview" {
  count                   = local.previews
  provider                = aws.us_east_1
  certificate_arn         = aws_acm_certificate.preview[0].arn
  validation_record_fqdns = [for record in aws_route53_record.preview_validation : record.fqdn]
}

resource "aws_route53_record" "preview" {
  for_each = var.preview_domain == "" ? toset([]) : toset(["A", "AAAA"])
  zone_id  = var.zone_id
  name     = "*.${var.preview_domain}"
  type     = each.value
  alias {
    name                   = aws_cloudfront_distribution.preview[0].domain_name
    zone_id                = aws_cloudfront_distribution.preview[0].hosted_zone_id
    evaluate_target_health = false
  }
}

# A pull request's code is not reviewed yet: its job reaches the previews, and nothing else.
data "aws_iam_policy_document" "preview" {
  count = local.previews
  statement {
    sid       = "List"
    actions   = ["s3:ListBucket"]
    resources = [for bucket in module.preview_bucket : bucket.arn]
  }
  statement {
    sid       = "ReadAndWrite"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
    resources = [for bucket in module.preview_bucket : "${bucket.arn}/*"]
  }
  statement {
    sid       = "Invalidate"
    actions   = ["cloudfront:GetDistribution", "cloudfront:CreateInvalidation", "cloudfront:GetInvalidation"]
    resources = [aws_cloudfront_distribution.preview[0].arn]
  }
}

resource "aws_iam_role_policy" "preview" {
  count  = local.previews
  name   = "preview"
  role   = aws_iam_role.github["preview"].id
  policy = data.aws_iam_policy_document.preview[0].json
}
