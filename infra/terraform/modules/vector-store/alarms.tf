resource "aws_cloudwatch_metric_alarm" "disk" {
  alarm_name          = "${local.name}-disk"
  alarm_description   = "Qdrant's volume is 80 % full. Make storage_gib larger, then grow the file system (xfs_growfs)."
  namespace           = "WWHD/Qdrant"
  metric_name         = "DiskUsed"
  statistic           = "Maximum"
  period              = 300
  comparison_operator = "GreaterThanThreshold"
  threshold           = 80
  evaluation_periods  = 3
  # The instance tells it every five minutes: when it is silent, something is wrong.
  treat_missing_data = "breaching"
  alarm_actions      = var.alarm_topics
  ok_actions         = var.alarm_topics
  dimensions         = { Name = local.name }
}

# AWS starts an instance again whose host has failed; this tells that it was needed.
resource "aws_cloudwatch_metric_alarm" "instance" {
  alarm_name          = "${local.name}-instance"
  alarm_description   = "Qdrant's instance fails its status checks."
  namespace           = "AWS/EC2"
  metric_name         = "StatusCheckFailed"
  statistic           = "Maximum"
  period              = 60
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 5
  treat_missing_data  = "breaching"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
  dimensions          = { InstanceId = aws_instance.main.id }
}
