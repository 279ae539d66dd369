variable "prefix" {
  description = "What every name begins with: <name>-<environment>."
  type        = string
}

variable "bucket" {
  description = "Name of the site's bucket."
  type        = string
}

variable "cloudfront" {
  description = "Whether the site is behind CloudFront. Without it only `website_cidrs` read it, over plain HTTP."
  type        = bool
}

variable "website_cidrs" {
  description = "Without CloudFront: the addresses that may read the site."
  type        = list(string)
  default     = []
  validation {
    condition     = var.cloudfront || length(var.website_cidrs) > 0
    error_message = "Without CloudFront nobody could read the site: name the addresses of your office or VPN."
  }
}

variable "domains" {
  description = "Host names of the site, in `zone_id`, the main one first; empty uses CloudFront's own."
  type        = list(string)
  default     = []
  validation {
    condition     = length(var.domains) == 0 || (var.cloudfront && var.zone_id != "")
    error_message = "A host name needs CloudFront, and the Route 53 zone that it is in (zone_id)."
  }
}

variable "zone_id" {
  description = "Route 53 zone of `domains`."
  type        = string
  default     = ""
}

variable "clean_urls" {
  description = "Which file /about and /about/ mean: folder about/index.html (Astro, Docusaurus, Hugo, Next.js with trailingSlash), file about.html (Next.js, SvelteKit), none neither; / is index.html in any case."
  type        = string
  default     = "folder"
  validation {
    condition     = contains(["folder", "file", "none"], var.clean_urls)
    error_message = "clean_urls is one of folder, file and none."
  }
}

variable "single_page_app" {
  description = "Whether routes that are no files are answered with index.html, as a single-page app wants it."
  type        = bool
  default     = false
}

variable "pages" {
  description = "With single_page_app: addresses that are pages of their own and no routes of the app, with all below them, such as [\"/about\", \"/blog\"]."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for page in var.pages : can(regex("^/[^?#]*[^/?#]$", page))])
    error_message = "A page begins with / and ends without one, such as /about."
  }
}

variable "api" {
  description = "The service that answers /api/*; null leaves it out."
  type        = object({ host = string, https = bool })
  default     = null
}

variable "price_class" {
  description = "Edges that serve the site: PriceClass_100 (North America and Europe), PriceClass_200, PriceClass_All."
  type        = string
  default     = "PriceClass_100"
}

variable "web_acl_arn" {
  description = "ARN of a WAF web ACL of us-east-1; null attaches none."
  type        = string
  default     = null
}

variable "content_security_policy" {
  description = "Header Content-Security-Policy. The default breaks no page; a strict one needs to know the site's scripts."
  type        = string
  default     = "base-uri 'self'; frame-ancestors 'none'; object-src 'none'; upgrade-insecure-requests"
}

variable "access_logs" {
  description = "Whether CloudFront's access logs are kept, for 90 days."
  type        = bool
  default     = true
}

variable "force_destroy" {
  description = "Whether `terraform destroy` may delete the site with all its files."
  type        = bool
}
