# ECS on Fargate behind a load balancer: the production option (`target = "ecs"`). The VPC is the account's default one
# unless another is named; without private subnets the tasks have public addresses, which only the load balancer may call.
locals {
  ecs     = var.target == "ecs" ? 1 : 0
  service = var.target == "ecs" && var.first_image != "" ? 1 : 0
  https   = var.target == "ecs" && var.api_domain != "" ? 1 : 0
  vpc     = var.vpc_id != "" ? var.vpc_id : one(data.aws_vpc.default[*].id)
  subnets = one(data.aws_subnets.default[*].ids)
  # A load balancer's name has 32 characters at most, and no hyphen at its end.
  balancer = trimsuffix(substr("${var.name}-${var.environment}", 0, 32), "-")
}

data "aws_vpc" "default" {
  count   = local.ecs == 1 && var.vpc_id == "" ? 1 : 0
  default = true
}

data "aws_subnets" "default" {
  count = local.ecs
  filter {
    name   = "vpc-id"
    values = [local.vpc]
  }
}

resource "aws_ecs_cluster" "main" {
  count = local.ecs
  name  = "${var.name}-${var.environment}"
  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_cloudwatch_log_group" "api" {
  count             = local.ecs
  name              = "/ecs/${var.name}-${var.environment}-api"
  retention_in_days = var.log_retention_days
}

resource "aws_security_group" "load_balancer" {
  count       = local.ecs
  name        = "${var.name}-${var.environment}-load-balancer"
  description = "The world to the load balancer"
  vpc_id      = local.vpc
}

resource "aws_vpc_security_group_ingress_rule" "world" {
  for_each          = var.target == "ecs" ? toset(var.api_domain == "" ? ["80"] : ["80", "443"]) : toset([])
  description       = each.value == "80" ? "HTTP, led to HTTPS where there is a certificate" : "HTTPS"
  security_group_id = aws_security_group.load_balancer[0].id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = tonumber(each.value)
  to_port           = tonumber(each.value)
}

resource "aws_vpc_security_group_egress_rule" "to_tasks" {
  count                        = local.ecs
  description                  = "The tasks alone"
  security_group_id            = aws_security_group.load_balancer[0].id
  referenced_security_group_id = aws_security_group.tasks[0].id
  ip_protocol                  = "tcp"
  from_port                    = var.port
  to_port                      = var.port
}

resource "aws_security_group" "tasks" {
  count       = local.ecs
  name        = "${var.name}-${var.environment}-tasks"
  description = "The load balancer to the tasks"
  vpc_id      = local.vpc
}

resource "aws_vpc_security_group_ingress_rule" "from_load_balancer" {
  count                        = local.ecs
  description                  = "The load balancer alone"
  security_group_id            = aws_security_group.tasks[0].id
  referenced_security_group_id = aws_security_group.load_balancer[0].id
  ip_protocol                  = "tcp"
  from_port                    = var.port
  to_port                      = var.port
}

# Images, secrets and logs come over this, and whatever the app calls: Qdrant, a model's API.
resource "aws_vpc_security_group_egress_rule" "from_tasks" {
  count             = local.ecs
  description       = "What the app calls"
  security_group_id = aws_security_group.tasks[0].id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_lb" "api" {
  count                      = local.ecs
  name                       = local.balancer
  load_balancer_type         = "application"
  security_groups            = [aws_security_group.load_balancer[0].id]
  subnets                    = coalescelist(var.public_subnet_ids, local.subnets)
  drop_invalid_header_fields = true
  enable_deletion_protection = true
}

