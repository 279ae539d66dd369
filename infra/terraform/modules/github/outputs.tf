output "role_arns" {
  description = "ARN of each role, by its name: deploy, rollback, plan, build, preview."
  value       = { for name, role in aws_iam_role.github : name => role.arn }
}
