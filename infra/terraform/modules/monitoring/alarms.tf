# An alarm tells topics of its own region alone, and CloudFront's certificates are in us-east-1.
locals {
  topics = {
    for region in distinct([local.region, "us-east-1"]) : region => concat(
      [for arn in var.alarm_topics : arn if split(":", arn)[3] == region],
      [for key, topic in aws_sns_topic.alarms : topic.arn if key == (region == local.region ? "here" : region)],
    )
  }
  here = local.topics[local.region]
}

# A task that has not the memory that it needs is killed, and comes back, and is killed again.
resource "aws_cloudwatch_metric_alarm" "memory" {
  for_each            = { for one in var.services : one.target => one if one.target != "apprunner" }
  alarm_name          = "${var.prefix}-${each.key}-memory"
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
  alarm_actions       = local.here
  ok_actions          = local.here
  dimensions          = { ClusterName = each.value.cluster, ServiceName = each.value.name }
}

# ACM renews a certificate by itself while its DNS record stands: 20 days before the end it should have.
resource "aws_cloudwatch_metric_alarm" "certificate" {
  for_each            = var.certificates
  region              = each.value.region
  alarm_name          = "${var.prefix}-${each.key}-certificate"
  alarm_description   = "The certificate ends in less than 20 days and was not renewed: is its validation record still in the zone?"
  namespace           = "AWS/CertificateManager"
  metric_name         = "DaysToExpiry"
  statistic           = "Minimum"
  period              = 86400
  comparison_operator = "LessThanThreshold"
  threshold           = 20
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.topics[each.value.region]
  dimensions          = { CertificateArn = each.value.arn }
}

resource "aws_cloudwatch_metric_alarm" "database_storage" {
  for_each            = var.database
  alarm_name          = "${var.prefix}-database-storage"
  alarm_description   = "The database has less than 2 GiB left: a full one stops writing."
  namespace           = "AWS/RDS"
  metric_name         = "FreeStorageSpace"
  statistic           = "Minimum"
  period              = 300
  comparison_operator = "LessThanThreshold"
  threshold           = 2 * 1024 * 1024 * 1024
  evaluation_periods  = 3
  treat_missing_data  = "missing"
  alarm_actions       = local.here
  ok_actions          = local.here
  dimensions          = { DBInstanceIdentifier = each.value }
}