resource "aws_lb_target_group" "api" {
  count       = local.ecs
  name        = local.balancer
  port        = var.port
  protocol    = "HTTP"
  target_type = "ip"
  vpc_id      = local.vpc
  # A task that is replaced finishes what it has begun; AWS's 300 s would add five minutes to each release.
  deregistration_delay = 30
  health_check {
    path                = var.health_check_path
    matcher             = "200"
    interval            = 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

# With a certificate port 80 only leads to HTTPS. Without `api_domain` there is none, and the API is plain HTTP: to try it.
resource "aws_lb_listener" "http" {
  count             = local.ecs
  load_balancer_arn = aws_lb.api[0].arn
  port              = 80
  protocol          = "HTTP"
  default_action {
    type             = local.https == 1 ? "redirect" : "forward"
    target_group_arn = local.https == 1 ? null : aws_lb_target_group.api[0].arn
    dynamic "redirect" {
      for_each = local.https == 1 ? [1] : []
      content {
        port        = "443"
        protocol    = "HTTPS"
        status_code = "HTTP_301"
      }
    }
  }
}

resource "aws_lb_listener" "https" {
  count             = local.https
  load_balancer_arn = aws_lb.api[0].arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = aws_acm_certificate_validation.api[0].certificate_arn
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.api[0].arn
  }
}

resource "aws_acm_certificate" "api" {
  count             = local.https
  domain_name       = var.api_domain
  validation_method = "DNS"
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "api_validation" {
  for_each = local.https == 0 ? {} : {
    for option in aws_acm_certificate.api[0].domain_validation_options : option.domain_name => option
  }
  zone_id = var.zone_id
  name    = each.value.resource_record_name
  type    = each.value.resource_record_type
  records = [each.value.resource_record_value]
  ttl     = 300
}

resource "aws_acm_certificate_validation" "api" {
  count                   = local.https
  certificate_arn         = aws_acm_certificate.api[0].arn
  validation_record_fqdns = [for record in aws_route53_record.api_validation : record.fqdn]
}

resource "aws_route53_record" "api" {
  count   = local.https
  zone_id = var.zone_id
  name    = var.api_domain
  type    = "A"
  alias {
    name                   = aws_lb.api[0].dns_name
    zone_id                = aws_lb.api[0].zone_id
    evaluate_target_health = true
  }
}

resource "aws_ecs_task_definition" "api" {
  count                    = local.service
  family                   = "${var.name}-${var.environment}-api"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = tostring(var.cpu)
  memory                   = tostring(var.memory)
  execution_role_arn       = aws_iam_role.pull[0].arn
  task_role_arn            = aws_iam_role.instance[0].arn
  # deploy-backend registers a copy of this for each release: the revision that Terraform made is not the one that runs.
  skip_destroy = true
  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "X86_64"
  }
  container_definitions = jsonencode([{
    name         = "api"
    image        = var.first_image
    essential    = true
    portMappings = [{ containerPort = var.port, protocol = "tcp" }]
    environment  = [{ name = "PORT", value = tostring(var.port) }]
    secrets      = [for name, secret in aws_secretsmanager_secret.app : { name = name, valueFrom = secret.arn }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.api[0].name
        awslogs-region        = var.region
        awslogs-stream-prefix = "api"
      }
    }
  }])
  lifecycle {
    ignore_changes = [container_definitions]
  }
}

resource "aws_ecs_service" "api" {
  count                              = local.service
  name                               = "${var.name}-api"
  cluster                            = aws_ecs_cluster.main[0].arn
  task_definition                    = aws_ecs_task_definition.api[0].arn
  launch_type                        = "FARGATE"
  desired_count                      = var.min_instances
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = 60
  availability_zone_rebalancing      = "ENABLED"
  enable_ecs_managed_tags            = true
  propagate_tags                     = "SERVICE"

  # ECS's own safety net, for whoever deploys without deploy-backend too.
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }
  network_configuration {
    subnets          = coalescelist(var.private_subnet_ids, local.subnets)
    security_groups  = [aws_security_group.tasks[0].id]
    assign_public_ip = length(var.private_subnet_ids) == 0
  }
  load_balancer {
    target_group_arn = aws_lb_target_group.api[0].arn
    container_name   = "api"
    container_port   = var.port
  }

  # Releases belong to deploy-backend, and the number of tasks to auto-scaling: Terraform must put neither back.
  lifecycle {
    ignore_changes = [task_definition, desired_count]
  }
  depends_on = [
    aws_iam_role_policy.pull,
    aws_iam_role_policy.secrets,
    aws_iam_role_policy_attachment.execution,
    aws_lb_listener.http,
    aws_lb_listener.https,
  ]
}

resource "aws_appautoscaling_target" "api" {
  count              = local.service
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${aws_ecs_cluster.main[0].name}/${aws_ecs_service.api[0].name}"
  min_capacity       = var.min_instances
  max_capacity       = var.max_instances
}

resource "aws_appautoscaling_policy" "cpu" {
  count              = local.service
  name               = "cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.api[0].service_namespace
  scalable_dimension = aws_appautoscaling_target.api[0].scalable_dimension
  resource_id        = aws_appautoscaling_target.api[0].resource_id
  target_tracking_scaling_policy_configuration {
    target_value       = var.target_cpu
    scale_in_cooldown  = 300
    scale_out_cooldown = 60
    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}
