# Production: two to ten instances, PostgreSQL in two zones, CloudFront with a WAF.
module "environment" {
  source      = "../../modules/environment"
  name        = var.name
  environment = "production"
  github      = var.github
  protected   = true

  # To move to another target: add it to `targets`, release to it, change `live_target`, and take the old one out last.
  targets     = ["ecs-express"]
  live_target = "ecs-express"
  size        = { cpu = 2048, memory = 4096, min_instances = 2, max_instances = 10 }

  # Express's tasks are in the public subnets. With the target ecs `nat = "per-zone"` moves them into the private ones, for
  # about $33 a month and zone.
  network = { zones = 3, nat = "none" }

  secret_names = ["openai_key", "qdrant_key", "jwt_secret"]

  database = "postgres"
  postgres = { instance_class = "db.m7g.large", multi_az = true, backup_days = 14, storage_gib = 50 }
  # Another number writes the password of the app's user anew: TF_VAR_database_password=… terraform apply
  database_password         = var.database_password
  database_password_version = 1

  # Qdrant Cloud. Of one's own: { instance_type = "m7g.large", storage_gib = 100 }
  qdrant = null

  site = {
    cloudfront  = true
    waf         = true
    api         = true
    domains     = var.domains
    price_class = "PriceClass_All"
  }
  api_domain     = ""
  preview_domain = ""
  zone_id        = var.zone_id

  alarm_email    = var.alarm_email
  monthly_budget = 500
  budget_emails  = var.budget_emails
}
