# App Runner takes no new customers since 2026-04-30. The service is made of a public placeholder. UpdateService moves it to the
# private repository without interruption, with the role that pulls: the first release names it (deploy-backend's `access-role`).
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-apprunner-service-imagerepository.html
#
# Who owns what, after the service is made: deploy-backend has the image and how it is pulled, the start command, the variables,
# the secrets, the port, the sizes, and the scaling; Terraform has the rest.
resource "aws_apprunner_auto_scaling_configuration_version" "api" {
  auto_scaling_configuration_name = substr(var.prefix, 0, 32)
  max_concurrency                 = var.max_concurrency
  min_size                        = var.min_instances
  max_size                        = var.max_instances
  # Each change would be a new version, which the service does not take, and the end of the one that it has.
  lifecycle {
    ignore_changes = [max_concurrency, min_size, max_size]
  }
}

resource "aws_apprunner_service" "api" {
  service_name                   = "${var.prefix}-api"
  auto_scaling_configuration_arn = aws_apprunner_auto_scaling_configuration_version.api.arn

  source_configuration {
    # A push must not deploy by itself: it would race with deploy-backend, and nobody would watch it. (App Runner takes neither
    # this nor a role for a public image.)
    auto_deployments_enabled = false
    image_repository {
      image_identifier      = var.first_image
      image_repository_type = "ECR_PUBLIC"
      image_configuration {
        port          = tostring(var.port)
        start_command = format(var.first_command, var.port)
      }
    }
  }

  instance_configuration {
    cpu               = tostring(var.cpu)
    memory            = tostring(var.memory)
    instance_role_arn = aws_iam_role.instance.arn
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

  dynamic "network_configuration" {
    for_each = aws_apprunner_vpc_connector.api
    content {
      egress_configuration {
        egress_type       = "VPC"
        vpc_connector_arn = network_configuration.value.arn
      }
    }
  }

  lifecycle {
    ignore_changes = [
      source_configuration[0].authentication_configuration,
      source_configuration[0].image_repository,
      instance_configuration[0].cpu,
      instance_configuration[0].memory,
      auto_scaling_configuration_arn,
    ]
  }
  depends_on = [aws_iam_role_policy.access, aws_iam_role_policy.instance]
}

# What the app calls goes through the VPC: to a database, to Qdrant, and to the internet by a NAT gateway alone.
resource "aws_apprunner_vpc_connector" "api" {
  count              = length(var.subnet_ids) > 0 ? 1 : 0
  vpc_connector_name = substr(var.prefix, 0, 40)
  subnets            = var.subnet_ids
  security_groups    = var.security_group_ids
  # Other subnets are another connector, and App Runner deletes none that a service uses.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_iam_role" "access" {
  name = "${var.prefix}-apprunner-access"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "build.apprunner.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy" "access" {
  name = "pull"
  role = aws_iam_role.access.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Login", Effect = "Allow", Action = ["ecr:GetAuthorizationToken"], Resource = ["*"] },
      {
        Sid      = "Pull"
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer"]
        Resource = [var.repository_arn]
      },
    ]
  })
}

# The app's own role, and the one that its secrets are read with.
resource "aws_iam_role" "instance" {
  name = "${var.prefix}-apprunner-instance"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "tasks.apprunner.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy" "instance" {
  for_each = length(var.app_statements) + length(var.secret_arns) > 0 ? toset(["app"]) : toset([])
  name     = each.key
  role     = aws_iam_role.instance.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(var.app_statements, [
      for arns in [values(var.secret_arns)] : {
        Sid      = "Secrets"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = arns
      } if length(arns) > 0
    ])
  })
}

module "alarms" {
  source = "../service-alarms"
  name   = "${var.prefix}-apprunner"
  signals = {
    namespace  = "AWS/AppRunner"
    dimensions = { ServiceName = aws_apprunner_service.api.service_name, ServiceID = aws_apprunner_service.api.service_id }
    requests   = "Requests"
    errors     = ["5xxStatusResponses"]
    latency    = "RequestLatency"
    per_second = 1
  }
  max_error_rate  = var.max_error_rate
  max_p95_latency = var.max_p95_latency
  topics          = var.alarm_topics
}
