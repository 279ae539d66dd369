output "service" {
  description = "What the other modules and deploy-backend need to know of the service."
  value = {
    target       = "ecs"
    arn          = aws_ecs_service.api.arn
    url          = var.domain == "" ? "http://${aws_lb.api.dns_name}" : "https://${var.domain}"
    host         = var.domain == "" ? aws_lb.api.dns_name : var.domain
    https        = var.domain != ""
    cluster      = aws_ecs_cluster.main.name
    name         = local.name
    family       = local.name
    log_group    = aws_cloudwatch_log_group.api.name
    passed_roles = [aws_iam_role.execution.arn, aws_iam_role.task.arn]
    alarms       = module.alarms.names
    access_role  = null
  }
}

output "candidate_headers" {
  description = "What leads a request to the candidate, while one waits."
  value       = { (local.candidate_header.name) = local.candidate_header.value }
}

output "certificate_arn" {
  value = one(aws_acm_certificate.api[*].arn)
}
