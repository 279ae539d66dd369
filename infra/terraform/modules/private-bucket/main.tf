# A bucket that is nobody's but its account's, over TLS alone, and read by CloudFront where a distribution is named.
# No website hosting: that needs a public bucket, and speaks HTTP only.
resource "aws_s3_bucket" "main" {
  bucket        = var.name
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_public_access_block" "main" {
  bucket                  = aws_s3_bucket.main.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "main" {
  bucket = aws_s3_bucket.main.id
  rule {
    # CloudFront's standard logs are written with an ACL; everything else lives without.
    object_ownership = var.cloudfront_logs ? "BucketOwnerPreferred" : "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "main" {
  count  = var.keep_versions_days > 0 ? 1 : 0
  bucket = aws_s3_bucket.main.id
  versioning_configuration {
    status = "Enabled"
  }
}

# What is current never expires here, but for logs: only deploy-frontend knows what a kept release needs.
resource "aws_s3_bucket_lifecycle_configuration" "main" {
  bucket     = aws_s3_bucket.main.id
  depends_on = [aws_s3_bucket_versioning.main]
  # An upload in parts that was cut off is paid for until it is cleared away.
  rule {
    id     = "unfinished-uploads"
    status = "Enabled"
    filter {}
    abort_incomplete_multipart_upload {
      days_after_initiation = 2
    }
  }
  dynamic "rule" {
    for_each = aws_s3_bucket_versioning.main
    content {
      id     = "old-versions"
      status = "Enabled"
      filter {}
      noncurrent_version_expiration {
        noncurrent_days = var.keep_versions_days
      }
      expiration {
        expired_object_delete_marker = true
      }
    }
  }
  dynamic "rule" {
    for_each = var.expire_days > 0 ? [1] : []
    content {
      id     = "expire"
      status = "Enabled"
      filter {}
      expiration {
        days = var.expire_days
      }
    }
  }
}

locals {
  tls_only = {
    Sid       = "TlsOnly"
    Effect    = "Deny"
    Principal = "*"
    Action    = "s3:*"
    # A website of S3's speaks plain HTTP: its objects are read so, from the addresses that are named.
    Resource  = length(var.website_cidrs) > 0 ? [aws_s3_bucket.main.arn] : [aws_s3_bucket.main.arn, "${aws_s3_bucket.main.arn}/*"]
    Condition = { Bool = { "aws:SecureTransport" = "false" } }
  }
  # With ListBucket a missing page is a 404; without it S3 says 403.
  cloudfront_reads = [
    for sid, what in {
      CloudFrontReads                     = { action = "s3:GetObject", resource = "${aws_s3_bucket.main.arn}/*" }
      CloudFrontTellsMissingFromForbidden = { action = "s3:ListBucket", resource = aws_s3_bucket.main.arn }
      } : {
      Sid       = sid
      Effect    = "Allow"
      Principal = { Service = "cloudfront.amazonaws.com" }
      Action    = what.action
      Resource  = what.resource
      Condition = { StringEquals = { "AWS:SourceArn" = var.distributions } }
    } if length(var.distributions) > 0
  ]
}

locals {
  website_reads = [
    for cidrs in [var.website_cidrs] : {
      Sid       = "NamedAddressesRead"
      Effect    = "Allow"
      Principal = "*"
      Action    = "s3:GetObject"
      Resource  = "${aws_s3_bucket.main.arn}/*"
      Condition = { IpAddress = { "aws:SourceIp" = cidrs } }
    } if length(cidrs) > 0
  ]
}

# S3 counts a policy as public unless it names addresses; so access stays blocked for everybody else.
resource "aws_s3_bucket_website_configuration" "main" {
  count  = length(var.website_cidrs) > 0 ? 1 : 0
  bucket = aws_s3_bucket.main.id
  index_document {
    suffix = "index.html"
  }
  error_document {
    key = "404.html"
  }
}

resource "aws_s3_bucket_policy" "main" {
  bucket     = aws_s3_bucket.main.id
  policy     = jsonencode({ Version = "2012-10-17", Statement = concat([local.tls_only], local.cloudfront_reads, local.website_reads) })
  depends_on = [aws_s3_bucket_public_access_block.main]
}
