variable "prefix" {
  description = "What every name begins with: <name>-<environment>."
  type        = string
}

variable "database_name" {
  description = "Name of the database inside the instance."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,62}$", var.database_name))
    error_message = "Use lower-case letters, digits and underscores, beginning with a letter."
  }
}

variable "instance_class" {
  description = "Such as db.t4g.small or db.m7g.large."
  type        = string
}

variable "major_version" {
  description = "Major version of PostgreSQL. To raise it is a decision with a downtime: change it here and in RDS."
  type        = string
  default     = "17"
}

variable "storage_gib" {
  description = "Storage to begin with; RDS makes it larger by itself, up to five times."
  type        = number
  default     = 20
}

variable "multi_az" {
  description = "Whether a second instance stands by in another zone."
  type        = bool
}

variable "backup_days" {
  description = "How far back the database can be put, to the second."
  type        = number
}

variable "deletion_protection" {
  description = "Whether the database refuses to be deleted; with it, a last snapshot is kept even then."
  type        = bool
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets, in two zones at least."
  type        = list(string)
}

variable "client_security_groups" {
  description = "Security groups that may connect, by any key that is known when planning."
  type        = map(string)
}
