# Roles that GitHub's jobs assume by OIDC: no key anywhere. `deploy` for jobs with `environment: <environment>`; `plan`,
# which reads and changes nothing, for jobs with `environment: plan`.
resource "aws_iam_openid_connect_provider" "github" {
  count          = var.create_github_oidc_provider ? 1 : 0
  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

locals {
  oidc_provider = "arn:${local.partition}:iam::${local.account}:oidc-provider/token.actions.githubusercontent.com"
  subjects = {
    deploy = concat(["repo:${var.github_repository}:environment:${var.environment}"], var.github_subjects)
    plan   = ["repo:${var.github_repository}:environment:plan"]
  }
}

data "aws_iam_policy_document" "github" {
  for_each = local.subjects
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [local.oidc_provider]
    }
    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:aud"
      values   = ["sts.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:sub"
      values   = each.value
    }
  }
}

resource "aws_iam_role" "github" {
  for_each             = local.subjects
  name                 = "${var.name}-${var.environment}-github-${each.key}"
  description          = each.key == "deploy" ? "GitHub's jobs that deploy ${var.name}" : "GitHub's jobs that plan for ${var.name}: read only"
  assume_role_policy   = data.aws_iam_policy_document.github[each.key].json
  max_session_duration = 3600
  depends_on           = [aws_iam_openid_connect_provider.github]
}

# What planning, the history and the drift check read.
data "aws_iam_policy_document" "plan" {
  statement {
    sid       = "List"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.site.arn, aws_s3_bucket.release.arn]
  }
  statement {
    sid       = "Read"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.site.arn}/*", "${aws_s3_bucket.release.arn}/*"]
  }
  statement {
    sid       = "Distribution"
    actions   = ["cloudfront:GetDistribution"]
    resources = [aws_cloudfront_distribution.site.arn]
  }
  statement {
    sid       = "Image"
    actions   = ["ecr:DescribeRepositories", "ecr:DescribeImages", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = [aws_ecr_repository.api.arn]
  }
  dynamic "statement" {
    for_each = length(var.secret_names) > 0 ? [1] : []
    content {
      # Where a secret is, never what it says.
      sid       = "SecretNames"
      actions   = ["secretsmanager:DescribeSecret"]
      resources = local.secret_arns
    }
  }
  dynamic "statement" {
    for_each = aws_apprunner_service.api
    content {
      sid       = "AppRunner"
      actions   = ["apprunner:DescribeService", "apprunner:ListOperations"]
      resources = [statement.value.arn]
    }
  }
  dynamic "statement" {
    for_each = local.apprunner == 1 ? [1] : []
    content {
      sid       = "AppRunnerScaling"
      actions   = ["apprunner:DescribeAutoScalingConfiguration"]
      resources = ["arn:${local.partition}:apprunner:${var.region}:${local.account}:autoscalingconfiguration/*"]
    }
  }
  dynamic "statement" {
    for_each = local.ecs_express == 1 ? [1] : []
    content {
      sid = "Ecs"
      actions = [
        "ecs:DescribeExpressGatewayService",
        "ecs:DescribeServices",
        "ecs:ListServiceDeployments",
        "ecs:DescribeServiceDeployments",
        "ecs:DescribeServiceRevisions",
        "ecs:ListTasks",
        "ecs:DescribeTasks",
      ]
      resources = ["arn:${local.partition}:ecs:${var.region}:${local.account}:*/default/*"]
    }
  }
  statement {
    # These know no resources.
    sid       = "NoResources"
    actions   = ["cloudwatch:DescribeAlarms", "ecs:DescribeTaskDefinition", "ecr:GetAuthorizationToken"]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "deploy" {
  source_policy_documents = [data.aws_iam_policy_document.plan.json]
  statement {
    sid       = "WriteSiteAndLedger"
    actions   = ["s3:PutObject", "s3:DeleteObject"]
    resources = ["${aws_s3_bucket.site.arn}/*", "${aws_s3_bucket.release.arn}/*"]
  }
  statement {
    sid       = "Invalidate"
    actions   = ["cloudfront:CreateInvalidation", "cloudfront:GetInvalidation"]
    resources = [aws_cloudfront_distribution.site.arn]
  }
  statement {
    sid = "PushImage"
    actions = [
      "ecr:BatchCheckLayerAvailability",
      "ecr:InitiateLayerUpload",
      "ecr:UploadLayerPart",
      "ecr:CompleteLayerUpload",
      "ecr:PutImage",
      "ecr:DescribeImageScanFindings",
      "ecr:StartImageScan",
    ]
    resources = [aws_ecr_repository.api.arn]
  }
  dynamic "statement" {
    for_each = aws_apprunner_service.api
    content {
      sid       = "UpdateAppRunner"
      actions   = ["apprunner:UpdateService"]
      resources = [statement.value.arn, "arn:${local.partition}:apprunner:${var.region}:${local.account}:autoscalingconfiguration/*"]
    }
  }
  dynamic "statement" {
    for_each = local.ecs_express == 1 ? [1] : []
    content {
      sid       = "UpdateEcs"
      actions   = ["ecs:UpdateExpressGatewayService", "ecs:StopServiceDeployment"]
      resources = ["arn:${local.partition}:ecs:${var.region}:${local.account}:*/default/*"]
    }
  }
  dynamic "statement" {
    for_each = var.target == "none" ? [] : [1]
    content {
      sid       = "PassTheServicesOwnRoles"
      actions   = ["iam:PassRole"]
      resources = concat(aws_iam_role.pull[*].arn, aws_iam_role.instance[*].arn, aws_iam_role.infrastructure[*].arn)
    }
  }
  dynamic "statement" {
    for_each = var.target == "none" ? [] : [1]
    content {
      # The diagnosis of a failed deployment shows the app's last lines.
      sid     = "LastLogLines"
      actions = ["logs:FilterLogEvents"]
      resources = [
        "arn:${local.partition}:logs:${var.region}:${local.account}:log-group:/aws/apprunner/${var.name}-api/*",
        "arn:${local.partition}:logs:${var.region}:${local.account}:log-group:/aws/ecs/*",
      ]
    }
  }
}

resource "aws_iam_role_policy" "github" {
  for_each = {
    deploy = data.aws_iam_policy_document.deploy.json
    plan   = data.aws_iam_policy_document.plan.json
  }
  name   = each.key
  role   = aws_iam_role.github[each.key].id
  policy = each.value
}
