locals {
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ecs-tasks.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

# ECS's agent: pulls the one image repository, reads the secrets, writes the log.
resource "aws_iam_role" "execution" {
  name               = "${var.prefix}-express-execution"
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
  name               = "${var.prefix}-express-task"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "task" {
  for_each = length(var.app_statements) > 0 ? toset(["app"]) : toset([])
  name     = each.key
  role     = aws_iam_role.task.id
  policy   = jsonencode({ Version = "2012-10-17", Statement = var.app_statements })
}

data "aws_partition" "current" {}

resource "aws_iam_role" "infrastructure" {
  name = "${var.prefix}-express-infrastructure"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ecs.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy_attachment" "infrastructure" {
  role       = aws_iam_role.infrastructure.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AmazonECSInfrastructureRoleforExpressGatewayServices"
}
