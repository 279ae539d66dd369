# ECS on Fargate behind a load balancer. The app's address is `domain`, with a certificate; without one it is plain HTTP, to
# try it and not to run it.
#
# Who owns what, after the service is made: deploy-backend has the image, the variables, the secrets, the sizes, and the bounds of
# the scaling; Terraform has the rest. `ignore_changes` below is that list, and a test holds it.
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  name  = "${var.prefix}-api"
  https = var.domain == "" ? 0 : 1
  # A load balancer's name has 32 characters at most, and no hyphen at its end.
  balancer = trimsuffix(substr(var.prefix, 0, 32), "-")
  # One writer of a file: the old task stops before the new one starts, and the app is away for that time.
  single = var.efs != null
}

resource "aws_ecs_cluster" "main" {
  name = var.prefix
  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_cloudwatch_log_group" "api" {
  name              = "/ecs/${local.name}"
  retention_in_days = var.log_retention_days
}

resource "aws_ecs_task_definition" "api" {
  family                   = local.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = tostring(var.cpu)
  memory                   = tostring(var.memory)
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn
  # deploy-backend registers a copy of this for each release: the revision that Terraform made is not the one that runs.
  skip_destroy = true
  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.cpu_architecture
  }
  dynamic "volume" {
    for_each = var.efs == null ? [] : [var.efs]
    content {
      name = "data"
      efs_volume_configuration {
        file_system_id     = volume.value.file_system_id
        transit_encryption = "ENABLED"
        authorization_config {
          access_point_id = volume.value.access_point_id
          iam             = "ENABLED"
        }
      }
    }
  }
  # Without its secrets: one that has no value yet would keep the task from starting. The first release brings them.
  container_definitions = jsonencode([{
    name         = "api"
    image        = var.first_image
    essential    = true
    portMappings = [{ containerPort = var.port, protocol = "tcp" }]
    environment = [
      { name = "PORT", value = tostring(var.port) },
      { name = "WHOAMI_PORT_NUMBER", value = tostring(var.port) },
    ]
    mountPoints = [for efs in var.efs[*] : { sourceVolume = "data", containerPath = efs.path, readOnly = false }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.api.name
        awslogs-region        = data.aws_region.current.region
        awslogs-stream-prefix = "api"
      }
    }
  }])
  lifecycle {
    ignore_changes = [container_definitions, cpu, memory]
  }
}

resource "aws_ecs_service" "api" {
  name                               = local.name
  cluster                            = aws_ecs_cluster.main.arn
  task_definition                    = aws_ecs_task_definition.api.arn
  launch_type                        = "FARGATE"
  desired_count                      = local.single ? 1 : var.min_instances
  deployment_minimum_healthy_percent = local.single ? 0 : 100
  deployment_maximum_percent         = local.single ? 100 : 200
  health_check_grace_period_seconds  = 60
  availability_zone_rebalancing      = local.single ? "DISABLED" : "ENABLED"
  enable_ecs_managed_tags            = true
  propagate_tags                     = "SERVICE"

  # ECS's own safety net, for whoever releases without deploy-backend too: tasks that do not start, and alarms that ring. The
  # circuit breaker is for rolling deployments alone: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentCircuitBreaker.html
  deployment_circuit_breaker {
    enable   = !local.shifts
    rollback = !local.shifts
  }
  alarms {
    alarm_names = module.alarms.names
    enable      = true
    rollback    = true
  }
  deployment_configuration {
    strategy             = replace(upper(var.strategy.type), "-", "_")
    bake_time_in_minutes = local.shifts ? tostring(var.strategy.bake_minutes) : null
    dynamic "canary_configuration" {
      for_each = var.strategy.type == "canary" ? [1] : []
      content {
        canary_percent              = coalesce(var.strategy.step_percent, 5)
        canary_bake_time_in_minutes = tostring(var.strategy.step_minutes)
      }
    }
    dynamic "linear_configuration" {
      for_each = var.strategy.type == "linear" ? [1] : []
      content {
        step_percent              = coalesce(var.strategy.step_percent, 25)
        step_bake_time_in_minutes = tostring(var.strategy.step_minutes)
      }
    }
    # Nobody who does not answer in time takes a release live.
    dynamic "lifecycle_hook" {
      for_each = local.gate
      content {
        target_type      = "PAUSE"
        lifecycle_stages = [lifecycle_hook.value]
        timeout_configuration {
          action             = "ROLLBACK"
          timeout_in_minutes = tostring(var.strategy.gate_minutes)
        }
      }
    }
  }
  network_configuration {
    subnets          = var.task_subnet_ids
    security_groups  = concat([aws_security_group.tasks.id], var.security_group_ids)
    assign_public_ip = var.assign_public_ip
  }
  load_balancer {
    target_group_arn = aws_lb_target_group.api["first"].arn
    container_name   = "api"
    container_port   = terraform_data.port.output
    advanced_configuration {
      alternate_target_group_arn = aws_lb_target_group.api["second"].arn
      production_listener_rule   = aws_lb_listener_rule.api["production"].arn
      test_listener_rule         = aws_lb_listener_rule.api["test"].arn
      role_arn                   = aws_iam_role.traffic.arn
    }
  }
  lifecycle {
    ignore_changes = [task_definition, desired_count]
    precondition {
      condition     = !local.single || var.max_instances == 1
      error_message = "A file on EFS has one writer: max_instances must be 1, or use PostgreSQL."
    }
    precondition {
      condition     = !local.single || !local.shifts
      error_message = "A file on EFS has one writer: only the strategy rolling stops the old task before it starts the new one."
    }
  }
  # A task needs its roles' policies and a listener from its first second.
  depends_on = [aws_iam_role_policy.execution, aws_iam_role_policy.task, aws_iam_role_policy_attachment.traffic, aws_lb_listener.http, aws_lb_listener.https]
}

resource "aws_appautoscaling_target" "api" {
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${aws_ecs_cluster.main.name}/${aws_ecs_service.api.name}"
  min_capacity       = local.single ? 1 : var.min_instances
  max_capacity       = var.max_instances
  lifecycle {
    ignore_changes = [min_capacity, max_capacity]
  }
}

# By the name that deploy-backend's `cpu-target` changes: there is one policy on the CPU, and not two that pull at each other.
resource "aws_appautoscaling_policy" "cpu" {
  name               = "wwhd-deploy-cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.api.service_namespace
  scalable_dimension = aws_appautoscaling_target.api.scalable_dimension
  resource_id        = aws_appautoscaling_target.api.resource_id
  target_tracking_scaling_policy_configuration {
    target_value = var.target_cpu
    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
  lifecycle {
    ignore_changes = [target_tracking_scaling_policy_configuration]
  }
}
