# Once in an account, by a person: the bucket of Terraform's state, GitHub's OIDC provider, and the two roles of infra.yml. The
# state of this folder itself stays on the disk until the bucket is there (README: then it moves into it).
data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  bucket    = "${var.name}-terraform-${local.account}"
  issuer    = "token.actions.githubusercontent.com"
  owner     = split("/", var.github.repository)[0]
  repo      = split("/", var.github.repository)[1]
  # Both forms: repositories that were made, renamed or moved since July 2026 have ids in their subjects, the others have not.
  forms = [
    "repo:${var.github.repository}",
    "repo:${local.owner}@${var.github.owner_id}/${local.repo}@${var.github.repository_id}",
  ]
  # A plan reads the account and writes nothing in it but the lock of its state.
  roles = { infra-plan = "ReadOnlyAccess", infra = "AdministratorAccess" }
}

# Native locking (use_lockfile) needs nothing beside it; versions are the way back from a state that was spoilt.
module "state" {
  source             = "../modules/private-bucket"
  name               = local.bucket
  keep_versions_days = 90
}

resource "aws_iam_openid_connect_provider" "github" {
  count          = var.create_oidc_provider ? 1 : 0
  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}

# Whoever applies Terraform may do everything: have reviewers on the GitHub environment `infra`.
resource "aws_iam_role" "terraform" {
  for_each             = local.roles
  name                 = "${var.name}-${each.key}"
  description          = "GitHub's jobs of infra.yml in the environment ${each.key}"
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
          "${local.issuer}:sub" = [for form in local.forms : "${form}:environment:${each.key}"]
        }
      }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "terraform" {
  for_each   = local.roles
  role       = aws_iam_role.terraform[each.key].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/${each.value}"
}

resource "aws_iam_role_policy" "lock" {
  name = "lock"
  role = aws_iam_role.terraform["infra-plan"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Lock"
        Effect   = "Allow"
        Action   = ["s3:PutObject", "s3:DeleteObject"]
        Resource = ["arn:${local.partition}:s3:::${local.bucket}/*.tflock"]
      },
      # ReadOnlyAccess reads what is in a bucket; it does not read secrets, and the state has none.
      { Sid = "State", Effect = "Allow", Action = ["s3:GetObject", "s3:ListBucket"], Resource = ["arn:${local.partition}:s3:::${local.bucket}", "arn:${local.partition}:s3:::${local.bucket}/*"] },
    ]
  })
}
