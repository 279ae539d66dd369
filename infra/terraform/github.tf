# Roles that GitHub's jobs assume by OIDC: no key anywhere. `deploy` for jobs with `environment: <environment>`; `plan`,
# which reads and changes nothing, for jobs with `environment: plan`.
resource "aws_iam_openid_connect_provider" "github" {
  count          = var.create_github_oidc_provider ? 1 : 0
  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

locals {
  oidc_provider = "arn:${local.partition}:iam::${local.account}:oidc-provider/token.actions.githubusercontent.com"
  subjects = merge(
    {
      deploy = concat(["repo:${var.github_repository}:environment:${var.environment}"], var.github_subjects)
      plan   = ["repo:${var.github_repository}:environment:plan"]
    },
    { for environment in var.preview_domain == "" ? [] : ["preview"] : environment => ["repo:${var.github_repository}:environment:preview"] },
  )
  role_descriptions = {
    deploy  = "GitHub's jobs that deploy ${var.name}"
    plan    = "GitHub's jobs that plan for ${var.name}: read only"
    preview = "GitHub's jobs that preview pull requests of ${var.name}"
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
  description          = local.role_descriptions[each.key]
  assume_role_policy   = data.aws_iam_policy_document.github[each.key].json
  max_session_duration = 3600
  depends_on           = [aws_iam_openid_connect_provider.github]
}

locals {
  aws_ecs     = "arn:${local.partition}:ecs:${var.region}:${local.account}"
  ecs_cluster = var.target == "ecs" ? "${var.name}-${var.environment}" : "default"
  log_groups = {
    apprunner   = "/aws/apprunner/${var.name}-api/*"
    ecs         = "/ecs/${var.name}-${var.environment}-*"
    ecs-express = "/aws/ecs/*"
    none        = "/none"
  }
  log_group      = "arn:${local.partition}:logs:${var.region}:${local.account}:log-group:${local.log_groups[var.target]}"
  service_roles  = concat(aws_iam_role.pull[*].arn, aws_iam_role.instance[*].arn, aws_iam_role.infrastructure[*].arn)
  app_autoscaler = "arn:${local.partition}:application-autoscaling:${var.region}:${local.account}:scalable-target/*"
}

# What planning, the history, the drift check and preflight read. test/conformance/iam-policy.test.ts holds both documents
# to what the actions ask for on the wire.
data "aws_iam_policy_document" "plan" {
  statement {
    sid       = "List"
    actions   = ["s3:ListBucket"]
    resources = [module.site_bucket.arn, module.release_bucket.arn]
  }
  statement {
    sid       = "Read"
    actions   = ["s3:GetObject"]
    resources = ["${module.site_bucket.arn}/*", "${module.release_bucket.arn}/*"]
  }
  statement {
    sid = "BucketSettings"
    actions = [
      "s3:GetBucketPolicy",
      "s3:GetBucketPublicAccessBlock",
      "s3:GetBucketVersioning",
      "s3:GetBucketWebsite",
      "s3:GetLifecycleConfiguration",
    ]
    resources = [module.site_bucket.arn, module.release_bucket.arn]
  }
  statement {
    sid       = "Distribution"
    actions   = ["cloudfront:GetDistribution"]
    resources = [aws_cloudfront_distribution.site.arn]
  }
  statement {
    sid = "Image"
    actions = [
      "ecr:DescribeRepositories",
      "ecr:DescribeImages",
      "ecr:BatchGetImage",
      "ecr:GetDownloadUrlForLayer",
      "ecr:GetLifecyclePolicy",
    ]
    resources = [aws_ecr_repository.api.arn]
  }
  statement {
    # preflight asks IAM what this very role may do.
    sid       = "OwnPermissions"
    actions   = ["iam:GetRole", "iam:SimulatePrincipalPolicy"]
    resources = ["arn:${local.partition}:iam::${local.account}:role/${var.name}-${var.environment}-github-*"]
  }
  statement {
    sid       = "Budget"
    actions   = ["budgets:ViewBudget"]
    resources = ["arn:${local.partition}:budgets::${local.account}:budget/*"]
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
    for_each = var.target == "apprunner" ? [1] : []
    content {
      sid       = "AppRunner"
      actions   = ["apprunner:DescribeService", "apprunner:ListOperations", "apprunner:ListTagsForResource"]
      resources = ["arn:${local.partition}:apprunner:${var.region}:${local.account}:service/${var.name}-api/*"]
    }
  }
  dynamic "statement" {
    for_each = var.target == "apprunner" ? [1] : []
    content {
      sid       = "AppRunnerScaling"
      actions   = ["apprunner:DescribeAutoScalingConfiguration", "apprunner:ListServices"]
      resources = ["*"]
    }
  }
  dynamic "statement" {
    for_each = contains(["ecs", "ecs-express"], var.target) ? [1] : []
    content {
      sid = "Ecs"
      actions = [
        "ecs:DescribeServices",
        "ecs:ListServiceDeployments",
        "ecs:DescribeServiceDeployments",
        "ecs:DescribeServiceRevisions",
        "ecs:ListTasks",
        "ecs:DescribeTasks",
        "ecs:ListTagsForResource",
      ]
      resources = ["${local.aws_ecs}:*/${local.ecs_cluster}/*"]
    }
  }
  dynamic "statement" {
    for_each = var.target == "ecs-express" ? [1] : []
    content {
      sid       = "EcsExpress"
      actions   = ["ecs:DescribeExpressGatewayService"]
      resources = ["${local.aws_ecs}:service/${local.ecs_cluster}/${var.name}-api"]
    }
  }
  dynamic "statement" {
    for_each = contains(["ecs", "ecs-express"], var.target) ? [1] : []
    content {
      sid       = "EcsScaling"
      actions   = ["application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScalingPolicies"]
      resources = ["*"]
    }
  }
  dynamic "statement" {
    for_each = var.target == "ecs" ? [1] : []
    content {
      # Where the probe asks; without it deploy-backend needs `probe-url`.
      sid = "EcsAddress"
      actions = [
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeTargetGroups",
      ]
      resources = ["*"]
    }
  }
  statement {
    # These know no resources.
    sid       = "NoResources"
    actions   = ["cloudwatch:DescribeAlarms", "ecs:DescribeTaskDefinition", "ecr:GetAuthorizationToken", "logs:DescribeLogGroups"]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "deploy" {
  source_policy_documents = [data.aws_iam_policy_document.plan.json]
  statement {
    sid       = "WriteSiteAndLedger"
    actions   = ["s3:PutObject", "s3:DeleteObject"]
    resources = ["${module.site_bucket.arn}/*", "${module.release_bucket.arn}/*"]
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
    for_each = var.target == "apprunner" ? [1] : []
    content {
      sid     = "UpdateAppRunner"
      # StartDeployment: a secret was rotated, and the app is started anew.
      actions = ["apprunner:UpdateService", "apprunner:StartDeployment", "apprunner:CreateAutoScalingConfiguration"]
      resources = [
        "arn:${local.partition}:apprunner:${var.region}:${local.account}:service/${var.name}-api/*",
        "arn:${local.partition}:apprunner:${var.region}:${local.account}:autoscalingconfiguration/*",
      ]
    }
  }
  dynamic "statement" {
    for_each = var.target == "ecs" ? [1] : []
    content {
      sid       = "UpdateEcs"
      actions   = ["ecs:UpdateService"]
      resources = ["${local.aws_ecs}:service/${local.ecs_cluster}/${var.name}-api"]
    }
  }
  dynamic "statement" {
    for_each = var.target == "ecs-express" ? [1] : []
    content {
      sid       = "UpdateEcsExpress"
      # UpdateService: a secret was rotated, and the app is started anew.
      actions   = ["ecs:UpdateExpressGatewayService", "ecs:UpdateService"]
      resources = ["${local.aws_ecs}:service/${local.ecs_cluster}/${var.name}-api"]
    }
  }
  dynamic "statement" {
    for_each = contains(["ecs", "ecs-express"], var.target) ? [1] : []
    content {
      # A release is a new revision of the task definition, which knows no resource; what may be in it is what may be passed.
      sid       = "RegisterTaskDefinition"
      actions   = ["ecs:RegisterTaskDefinition", "ecs:TagResource"]
      resources = ["*"]
    }
  }
  dynamic "statement" {
    for_each = contains(["ecs", "ecs-express"], var.target) ? [1] : []
    content {
      sid       = "StopWhatFails"
      actions   = ["ecs:StopServiceDeployment", "ecs:StopTask"]
      resources = ["${local.aws_ecs}:*/${local.ecs_cluster}/*"]
    }
  }
  dynamic "statement" {
    for_each = contains(["ecs", "ecs-express"], var.target) ? [1] : []
    content {
      # `migrate-command`, as a one-off task of this cluster.
      sid       = "Migrate"
      actions   = ["ecs:RunTask"]
      resources = ["${local.aws_ecs}:task-definition/*"]
      condition {
        test     = "ArnEquals"
        variable = "ecs:cluster"
        values   = ["${local.aws_ecs}:cluster/${local.ecs_cluster}"]
      }
    }
  }
  dynamic "statement" {
    for_each = contains(["ecs", "ecs-express"], var.target) ? [1] : []
    content {
      # `min-instances` and `max-instances`.
      sid = "Scale"
      actions = [
        "application-autoscaling:RegisterScalableTarget",
        "application-autoscaling:DeregisterScalableTarget",
        "application-autoscaling:PutScalingPolicy",
      ]
      resources = [local.app_autoscaler]
    }
  }
  dynamic "statement" {
    for_each = contains(["ecs", "ecs-express"], var.target) ? [1] : []
    content {
      # Target tracking is carried by two alarms of its own.
      sid       = "ScalingAlarms"
      actions   = ["cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"]
      resources = ["arn:${local.partition}:cloudwatch:${var.region}:${local.account}:alarm:TargetTracking-service/${local.ecs_cluster}/*"]
    }
  }
  dynamic "statement" {
    for_each = var.target == "none" ? [] : [1]
    content {
      sid       = "PassTheServicesOwnRoles"
      actions   = ["iam:PassRole"]
      resources = local.service_roles
    }
  }
  dynamic "statement" {
    for_each = var.target == "none" ? [] : [1]
    content {
      # The diagnosis of a failed deployment shows the app's last lines.
      sid       = "LastLogLines"
      actions   = ["logs:FilterLogEvents"]
      resources = [local.log_group, "${local.log_group}:*"]
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
