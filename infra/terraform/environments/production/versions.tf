terraform {
  # use_lockfile came with 1.10, write-only arguments with 1.11.
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source = "hashicorp/aws"
      # 6.66 knows the PAUSE hooks of aws_ecs_service.
      version = ">= 6.66, < 7"
    }
  }
  # Bucket and region are in backend.hcl, which bootstrap/ writes: terraform init -backend-config=../../backend.hcl
  backend "s3" {
    key          = "production/terraform.tfstate"
    use_lockfile = true
  }
}

provider "aws" {
  region = var.region
  default_tags {
    tags = {
      Project     = var.name
      Environment = "production"
      # What a budget counts: one environment of one application.
      Stack     = "${var.name}-production"
      ManagedBy = "terraform"
    }
  }
}
