variable "name" {
  description = "The bucket's name."
  type        = string
}

variable "distributions" {
  description = "ARNs of the distributions that read the bucket."
  type        = list(string)
  default     = []
}

variable "keep_versions_days" {
  description = "How long an object that was overwritten or deleted can be had back; with 0 there are no versions."
  type        = number
  default     = 0
}

variable "expire_days" {
  description = "After how many days objects are deleted, for logs; with 0 never."
  type        = number
  default     = 0
}

variable "cloudfront_logs" {
  description = "Whether CloudFront writes its access logs here."
  type        = bool
  default     = false
}

variable "force_destroy" {
  description = "Whether `terraform destroy` may empty the bucket. Only where everything in it can be made again."
  type        = bool
  default     = false
}

variable "website_cidrs" {
  description = "Addresses that read the bucket as a website, over plain HTTP; empty makes no website."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for cidr in var.website_cidrs : can(cidrnetmask(cidr)) && tonumber(split("/", cidr)[1]) >= 8])
    error_message = "Name IPv4 ranges of /8 or smaller: a wider one is public, and S3 refuses it."
  }
}
