# The ledger, and every blob of every release that can be gone back to.
resource "aws_s3_bucket" "release" {
  bucket = local.release
}

resource "aws_s3_bucket_public_access_block" "release" {
  bucket                  = aws_s3_bucket.release.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "release" {
  bucket = aws_s3_bucket.release.id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

# A record that a hand has deleted can be had back for a month.
resource "aws_s3_bucket_versioning" "release" {
  bucket = aws_s3_bucket.release.id
  versioning_configuration {
    status = "Enabled"
  }
}

# Current objects are never expired here: deploy-frontend collects what no kept release needs, and nothing else knows.
resource "aws_s3_bucket_lifecycle_configuration" "release" {
  bucket     = aws_s3_bucket.release.id
  depends_on = [aws_s3_bucket_versioning.release]
  rule {
    id     = "old-versions"
    status = "Enabled"
    filter {}
    noncurrent_version_expiration {
      noncurrent_days = 30
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 2
    }
    expiration {
      expired_object_delete_marker = true
    }
  }
}

data "aws_iam_policy_document" "release" {
  statement {
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.release.arn, "${aws_s3_bucket.release.arn}/*"]
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
}

resource "aws_s3_bucket_policy" "release" {
  bucket     = aws_s3_bucket.release.id
  policy     = data.aws_iam_policy_document.release.json
  depends_on = [aws_s3_bucket_public_access_block.release]
}
