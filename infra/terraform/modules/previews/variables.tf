variable "prefix" {
  description = "What every name begins with: <name>-<environment>."
  type        = string
}

variable "bucket" {
  description = "Name of the bucket of all previews."
  type        = string
}

variable "domain" {
  description = "Domain of the previews in `zone_id`, such as preview.example.com for https://pr-7.preview.example.com."
  type        = string
}

variable "zone_id" {
  description = "Route 53 zone of `domain`."
  type        = string
}

variable "url_settings" {
  description = "What an address means, as on the site itself."
  type        = object({ cleanUrls = string, pages = list(string), singlePageApp = bool })
}
