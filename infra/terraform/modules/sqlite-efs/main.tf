# A folder on EFS for SQLite, in development. One task writes to it, and each release stops the old task before it starts the new
# one: about a minute in which nobody is served.
resource "aws_efs_file_system" "main" {
  encrypted        = true
  performance_mode = "generalPurpose"
  throughput_mode  = "elastic"
  tags             = { Name = "${var.prefix}-data" }
}

# Every day by AWS Backup, for 35 days: the file system itself can be destroyed by whoever takes SQLite out of the environment.
resource "aws_efs_backup_policy" "main" {
  file_system_id = aws_efs_file_system.main.id
  backup_policy {
    status = "ENABLED"
  }
}

resource "aws_efs_access_point" "main" {
  file_system_id = aws_efs_file_system.main.id
  posix_user {
    uid = 1000
    gid = 1000
  }
  root_directory {
    path = "/app"
    creation_info {
      owner_uid   = 1000
      owner_gid   = 1000
      permissions = "0750"
    }
  }
}

resource "aws_security_group" "main" {
  name        = "${var.prefix}-data"
  description = "The task to its files"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "app" {
  description                  = "NFS from the task"
  security_group_id            = aws_security_group.main.id
  referenced_security_group_id = var.client_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = 2049
  to_port                      = 2049
}

resource "aws_efs_mount_target" "main" {
  for_each        = { for index, id in var.subnet_ids : tostring(index) => id }
  file_system_id  = aws_efs_file_system.main.id
  subnet_id       = each.value
  security_groups = [aws_security_group.main.id]
}

variable "prefix" {
  description = "What every name begins with: <name>-<environment>."
  type        = string
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets, one in each zone in which the task may run."
  type        = list(string)
}

variable "client_security_group_id" {
  description = "Security group of the task."
  type        = string
}

output "efs" {
  description = "As module service-ecs takes it."
  value = {
    path             = "/data"
    file_system_id   = aws_efs_file_system.main.id
    file_system_arn  = aws_efs_file_system.main.arn
    access_point_id  = aws_efs_access_point.main.id
    access_point_arn = aws_efs_access_point.main.arn
  }
  # A task that starts before them finds no files.
  depends_on = [aws_efs_mount_target.main, aws_vpc_security_group_ingress_rule.app]
}
