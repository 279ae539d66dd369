# What `terraform test` takes for AWS's answers.
mock_data "aws_caller_identity" {
  defaults = { account_id = "123456789012" }
}

mock_data "aws_partition" {
  defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
}

mock_data "aws_region" {
  defaults = { region = "us-west-2" }
}

mock_data "aws_availability_zones" {
  defaults = { names = ["us-west-2a", "us-west-2b", "us-west-2c", "us-west-2d"] }
}

mock_resource "aws_acm_certificate" {
  defaults = {
    domain_validation_options = [
      { domain_name = "www.example.com", resource_record_name = "_w.www.example.com", resource_record_type = "CNAME", resource_record_value = "_w.acm" },
      { domain_name = "example.com", resource_record_name = "_e.example.com", resource_record_type = "CNAME", resource_record_value = "_e.acm" },
      { domain_name = "api.example.com", resource_record_name = "_a.api.example.com", resource_record_type = "CNAME", resource_record_value = "_a.acm" },
      { domain_name = "*.preview.example.com", resource_record_name = "_p.preview.example.com", resource_record_type = "CNAME", resource_record_value = "_p.acm" },
    ]
  }
}

# As AWS answers it: with its scheme.
mock_resource "aws_ecs_express_gateway_service" {
  defaults = { ingress_paths = [{ access_type = "PUBLIC", endpoint = "https://wwhd-0a1b2c.ecs.us-west-2.on.aws" }] }
}

mock_resource "aws_db_instance" {
  defaults = { port = 5432, master_user_secret = [{ kms_key_id = "k", secret_arn = "arn:aws:secretsmanager:us-west-2:123456789012:secret:rds!db-0", secret_status = "active" }] }
}

mock_data "aws_cloudfront_cache_policy" {
  defaults = { id = "658327ea-f89d-4fab-a63d-7e88639e58f6" }
}

mock_data "aws_cloudfront_origin_request_policy" {
  defaults = { id = "b689b0a8-53d0-40ab-baf2-68738e2966ac" }
}

mock_data "aws_cloudfront_response_headers_policy" {
  defaults = { id = "67f7725c-6f97-4210-82d7-5512b31e9d03" }
}

mock_data "aws_ssm_parameter" {
  defaults = { value = "ami-0123456789abcdef0" }
}

mock_resource "aws_cloudfront_distribution" {
  defaults = {
    arn         = "arn:aws:cloudfront::123456789012:distribution/E2EXAMPLE"
    id          = "E2EXAMPLE"
    domain_name = "d111111abcdef8.cloudfront.net"
  }
}

mock_resource "aws_iam_role" {
  defaults = { arn = "arn:aws:iam::123456789012:role/made-up" }
}

mock_resource "aws_secretsmanager_secret" {
  defaults = { arn = "arn:aws:secretsmanager:us-west-2:123456789012:secret:made-up-AbCdEf" }
}
