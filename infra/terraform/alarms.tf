# 5xx as a rate and the p95 latency: what users feel. A count of 4xx is mostly other people's scanners.
resource "aws_cloudwatch_metric_alarm" "errors" {
  count               = local.apprunner
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
    expression  = "IF(requests > 20, 100 * errors / requests, 0)"
    return_data = true
  }
  dynamic "metric_query" {
    for_each = { requests = "Requests", errors = "5xxStatusResponses" }
    content {
      id = metric_query.key
      metric {
        namespace   = "AWS/AppRunner"
        metric_name = metric_query.value
        period      = 60
        stat        = "Sum"
        dimensions = {
          ServiceName = aws_apprunner_service.api[0].service_name
          ServiceID   = aws_apprunner_service.api[0].service_id
        }
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "latency" {
  count               = local.apprunner
  alarm_name          = "${var.name}-${var.environment}-p95-latency"
  alarm_description   = "One request in twenty is slower than ${var.max_p95_latency} ms."
  namespace           = "AWS/AppRunner"
  metric_name         = "RequestLatency"
  extended_statistic  = "p95"
  period              = 60
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.max_p95_latency
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
  dimensions = {
    ServiceName = aws_apprunner_service.api[0].service_name
    ServiceID   = aws_apprunner_service.api[0].service_id
  }
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
