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
