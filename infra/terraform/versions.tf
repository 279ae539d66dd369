terraform {
  required_version = ">= 1.9"
  required_providers {
    aws = {
      source = "hashicorp/aws"
      # aws_ecs_express_gateway_service came with 6.23.
      version = ">= 6.23, < 7"
    }
  }
}

provider "aws" {
  region = var.region
  default_tags {
    # What a bill is divided by: activate these as cost allocation tags in the billing console.
    tags = {
      Project     = var.name
      Environment = var.environment
      ManagedBy   = "terraform"
    }
  }
}

# CloudFront takes certificates of this region only.
provider "aws" {
  alias  = "us_east_1"
  region = "us-east-1"
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  site      = coalesce(var.site_bucket, "${var.name}-site-${local.account}")
  release   = coalesce(var.release_bucket, "${local.site}-backup")
}
