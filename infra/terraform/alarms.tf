# 5xx as a rate and the p95 latency: what users feel. A count of 4xx is mostly other people's scanners. deploy-backend takes
# the names in its input `alarms`. ECS Express makes a load balancer and a rollback alarm of its own for each service.
locals {
  # What App Runner and a load balancer call the same things. A load balancer counts its own 5xx and its targets' apart.
  signals = merge(
    { for service in aws_apprunner_service.api : "apprunner" => {
      namespace  = "AWS/AppRunner"
      dimensions = { ServiceName = service.service_name, ServiceID = service.service_id }
      requests   = "Requests"
      errors     = ["5xxStatusResponses"]
      latency    = "RequestLatency"
      unit       = 1 # milliseconds
    } },
    { for balancer in aws_lb.api : "ecs" => {
      namespace  = "AWS/ApplicationELB"
      dimensions = { LoadBalancer = balancer.arn_suffix }
      requests   = "RequestCount"
      errors     = ["HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count"]
      latency    = "TargetResponseTime"
      unit       = 1000 # seconds
    } },
  )
  ecs_services = merge(
    { for service in aws_ecs_service.api : "ecs" => { cluster = aws_ecs_cluster.main[0].name, service = service.name } },
    { for service in aws_ecs_express_gateway_service.api : "ecs-express" => { cluster = "default", service = service.service_name } },
  )
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  for_each            = local.signals
  alarm_name          = "${var.name}-${var.environment}-5xx-rate"
  alarm_description   = "More than 1 % of the requests are answered with a 5xx."
  comparison_operator = "GreaterThanThreshold"
  threshold           = 1
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics

  metric_query {
    id          = "rate"
    label       = "5xx in percent"
    expression  = "IF(requests > 20, 100 * (${join(" + ", [for index, name in each.value.errors : "FILL(errors${index}, 0)"])}) / requests, 0)"
    return_data = true
  }
  dynamic "metric_query" {
    for_each = merge({ requests = each.value.requests }, { for index, name in each.value.errors : "errors${index}" => name })
    content {
      id = metric_query.key
      metric {
        namespace   = each.value.namespace
        metric_name = metric_query.value
        period      = 60
        stat        = "Sum"
        dimensions  = each.value.dimensions
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "latency" {
  for_each            = local.signals
  alarm_name          = "${var.name}-${var.environment}-p95-latency"
  alarm_description   = "One request in twenty is slower than ${var.max_p95_latency} ms."
  namespace           = each.value.namespace
  metric_name         = each.value.latency
  extended_statistic  = "p95"
  period              = 60
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.max_p95_latency / each.value.unit
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
  dimensions          = each.value.dimensions
}

# A task that has not the memory that it needs is killed, and comes back, and is killed again.
resource "aws_cloudwatch_metric_alarm" "memory" {
  for_each            = local.ecs_services
  alarm_name          = "${var.name}-${var.environment}-memory"
  alarm_description   = "The tasks use more than 90 % of their memory."
  namespace           = "AWS/ECS"
  metric_name         = "MemoryUtilization"
  statistic           = "Average"
  period              = 60
  comparison_operator = "GreaterThanThreshold"
  threshold           = 90
  evaluation_periods  = 5
  datapoints_to_alarm = 5
  treat_missing_data  = "missing"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
  dimensions          = { ClusterName = each.value.cluster, ServiceName = each.value.service }
}

# Fewer healthy tasks than the least that there should be.
resource "aws_cloudwatch_metric_alarm" "unhealthy" {
  count               = local.service
  alarm_name          = "${var.name}-${var.environment}-unhealthy"
  alarm_description   = "The load balancer finds fewer healthy tasks than ${var.min_instances}."
  namespace           = "AWS/ApplicationELB"
  metric_name         = "HealthyHostCount"
  statistic           = "Minimum"
  period              = 60
  comparison_operator = "LessThanThreshold"
  threshold           = var.min_instances
  evaluation_periods  = 5
  datapoints_to_alarm = 5
  treat_missing_data  = "breaching"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
  dimensions          = { LoadBalancer = aws_lb.api[0].arn_suffix, TargetGroup = aws_lb_target_group.api[0].arn_suffix }
}

resource "aws_budgets_budget" "month" {
  count        = var.monthly_budget > 0 ? 1 : 0
  name         = "${var.name}-${var.environment}"
  budget_type  = "COST"
  limit_amount = tostring(var.monthly_budget)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"
  cost_filter {
    name   = "TagKeyValue"
    values = ["user:Project$${var.name}"]
  }
  notification {
    comparison_operator        = "GREATER_THAN"
    threshold                  = 80
    threshold_type             = "PERCENTAGE"
    notification_type          = "FORECASTED"
    subscriber_email_addresses = var.budget_emails
  }
}
