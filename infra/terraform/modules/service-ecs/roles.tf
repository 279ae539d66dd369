locals {
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ecs-tasks.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

# ECS's agent: pulls the one image repository, reads the secrets, writes the log.
resource "aws_iam_role" "execution" {
  name               = "${var.prefix}-ecs-execution"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "execution" {
  name = "execution"
  role = aws_iam_role.execution.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      { Sid = "Login", Effect = "Allow", Action = ["ecr:GetAuthorizationToken"], Resource = ["*"] },
      {
        Sid      = "Pull"
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = [var.repository_arn]
      },
      {
        Sid      = "Log"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.api.arn}:*"]
      },
      ], [
      for arns in [values(var.secret_arns)] : {
        Sid      = "Secrets"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = arns
      } if length(arns) > 0
    ])
  })
}

# What the app itself may do: nothing, until `app_statements` says it.
resource "aws_iam_role" "task" {
  name               = "${var.prefix}-ecs-task"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "task" {
  for_each = length(var.app_statements) > 0 || var.efs != null ? toset(["app"]) : toset([])
  name     = each.key
  role     = aws_iam_role.task.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(var.app_statements, [
      for efs in var.efs[*] : {
        Sid       = "Files"
        Effect    = "Allow"
        Action    = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
        Resource  = [efs.file_system_arn]
        Condition = { StringEquals = { "elasticfilesystem:AccessPointArn" = efs.access_point_arn } }
      }
    ])
  })
}
