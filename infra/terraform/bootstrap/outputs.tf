output "backend" {
  description = "Content of backend.hcl: terraform output -raw backend > ../backend.hcl"
  value       = "bucket = \"${module.state.id}\"\nregion = \"${var.region}\"\n"
}

output "infra_plan_role" {
  description = "Variable INFRA_PLAN_ROLE of the GitHub environment infra-plan."
  value       = aws_iam_role.terraform["infra-plan"].arn
}

output "infra_role" {
  description = "Variable INFRA_ROLE of the GitHub environment infra."
  value       = aws_iam_role.terraform["infra"].arn
}

output "state_bucket" {
  description = "Variable STATE_BUCKET of both GitHub environments."
  value       = module.state.id
}
