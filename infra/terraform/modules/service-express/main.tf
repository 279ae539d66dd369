# ECS Express Mode brings its own load balancer, certificate, scaling and canary. AWS names that load balancer nowhere, so the
# alarms here are on the metrics that the app itself writes (see service-alarms, and the README).
#
# Who owns what, after the service is made: deploy-backend has the container, the sizes and the scaling; Terraform has the rest.
#
# The cluster is this environment's own: in the account's `default` one, whoever may deploy to staging could stop production's tasks.
resource "aws_ecs_cluster" "main" {
  name = "${var.prefix}-express"
  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_cluster_capacity_providers" "main" {
  cluster_name       = aws_ecs_cluster.main.name
  capacity_providers = ["FARGATE"]
}

resource "aws_cloudwatch_log_group" "api" {
  name              = "/ecs/${var.prefix}-api-express"
  retention_in_days = var.log_retention_days
}

resource "aws_ecs_express_gateway_service" "api" {
  service_name            = "${var.prefix}-api"
  cluster                 = aws_ecs_cluster.main.name
  execution_role_arn      = aws_iam_role.execution.arn
  infrastructure_role_arn = aws_iam_role.infrastructure.arn
  task_role_arn           = aws_iam_role.task.arn
  cpu                     = tostring(var.cpu)
  memory                  = tostring(var.memory)
  health_check_path       = var.health_check_path

  # Without its secrets: one that has no value yet would keep the task from starting. The first release brings them.
  primary_container {
    image          = var.first_image
    container_port = var.port
    environment {
      name  = "PORT"
      value = tostring(var.port)
    }
    environment {
      name  = "WHOAMI_PORT_NUMBER"
      value = tostring(var.port)
    }
    aws_logs_configuration {
      log_group         = aws_cloudwatch_log_group.api.name
      log_stream_prefix = "api"
    }
  }

  dynamic "network_configuration" {
    for_each = length(var.subnet_ids) > 0 ? [1] : []
    content {
      subnets         = var.subnet_ids
      security_groups = var.security_group_ids
    }
  }

  scaling_target {
    auto_scaling_metric       = "AVERAGE_CPU"
    auto_scaling_target_value = var.target_cpu
    min_task_count            = var.min_instances
    max_task_count            = var.max_instances
  }

  lifecycle {
    ignore_changes = [primary_container, cpu, memory, scaling_target]
  }
  depends_on = [aws_iam_role_policy.execution, aws_iam_role_policy.task, aws_iam_role_policy_attachment.infrastructure, aws_ecs_cluster_capacity_providers.main]
}

module "alarms" {
  source = "../service-alarms"
  name   = "${var.prefix}-express"
  signals = {
    namespace  = var.metrics_namespace
    dimensions = { Environment = var.environment }
    requests   = "Requests"
    errors     = ["5xxErrors"]
    latency    = "RequestLatency"
    per_second = 1
  }
  max_error_rate  = var.max_error_rate
  max_p95_latency = var.max_p95_latency
  topics          = var.alarm_topics
}
