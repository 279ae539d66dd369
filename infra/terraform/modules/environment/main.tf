# One environment: everything that a release goes to, under names that begin with <name>-<environment>, so that several
# environments fit into one account. A root of your own may call it as environments/* do; it has no provider in it.
data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  prefix    = "${var.name}-${var.environment}"
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.region

  # What shared/ makes, by its names.
  repository     = "${var.name}-api"
  repository_arn = "arn:${local.partition}:ecr:${local.region}:${local.account}:repository/${local.repository}"
  release_bucket = "${var.name}-releases-${local.account}"
  site_bucket    = "${local.prefix}-site-${local.account}"
  preview_bucket = "${local.prefix}-previews-${local.account}"

  # Tasks are in the private subnets where these have a way out, else in the public ones, with addresses that nobody may call.
  task_subnet_ids = module.network.has_nat ? module.network.private_subnet_ids : module.network.public_subnet_ids

  targets  = { for target in var.targets : target => target }
  services = concat(values(module.apprunner)[*].service, values(module.express)[*].service, values(module.ecs)[*].service)
  live     = one([for one in local.services : one if one.target == var.live_target])

  sqlite   = var.database == "sqlite"
  postgres = { for settings in var.postgres[*] : "main" => settings if var.database == "postgres" }
  qdrant   = { for settings in var.qdrant[*] : "main" => settings }
  api_key  = "qdrant_key"

  # ARNs by keys that are known when planning.
  secret_arns = merge(module.secrets.arns, { for key, database in module.database : "database_master" => database.master_secret_arn })
}

module "network" {
  source              = "../network"
  prefix              = local.prefix
  cidr                = var.network.cidr
  zones               = var.network.zones
  nat                 = var.network.nat
  interface_endpoints = var.network.interface_endpoints
}

module "secrets" {
  source              = "../secrets"
  path                = "${var.name}/${var.environment}"
  names               = setunion(var.secret_names, var.database == "postgres" ? ["database_password"] : [])
  deletion_protection = var.protected

  database_password         = var.database_password
  database_password_version = var.database_password_version
}

# Whoever is in this group may call the database and Qdrant: the tasks of every target.
resource "aws_security_group" "app" {
  name        = "${local.prefix}-app"
  description = "The app: to its database and its vector store"
  vpc_id      = module.network.vpc_id
}

resource "aws_vpc_security_group_egress_rule" "app" {
  description       = "What the app calls"
  security_group_id = aws_security_group.app.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

module "express" {
  for_each           = { for key, target in local.targets : key => target if target == "ecs-express" }
  source             = "../service-express"
  prefix             = local.prefix
  environment        = var.environment
  metrics_namespace  = var.metrics_namespace
  repository_arn     = local.repository_arn
  port               = var.port
  health_check_path  = var.health_check_path
  cpu                = var.size.cpu
  memory             = var.size.memory
  min_instances      = var.size.min_instances
  max_instances      = var.size.max_instances
  target_cpu         = var.size.target_cpu
  subnet_ids         = module.network.public_subnet_ids
  security_group_ids = [aws_security_group.app.id]
  secret_arns        = local.secret_arns
  app_statements     = var.app_statements
  max_p95_latency    = var.max_p95_latency
  alarm_topics       = module.monitoring.topics
}

module "ecs" {
  for_each            = { for key, target in local.targets : key => target if target == "ecs" }
  source              = "../service-ecs"
  prefix              = local.prefix
  repository_arn      = local.repository_arn
  port                = var.port
  health_check_path   = var.health_check_path
  cpu                 = var.size.cpu
  memory              = var.size.memory
  min_instances       = var.size.min_instances
  max_instances       = var.size.max_instances
  target_cpu          = var.size.target_cpu
  vpc_id              = module.network.vpc_id
  public_subnet_ids   = module.network.public_subnet_ids
  task_subnet_ids     = local.task_subnet_ids
  assign_public_ip    = !module.network.has_nat
  security_group_ids  = [aws_security_group.app.id]
  domain              = var.api_domain
  zone_id             = var.zone_id
  strategy            = var.strategy
  deletion_protection = var.protected
  efs                 = one(module.sqlite[*].efs)
  secret_arns         = local.secret_arns
  app_statements      = var.app_statements
  max_p95_latency     = var.max_p95_latency
  alarm_topics        = module.monitoring.topics
}

module "apprunner" {
  for_each          = { for key, target in local.targets : key => target if target == "apprunner" }
  source            = "../service-apprunner"
  prefix            = local.prefix
  repository_arn    = local.repository_arn
  port              = var.port
  health_check_path = var.health_check_path
  cpu               = var.size.cpu
  memory            = var.size.memory
  min_instances     = var.size.min_instances
  max_instances     = var.size.max_instances
  max_concurrency   = var.size.max_concurrency
  # Without a NAT gateway a VPC connector would cut the app off from the internet.
  subnet_ids         = module.network.has_nat ? module.network.private_subnet_ids : []
  security_group_ids = [aws_security_group.app.id]
  secret_arns        = local.secret_arns
  app_statements     = var.app_statements
  max_p95_latency    = var.max_p95_latency
  alarm_topics       = module.monitoring.topics
}
