# Where alarms are told. An alarm tells a topic of its own region, and what CloudFront uses lives in us-east-1.
locals {
  emails = { for key, region in { here = null, us-east-1 = "us-east-1" } : key => region if var.alarm_email != "" && (key == "here" || local.region != region) }
}

resource "aws_sns_topic" "alarms" {
  for_each = local.emails
  region   = each.value
  name     = "${var.prefix}-alarms-${each.key}"
}

# AWS sends a mail that must be confirmed, one for each topic.
resource "aws_sns_topic_subscription" "email" {
  for_each  = local.emails
  region    = each.value
  topic_arn = aws_sns_topic.alarms[each.key].arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

output "topics" {
  description = "Topics for alarms in this region."
  value       = local.here
}
