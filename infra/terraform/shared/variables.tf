# None has a default: what is left out is asked for, and takes nothing away.

variable "name" {
  description = "Name of the application, 2 to 16 letters, digits and hyphens: the same in shared/ and in every environment."
  type        = string
}

variable "region" {
  description = "Region of everything but CloudFront's certificate and WAF."
  type        = string
}

variable "cost_allocation_tags" {
  description = "Whether Project, Environment and Stack divide the bill. AWS takes them only after they were billed for a day: false at first, true the day after."
  type        = bool
}
