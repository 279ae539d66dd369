output "vpc_id" {
  value = aws_vpc.main.id
}

output "public_subnet_ids" {
  value = [for zone in local.zones : aws_subnet.public[zone].id]
}

output "private_subnet_ids" {
  value = [for zone in local.zones : aws_subnet.private[zone].id]
}

output "has_nat" {
  description = "Whether the private subnets have a way out."
  value       = var.nat != "none"
}

output "zones" {
  description = "Names of the zones, in the order of the subnets."
  value       = local.zones
}
