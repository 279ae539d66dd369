# `terraform init && terraform test`, here: made whole over made-up answers of AWS. Costs nothing, and asks AWS nothing.
mock_provider "aws" {
  source = "../../testing"
}

variables {
  name           = "wwhd"
  environment    = "production"
  github         = { repository = "team/app", owner_id = 1, repository_id = 2 }
  targets        = ["ecs-express"]
  live_target    = "ecs-express"
  protected      = true
  size           = { cpu = 2048, memory = 4096, min_instances = 2, max_instances = 10 }
  network        = { zones = 3, nat = "none" }
  database       = "postgres"
  postgres       = { instance_class = "db.m7g.large", multi_az = true, backup_days = 14 }
  qdrant         = null
  secret_names   = ["openai_key", "qdrant_key"]
  site           = { cloudfront = true, waf = true, api = true, domains = ["www.example.com"] }
  api_domain     = ""
  preview_domain = ""
  zone_id        = "Z1"
  monthly_budget = 500
  # `terraform test` of 1.11 applies no ephemeral variable that it was not given for planning.
  database_password = ""
  budget_emails     = ["ops@example.com"]
}

run "one_apply_makes_all_of_it" {
  command = apply
  assert {
    condition     = startswith(output.api_url, "https://") && !startswith(output.api_url, "https://https")
    error_message = "One scheme."
  }
  assert {
    condition     = length(output.alarms) == 2 && contains(output.secret_names, "wwhd/production/database_password")
    error_message = "Two alarms for deploy-backend, and the app's own password for the database."
  }
}

run "a_target_that_is_not_there_is_refused" {
  command = plan
  variables {
    live_target = "ecs"
  }
  expect_failures = [var.live_target]
}

run "previews_without_a_zone_are_refused" {
  command = plan
  variables {
    preview_domain = "preview.example.com"
    zone_id        = ""
    site           = { cloudfront = true, waf = true, api = true, domains = [] }
  }
  expect_failures = [var.preview_domain]
}
