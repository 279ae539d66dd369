output "url" {
  description = "QDRANT_URL, inside the VPC."
  value       = "http://${aws_route53_record.main.name}:6333"
}

output "instance_id" {
  value = aws_instance.main.id
}

output "name" {
  description = "Value of the dimension Name of WWHD/Qdrant DiskUsed."
  value       = local.name
}
