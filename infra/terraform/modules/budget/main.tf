# Tells when the bill of one environment goes above its budget: when it has (ACTUAL), and when it will (FORECASTED). It counts
# what is tagged Stack=<name>-<environment>, so Stack must be a cost allocation tag (shared/ makes it one): until then the sum is 0.
resource "aws_budgets_budget" "month" {
  name         = var.stack
  budget_type  = "COST"
  limit_amount = tostring(var.dollars)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"
  cost_filter {
    name = "TagKeyValue"
    # AWS separates key and value by a dollar sign: https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-create-filters.html
    values = [format("user:Stack$%s", var.stack)]
  }
  dynamic "notification" {
    for_each = { ACTUAL = 100, FORECASTED = 100 }
    content {
      comparison_operator        = "GREATER_THAN"
      threshold                  = notification.value
      threshold_type             = "PERCENTAGE"
      notification_type          = notification.key
      subscriber_email_addresses = var.emails
    }
  }
}

variable "stack" {
  description = "Value of the tag Stack: <name>-<environment>."
  type        = string
}

variable "dollars" {
  description = "US dollars a month."
  type        = number
  validation {
    condition     = var.dollars > 0
    error_message = "A budget is more than 0 dollars."
  }
}

variable "emails" {
  description = "Who is told."
  type        = list(string)
  validation {
    condition     = length(var.emails) > 0
    error_message = "A budget that tells nobody is none: name an e-mail address."
  }
}
