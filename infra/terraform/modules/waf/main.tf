# What production's CloudFront is guarded by: AWS's rules against what everybody is attacked with, and a limit for one address.
# It is made in us-east-1, where CloudFront looks for it.
#
# The rules on a request's body only count: an app that talks to a model is sent long texts, code and addresses, which is what they
# block (the common rules stop at 8 KB).
locals {
  counted = {
    AWSManagedRulesCommonRuleSet = ["SizeRestrictions_BODY", "CrossSiteScripting_BODY", "GenericLFI_BODY", "GenericRFI_BODY", "EC2MetaDataSSRF_BODY"]
  }
  managed = ["AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet"]
  visibility = {
    for name in concat(local.managed, ["rate"]) : name => { SampledRequestsEnabled = true, CloudWatchMetricsEnabled = true, MetricName = name }
  }
}

resource "aws_wafv2_web_acl" "site" {
  region      = "us-east-1"
  name        = "${var.prefix}-site"
  description = "CloudFront of ${var.prefix}"
  scope       = "CLOUDFRONT"
  default_action {
    allow {}
  }
  # As WAF's API has them: the provider's blocks for statements nest without end.
  rule_json = jsonencode(concat([
    for index, name in local.managed : {
      Name           = name
      Priority       = index
      OverrideAction = { None = {} }
      Statement = {
        ManagedRuleGroupStatement = {
          VendorName          = "AWS"
          Name                = name
          RuleActionOverrides = [for rule in lookup(local.counted, name, []) : { Name = rule, ActionToUse = { Count = {} } }]
        }
      }
      VisibilityConfig = local.visibility[name]
    }
    ], [{
      Name             = "rate"
      Priority         = length(local.managed)
      Action           = { Block = {} }
      Statement        = { RateBasedStatement = { Limit = var.requests_in_5_minutes, AggregateKeyType = "IP" } }
      VisibilityConfig = local.visibility["rate"]
  }]))
  visibility_config {
    sampled_requests_enabled   = true
    cloudwatch_metrics_enabled = true
    metric_name                = "${var.prefix}-site"
  }
}

variable "prefix" {
  description = "What every name begins with: <name>-<environment>."
  type        = string
}

variable "requests_in_5_minutes" {
  description = "Requests of one address in five minutes, above which it is blocked."
  type        = number
  default     = 2000
}

output "arn" {
  value = aws_wafv2_web_acl.site.arn
}
