# A bucket that is nobody's but its account's, over TLS alone, and read by CloudFront where a distribution is named.
# No website hosting: that needs a public bucket, and speaks HTTP only.
resource "aws_s3_bucket" "main" {
  bucket = var.name
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
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "main" {
  count  = var.keep_versions_days > 0 ? 1 : 0
  bucket = aws_s3_bucket.main.id
  versioning_configuration {
    status = "Enabled"
  }
}

# What is current never expires here: only deploy-frontend knows what a kept release needs.
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
}

data "aws_iam_policy_document" "main" {
  statement {
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.main.arn, "${aws_s3_bucket.main.arn}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
  # With ListBucket a missing page is a 404; without it S3 says 403.
  dynamic "statement" {
    for_each = length(var.distributions) == 0 ? {} : {
      CloudFrontReads                     = { action = "s3:GetObject", resource = "${aws_s3_bucket.main.arn}/*" }
      CloudFrontTellsMissingFromForbidden = { action = "s3:ListBucket", resource = aws_s3_bucket.main.arn }
    }
    content {
      sid       = statement.key
      actions   = [statement.value.action]
      resources = [statement.value.resource]
      principals {
        type        = "Service"
        identifiers = ["cloudfront.amazonaws.com"]
      }
      condition {
        test     = "StringEquals"
        variable = "AWS:SourceArn"
        values   = var.distributions
      }
    }
  }
}

resource "aws_s3_bucket_policy" "main" {
  bucket     = aws_s3_bucket.main.id
  policy     = data.aws_iam_policy_document.main.json
  depends_on = [aws_s3_bucket_public_access_block.main]
}
