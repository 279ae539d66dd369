variable "prefix" {
  description = "What every name begins with: <name>-<environment>."
  type        = string
}

variable "cidr" {
  description = "Addresses of the VPC, /16 to /20: each subnet takes a sixteenth."
  type        = string
  default     = "10.0.0.0/16"
  validation {
    condition     = can(cidrnetmask(var.cidr)) && tonumber(split("/", var.cidr)[1]) >= 16 && tonumber(split("/", var.cidr)[1]) <= 20
    error_message = "Use an IPv4 range of /16 to /20, such as 10.0.0.0/16."
  }
}

variable "zones" {
  description = "Number of availability zones: 2 or 3."
  type        = number
  default     = 2
  validation {
    condition     = contains([2, 3], var.zones)
    error_message = "Use 2 or 3: a load balancer and a database need two at least."
  }
}

variable "nat" {
  description = "NAT gateways, about $33 a month each: none, one, or per-zone."
  type        = string
  default     = "none"
  validation {
    condition     = contains(["none", "one", "per-zone"], var.nat)
    error_message = "Use none, one or per-zone."
  }
}

variable "interface_endpoints" {
  description = "Whether ECR, CloudWatch Logs and Secrets Manager are reached inside the VPC."
  type        = bool
  default     = false
}
