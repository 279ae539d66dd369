locals {
  # AWS gives the endpoint with its scheme; a bare host is taken as well.
  endpoint = aws_ecs_express_gateway_service.api.ingress_paths[0].endpoint
  host     = trimsuffix(trimprefix(local.endpoint, "https://"), "/")
}

output "service" {
  description = "What the other modules and deploy-backend need to know of the service."
  value = {
    target  = "ecs-express"
    arn     = aws_ecs_express_gateway_service.api.service_arn
    url     = "https://${local.host}"
    host    = local.host
    https   = true
    cluster = aws_ecs_cluster.main.name
    name    = "${var.prefix}-api"
    # Express puts the cluster in front of the name.
    family       = "*${var.prefix}-api"
    log_group    = aws_cloudwatch_log_group.api.name
    passed_roles = [aws_iam_role.execution.arn, aws_iam_role.task.arn, aws_iam_role.infrastructure.arn]
    alarms       = module.alarms.names
    access_role  = null
  }
}
