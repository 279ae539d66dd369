# A load balancer counts its own 5xx and its targets' apart.
module "alarms" {
  source = "../service-alarms"
  name   = "${var.prefix}-ecs"
  signals = {
    namespace  = "AWS/ApplicationELB"
    dimensions = { LoadBalancer = aws_lb.api.arn_suffix }
    requests   = "RequestCount"
    errors     = ["HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count"]
    latency    = "TargetResponseTime"
    per_second = 1000
  }
  max_error_rate  = var.max_error_rate
  max_p95_latency = var.max_p95_latency
  topics          = var.alarm_topics
}

# Fewer healthy tasks than one, in both target groups together: nobody is served. Which of the two has the tasks changes with each
# deployment that moves traffic.
resource "aws_cloudwatch_metric_alarm" "unhealthy" {
  alarm_name          = "${var.prefix}-ecs-unhealthy"
  alarm_description   = "The load balancer finds no healthy task."
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  evaluation_periods  = 5
  datapoints_to_alarm = 5
  treat_missing_data  = "breaching"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
  metric_query {
    id          = "healthy"
    label       = "healthy tasks"
    expression  = "FILL(first_group, 0) + FILL(second_group, 0)"
    return_data = true
  }
  dynamic "metric_query" {
    for_each = aws_lb_target_group.api
    content {
      id = "${metric_query.key}_group"
      metric {
        namespace   = "AWS/ApplicationELB"
        metric_name = "HealthyHostCount"
        period      = 60
        stat        = "Minimum"
        dimensions  = { LoadBalancer = aws_lb.api.arn_suffix, TargetGroup = metric_query.value.arn_suffix }
      }
    }
  }
}
