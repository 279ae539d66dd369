# 5xx as a rate and the p95 latency: what users feel. A count of 4xx is mostly other people's scanners. deploy-backend takes
# the names in its input `alarms`.
resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "${var.name}-5xx-rate"
  alarm_description   = "HighErrorRate: more than ${var.max_error_rate} % of the requests are answered with a 5xx."
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.max_error_rate
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.topics
  ok_actions          = var.topics

  metric_query {
    id          = "rate"
    label       = "5xx in percent"
    expression  = "IF(requests > 20, 100 * (${join(" + ", [for index, name in var.signals.errors : "FILL(errors${index}, 0)"])}) / requests, 0)"
    return_data = true
  }
  dynamic "metric_query" {
    for_each = merge({ requests = var.signals.requests }, { for index, name in var.signals.errors : "errors${index}" => name })
    content {
      id = metric_query.key
      metric {
        namespace   = var.signals.namespace
        metric_name = metric_query.value
        period      = 60
        stat        = "Sum"
        dimensions  = var.signals.dimensions
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "latency" {
  alarm_name          = "${var.name}-p95-latency"
  alarm_description   = "HighLatency: one request in twenty is slower than ${var.max_p95_latency} ms."
  namespace           = var.signals.namespace
  metric_name         = var.signals.latency
  extended_statistic  = "p95"
  period              = 60
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.max_p95_latency / var.signals.per_second
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.topics
  ok_actions          = var.topics
  dimensions          = var.signals.dimensions
}

variable "name" {
  description = "What both names begin with: <name>-<environment>-<target>."
  type        = string
}

variable "signals" {
  description = "Where the metrics of the service are, and what they are called there. per_second: 1000 where latency is in seconds, 1 where it is in milliseconds."
  type = object({
    namespace  = string
    dimensions = map(string)
    requests   = string
    errors     = list(string)
    latency    = string
    per_second = number
  })
}

variable "max_error_rate" {
  description = "Percent of requests that may be answered with a 5xx."
  type        = number
}

variable "max_p95_latency" {
  description = "Milliseconds above which the p95 latency rings."
  type        = number
}

variable "topics" {
  description = "ARNs of SNS topics that are told."
  type        = list(string)
}

output "names" {
  value = [aws_cloudwatch_metric_alarm.errors.alarm_name, aws_cloudwatch_metric_alarm.latency.alarm_name]
}
