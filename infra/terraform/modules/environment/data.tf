locals {
  clients = { app = aws_security_group.app.id }
}

module "database" {
  for_each               = local.postgres
  source                 = "../database"
  prefix                 = local.prefix
  database_name          = replace(var.name, "-", "_")
  instance_class         = each.value.instance_class
  storage_gib            = each.value.storage_gib
  multi_az               = each.value.multi_az
  backup_days            = each.value.backup_days
  deletion_protection    = var.protected
  vpc_id                 = module.network.vpc_id
  subnet_ids             = module.network.private_subnet_ids
  client_security_groups = local.clients
}

module "sqlite" {
  count  = local.sqlite ? 1 : 0
  source = "../sqlite-efs"
  prefix = local.prefix
  vpc_id = module.network.vpc_id
  # Tasks reach their zone's mount target from any subnet of the VPC: these stay when the tasks move behind a NAT gateway.
  subnet_ids               = module.network.private_subnet_ids
  client_security_group_id = aws_security_group.app.id
}

module "vector_store" {
  for_each               = local.qdrant
  source                 = "../vector-store"
  prefix                 = local.prefix
  instance_type          = each.value.instance_type
  storage_gib            = each.value.storage_gib
  api_key_secret_arn     = module.secrets.arns[local.api_key]
  vpc_id                 = module.network.vpc_id
  subnet_id              = local.task_subnet_ids[0]
  zone                   = module.network.zones[0]
  assign_public_ip       = !module.network.has_nat
  client_security_groups = local.clients
  snapshot_bucket        = "${local.prefix}-qdrant-${local.account}"
  deletion_protection    = var.protected
  alarm_topics           = module.monitoring.topics
}
