# Development: one task, SQLite on EFS, no CloudFront. It can be destroyed whole.
module "environment" {
  source      = "../../modules/environment"
  name        = var.name
  environment = "dev"
  github      = var.github
  protected   = false

  # To move to another target: add it to `targets`, release to it, change `live_target`, and take the old one out last.
  targets     = ["ecs"]
  live_target = "ecs"
  size        = { cpu = 512, memory = 1024, min_instances = 1, max_instances = 1 }

  network = { zones = 2, nat = "none" }

  secret_names = ["openai_key", "qdrant_key", "jwt_secret"]

  # One task, and about a minute of downtime with each release: two must not write the file at once.
  database = "sqlite"

  # Qdrant Cloud. Of one's own: { instance_type = "t4g.small", storage_gib = 20 }
  qdrant = null

  site = {
    cloudfront    = false
    website_cidrs = var.developer_cidrs
    waf           = false
    api           = false
    domains       = []
  }
  api_domain     = ""
  preview_domain = ""
  zone_id        = ""

  alarm_email    = var.alarm_email
  monthly_budget = 50
  budget_emails  = var.budget_emails
}
