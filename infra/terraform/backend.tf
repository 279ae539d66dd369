resource "aws_ecr_repository" "api" {
  name                 = "${var.name}-api"
  image_tag_mutability = "IMMUTABLE"
  image_scanning_configuration {
    scan_on_push = true
  }
  encryption_configuration {
    encryption_type = "AES256"
  }
}

# Many more than a rollback reaches back: an image that is gone can not be gone back to.
resource "aws_ecr_lifecycle_policy" "api" {
  repository = aws_ecr_repository.api.name
  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "keep the newest 200"
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 200 }
      action       = { type = "expire" }
    }]
  })
}

resource "aws_secretsmanager_secret" "app" {
  for_each                = var.secret_names
  name                    = each.value
  recovery_window_in_days = 7
}

locals {
  apprunner   = var.target == "apprunner" && var.first_image != "" ? 1 : 0
  ecs_express = var.target == "ecs-express" && var.first_image != "" ? 1 : 0
  secret_arns = [for secret in aws_secretsmanager_secret.app : secret.arn]
}

data "aws_iam_policy_document" "trust" {
  for_each = toset(["build.apprunner.amazonaws.com", "tasks.apprunner.amazonaws.com", "ecs-tasks.amazonaws.com", "ecs.amazonaws.com"])
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = [each.value]
    }
  }
}

data "aws_iam_policy_document" "pull" {
  statement {
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }
  statement {
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer"]
    resources = [aws_ecr_repository.api.arn]
  }
}

data "aws_iam_policy_document" "secrets" {
  count = length(var.secret_names) > 0 ? 1 : 0
  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = local.secret_arns
  }
}

# Pulls the image: App Runner's build service, and the agent of an ECS task, which reads the secrets and writes the log too.
resource "aws_iam_role" "pull" {
  count              = var.target == "none" ? 0 : 1
  name               = "${var.name}-${var.environment}-pull"
  assume_role_policy = data.aws_iam_policy_document.trust[var.target == "apprunner" ? "build.apprunner.amazonaws.com" : "ecs-tasks.amazonaws.com"].json
}

resource "aws_iam_role_policy" "pull" {
  count  = var.target == "none" ? 0 : 1
  name   = "pull"
  role   = aws_iam_role.pull[0].id
  policy = data.aws_iam_policy_document.pull.json
}

resource "aws_iam_role_policy_attachment" "execution" {
  count      = contains(["ecs", "ecs-express"], var.target) ? 1 : 0
  role       = aws_iam_role.pull[0].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

# What the app itself may do. On App Runner it is this role that the secrets are read with.
resource "aws_iam_role" "instance" {
  count              = var.target == "none" ? 0 : 1
  name               = "${var.name}-${var.environment}-instance"
  assume_role_policy = data.aws_iam_policy_document.trust[var.target == "apprunner" ? "tasks.apprunner.amazonaws.com" : "ecs-tasks.amazonaws.com"].json
}

resource "aws_iam_role_policy" "secrets" {
  count  = var.target != "none" && length(var.secret_names) > 0 ? 1 : 0
  name   = "secrets"
  role   = var.target == "apprunner" ? aws_iam_role.instance[0].id : aws_iam_role.pull[0].id
  policy = data.aws_iam_policy_document.secrets[0].json
}

resource "aws_apprunner_auto_scaling_configuration_version" "api" {
  count                           = local.apprunner
  auto_scaling_configuration_name = "${var.name}-${var.environment}"
  max_concurrency                 = var.max_concurrency
  min_size                        = var.min_instances
  max_size                        = var.max_instances
}

resource "aws_apprunner_service" "api" {
  count                          = local.apprunner
  service_name                   = "${var.name}-api"
  auto_scaling_configuration_arn = aws_apprunner_auto_scaling_configuration_version.api[0].arn

  source_configuration {
    # A push must not deploy by itself: it would race with deploy-backend, and nobody would watch it.
    auto_deployments_enabled = false
    authentication_configuration {
      access_role_arn = aws_iam_role.pull[0].arn
    }
    image_repository {
      image_identifier      = var.first_image
      image_repository_type = "ECR"
      image_configuration {
        port                        = tostring(var.port)
        runtime_environment_secrets = { for name, secret in aws_secretsmanager_secret.app : name => secret.arn }
      }
    }
  }

  instance_configuration {
    cpu               = tostring(var.cpu)
    memory            = tostring(var.memory)
    instance_role_arn = aws_iam_role.instance[0].arn
  }

  # Without a protocol it is TCP, and the path is not looked at.
  health_check_configuration {
    protocol            = "HTTP"
    path                = var.health_check_path
    interval            = 5
    timeout             = 2
    healthy_threshold   = 1
    unhealthy_threshold = 3
  }

  # Releases belong to deploy-backend: Terraform must not put an old image back.
  lifecycle {
    ignore_changes = [source_configuration[0].image_repository]
  }
  depends_on = [aws_iam_role_policy.pull, aws_iam_role_policy.secrets]
}

resource "aws_iam_role" "infrastructure" {
  count              = var.target == "ecs-express" ? 1 : 0
  name               = "${var.name}-${var.environment}-infrastructure"
  assume_role_policy = data.aws_iam_policy_document.trust["ecs.amazonaws.com"].json
}

resource "aws_iam_role_policy_attachment" "infrastructure" {
  count      = var.target == "ecs-express" ? 1 : 0
  role       = aws_iam_role.infrastructure[0].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AmazonECSInfrastructureRoleforExpressGatewayServices"
}

resource "aws_ecs_express_gateway_service" "api" {
  count                   = local.ecs_express
  service_name            = "${var.name}-api"
  execution_role_arn      = aws_iam_role.pull[0].arn
  infrastructure_role_arn = aws_iam_role.infrastructure[0].arn
  task_role_arn           = aws_iam_role.instance[0].arn
  cpu                     = tostring(var.cpu)
  memory                  = tostring(var.memory)
  health_check_path       = var.health_check_path

  primary_container {
    image          = var.first_image
    container_port = var.port
    dynamic "secret" {
      for_each = aws_secretsmanager_secret.app
      content {
        name       = secret.key
        value_from = secret.value.arn
      }
    }
  }

  scaling_target {
    auto_scaling_metric       = "AVERAGE_CPU"
    auto_scaling_target_value = var.target_cpu
    min_task_count            = var.min_instances
    max_task_count            = var.max_instances
  }

  # Releases belong to deploy-backend: Terraform must not put an old image back.
  lifecycle {
    ignore_changes = [primary_container]
  }
  depends_on = [aws_iam_role_policy_attachment.execution, aws_iam_role_policy_attachment.infrastructure]
}
