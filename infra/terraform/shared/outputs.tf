output "ecr_repository" {
  value = aws_ecr_repository.api.repository_url
}

output "release_bucket" {
  value = module.release_bucket.id
}
