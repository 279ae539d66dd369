output "service" {
  description = "What the other modules and deploy-backend need to know of the service."
  value = {
    target       = "apprunner"
    arn          = aws_apprunner_service.api.arn
    url          = "https://${aws_apprunner_service.api.service_url}"
    host         = aws_apprunner_service.api.service_url
    https        = true
    cluster      = ""
    name         = "${var.prefix}-api"
    family       = ""
    log_group    = "/aws/apprunner/${var.prefix}-api/*"
    passed_roles = [aws_iam_role.access.arn, aws_iam_role.instance.arn]
    alarms       = module.alarms.names
    # What deploy-backend's input `access-role` is given.
    access_role = aws_iam_role.access.arn
  }
}
