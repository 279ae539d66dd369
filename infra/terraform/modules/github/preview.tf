# A pull request's code is not reviewed yet: its job reaches the previews, and nothing else.
locals {
  preview_statements = flatten([
    for preview in var.previews[*] : [
      { Sid = "List", Effect = "Allow", Action = ["s3:ListBucket"], Resource = [for name in preview.buckets : "${local.s3}${name}"] },
      {
        Sid      = "ReadAndWrite"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
        Resource = [for name in preview.buckets : "${local.s3}${name}/*"]
      },
      {
        Sid      = "Invalidate"
        Effect   = "Allow"
        Action   = ["cloudfront:GetDistribution", "cloudfront:CreateInvalidation", "cloudfront:GetInvalidation"]
        Resource = [preview.distribution_arn]
      },
    ]
  ])
}
