# PostgreSQL on RDS. AWS makes the master password and rotates it every week, so the app never uses it: the migration does, and
# makes the app's own user, whose password is a secret of its own (module secrets; made empty, set once by hand).
resource "aws_db_subnet_group" "main" {
  name       = "${var.prefix}-database"
  subnet_ids = var.subnet_ids
}

resource "aws_security_group" "main" {
  name        = "${var.prefix}-database"
  description = "The app to the database"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "app" {
  for_each                     = var.client_security_groups
  description                  = "PostgreSQL from ${each.key}"
  security_group_id            = aws_security_group.main.id
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

# No connection without TLS.
resource "aws_db_parameter_group" "main" {
  name_prefix = "${var.prefix}-"
  family      = "postgres${var.major_version}"
  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "main" {
  identifier                      = "${var.prefix}-database"
  engine                          = "postgres"
  engine_version                  = var.major_version
  instance_class                  = var.instance_class
  db_name                         = var.database_name
  username                        = "master"
  manage_master_user_password     = true
  allocated_storage               = var.storage_gib
  max_allocated_storage           = var.storage_gib * 5
  storage_type                    = "gp3"
  storage_encrypted               = true
  multi_az                        = var.multi_az
  db_subnet_group_name            = aws_db_subnet_group.main.name
  vpc_security_group_ids          = [aws_security_group.main.id]
  publicly_accessible             = false
  parameter_group_name            = aws_db_parameter_group.main.name
  ca_cert_identifier              = "rds-ca-rsa2048-g1"
  auto_minor_version_upgrade      = true
  backup_retention_period         = var.backup_days
  copy_tags_to_snapshot           = true
  performance_insights_enabled    = true
  enabled_cloudwatch_logs_exports = ["postgresql"]
  deletion_protection             = var.deletion_protection
  skip_final_snapshot             = !var.deletion_protection
  final_snapshot_identifier       = "${var.prefix}-database-final"
  delete_automated_backups        = !var.deletion_protection
  lifecycle {
    # Minor versions are AWS's, in the maintenance window.
    ignore_changes = [engine_version]
  }
}
