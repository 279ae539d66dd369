variable "prefix" {
  description = "What every name begins with: <name>-<environment>."
  type        = string
}

variable "image" {
  description = "Image of Qdrant, with a version."
  type        = string
  default     = "docker.io/qdrant/qdrant:v1.15.5"
}

variable "instance_type" {
  description = "EC2 instance, Graviton: t4g.medium has 4 GiB, about a million vectors of 1,536 dimensions on disk."
  type        = string
}

variable "storage_gib" {
  description = "Size of the volume. It can be made larger, and never smaller."
  type        = number
}

variable "api_key_secret_arn" {
  description = "The secret that holds Qdrant's API key. Set its value before the first apply: Qdrant does not start without."
  type        = string
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "subnet_id" {
  description = "The subnet of the instance, in `zone`, when the instance is made."
  type        = string
}

variable "zone" {
  description = "Zone of the volume, and so of the instance."
  type        = string
}

variable "assign_public_ip" {
  description = "Whether the instance has a public address: where its subnet has no NAT gateway. Nothing may call it."
  type        = bool
}

variable "client_security_groups" {
  description = "Security groups that may connect, by any key that is known when planning."
  type        = map(string)
}

variable "snapshot_bucket" {
  description = "Name of the bucket of the nightly snapshots, which are kept for 30 days."
  type        = string
}

variable "deletion_protection" {
  description = "Whether the instance refuses to be terminated, and a last snapshot of the volume is kept."
  type        = bool
}

variable "alarm_topics" {
  description = "ARNs of SNS topics that alarms are sent to."
  type        = list(string)
  default     = []
}
