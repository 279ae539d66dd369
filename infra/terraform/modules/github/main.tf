# Roles that GitHub's jobs assume by OIDC: no key anywhere. Each is for jobs that name one GitHub environment, and GitHub asks
# that environment's reviewers before such a job gets a token:
#
#   deploy, rollback   `environment: <environment>`    plan   `environment: plan`: reads, and changes nothing
#   build              `environment: build`: pushes images   preview   `environment: preview`: the previews and nothing else
#
# Who may deploy may run code of his own as the service, with the service's role and its secrets. So no role here reads the value
# of a secret, and that is worth what the protection of the GitHub environment is worth.
data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.region
  issuer    = "token.actions.githubusercontent.com"

  github_environments = merge(
    { deploy = var.environment, rollback = var.environment, plan = "plan", build = "build" },
    { for role in var.previews[*] : "preview" => "preview" },
  )
  # Both forms: repositories that were made, renamed or moved since July 2026 have ids in their subjects, the others have not.
  owner = split("/", var.github.repository)[0]
  repo  = split("/", var.github.repository)[1]
  forms = [
    "repo:${var.github.repository}",
    "repo:${local.owner}@${var.github.owner_id}/${local.repo}@${var.github.repository_id}",
  ]
  policies = merge(
    {
      plan     = local.reads
      build    = local.image_pushes
      deploy   = concat(local.reads, local.image_pushes, local.writes, local.migrations)
      rollback = concat(local.reads, local.writes)
    },
    { for preview in var.previews[*] : "preview" => local.preview_statements },
  )
  descriptions = {
    deploy   = "GitHub's jobs that deploy ${var.prefix}"
    rollback = "GitHub's jobs that put ${var.prefix} back: no new image, no migration"
    plan     = "GitHub's jobs that plan for ${var.prefix}: read only"
    build    = "GitHub's jobs that build images for ${var.prefix}"
    preview  = "GitHub's jobs that preview pull requests of ${var.prefix}"
  }
}

resource "aws_iam_role" "github" {
  for_each             = local.github_environments
  name                 = "${var.prefix}-github-${each.key}"
  description          = local.descriptions[each.key]
  max_session_duration = 3600
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = "arn:${local.partition}:iam::${local.account}:oidc-provider/${local.issuer}" }
      Condition = {
        StringEquals = {
          "${local.issuer}:aud" = "sts.amazonaws.com"
          "${local.issuer}:sub" = [for form in local.forms : "${form}:environment:${each.value}"]
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "github" {
  for_each = local.github_environments
  name     = each.key
  role     = aws_iam_role.github[each.key].id
  policy   = jsonencode({ Version = "2012-10-17", Statement = local.policies[each.key] })
}
