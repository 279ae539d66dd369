module "waf" {
  count  = var.site.waf ? 1 : 0
  source = "../waf"
  prefix = local.prefix
}

module "site" {
  source                  = "../site"
  prefix                  = local.prefix
  bucket                  = local.site_bucket
  cloudfront              = var.site.cloudfront
  website_cidrs           = var.site.website_cidrs
  domains                 = var.site.domains
  zone_id                 = var.zone_id
  clean_urls              = var.site.clean_urls
  single_page_app         = var.site.single_page_app
  pages                   = var.site.pages
  api                     = var.site.api ? { host = local.live.host, https = local.live.https } : null
  price_class             = var.site.price_class
  content_security_policy = var.site.content_security_policy
  web_acl_arn             = one(module.waf[*].arn)
  force_destroy           = !var.protected
}

module "previews" {
  for_each = toset(var.preview_domain == "" ? [] : ["previews"])
  source   = "../previews"
  prefix   = local.prefix
  bucket   = local.preview_bucket
  domain   = var.preview_domain
  zone_id  = var.zone_id
  url_settings = {
    cleanUrls     = var.site.clean_urls
    pages         = var.site.pages
    singlePageApp = var.site.single_page_app
  }
}

module "github" {
  source         = "../github"
  prefix         = local.prefix
  environment    = var.environment
  github         = var.github
  repository_arn = local.repository_arn
  release_bucket = local.release_bucket
  site = {
    bucket           = local.site_bucket
    cloudfront       = var.site.cloudfront
    distribution_arn = module.site.distribution_arn
  }
  services    = local.services
  secret_arns = values(local.secret_arns)
  previews = one([
    for one in module.previews : {
      buckets          = [local.preview_bucket, "${local.preview_bucket}-backup"]
      distribution_arn = one.distribution_arn
    }
  ])
}

module "monitoring" {
  source            = "../monitoring"
  prefix            = local.prefix
  environment       = var.environment
  metrics_namespace = var.metrics_namespace
  alarm_email       = var.alarm_email
  alarm_topics      = var.alarm_topics
  services          = local.services
  certificates = merge(
    length(var.site.domains) == 0 ? {} : { site = { arn = module.site.certificate_arn, region = "us-east-1" } },
    { for key, one in module.previews : key => { arn = one.certificate_arn, region = "us-east-1" } },
    { for key, one in module.ecs : "api" => { arn = one.certificate_arn, region = local.region } if var.api_domain != "" },
  )
  database     = { for key, one in module.database : key => one.id }
  qdrant       = { for key, one in module.vector_store : key => one.name }
  distribution = var.site.cloudfront ? { site = module.site.distribution } : {}
}

module "budget" {
  for_each = toset(var.monthly_budget == null ? [] : ["month"])
  source   = "../budget"
  stack    = local.prefix
  dollars  = var.monthly_budget
  emails   = var.budget_emails
}
