# Staging: as production, smaller, without a WAF and without a second zone for the database.
module "environment" {
  source      = "../../modules/environment"
  name        = var.name
  environment = "staging"
  github      = var.github
  protected   = true

  # To move to another target: add it to `targets`, release to it, change `live_target`, and take the old one out last.
  targets     = ["ecs-express"]
  live_target = "ecs-express"
  size        = { cpu = 1024, memory = 2048, min_instances = 1, max_instances = 2 }

  network = { zones = 2, nat = "none" }

  secret_names = ["openai_key", "qdrant_key", "jwt_secret"]

  database = "postgres"
  postgres = { instance_class = "db.t4g.small", multi_az = false, backup_days = 7 }
  # Another number writes the password of the app's user anew: TF_VAR_database_password=… terraform apply
  database_password         = var.database_password
  database_password_version = 1

  # Qdrant Cloud. Of one's own: { instance_type = "t4g.medium", storage_gib = 50 }
  qdrant = null

  site = {
    cloudfront = true
    waf        = false
    api        = true
    domains    = var.domains
  }
  api_domain     = ""
  preview_domain = var.preview_domain
  zone_id        = var.zone_id

  alarm_email    = var.alarm_email
  monthly_budget = 150
  budget_emails  = var.budget_emails
}
