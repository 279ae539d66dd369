# What all environments share: the images, for a promotion takes the same digest further, and the release bucket, in which each
# environment has a folder of its own.
data "aws_caller_identity" "current" {}

resource "aws_ecr_repository" "api" {
  name                 = "${var.name}-api"
  image_tag_mutability = "IMMUTABLE"
  force_delete         = false
  image_scanning_configuration {
    scan_on_push = true
  }
  encryption_configuration {
    encryption_type = "AES256"
  }
}

# Many more than a rollback reaches back: an image that is gone can not be gone back to, and where it is the one that runs, no new
# task of it starts. An environment must see a release within so many builds; preflight warns of one that does not.
resource "aws_ecr_lifecycle_policy" "api" {
  repository = aws_ecr_repository.api.name
  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "keep the newest 1000"
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 1000 }
      action       = { type = "expire" }
    }]
  })
}

# The ledger, and every blob of every release that can be gone back to. A record that a hand has deleted can be had back
# for a month.
module "release_bucket" {
  source             = "../modules/private-bucket"
  name               = "${var.name}-releases-${data.aws_caller_identity.current.account_id}"
  keep_versions_days = 30
}

# What a bill is divided by. Account-wide, and unknown to AWS until a resource with the tag has been billed for a day.
resource "aws_ce_cost_allocation_tag" "tags" {
  for_each = toset(var.cost_allocation_tags ? ["Project", "Environment", "Stack"] : [])
  tag_key  = each.key
  status   = "Active"
}
