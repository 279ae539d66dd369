# `terraform test`: each target planned over made-up answers of AWS, so that every count, condition and reference is
# evaluated. Costs nothing, and asks AWS nothing.
mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_subnets" {
    defaults = { ids = ["subnet-a", "subnet-b"] }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

mock_provider "aws" {
  alias = "us_east_1"
}

variables {
  github_repository = "team/app"
  first_image       = "123456789012.dkr.ecr.us-west-2.amazonaws.com/wwhd-api@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  secret_names      = { OPENAI_API_KEY = "wwhd/openai_key", QDRANT_API_KEY = "wwhd/qdrant_key" }
}

run "before_the_first_image_there_is_no_service" {
  command = plan
  variables {
    first_image = ""
  }
  assert {
    condition     = length(aws_ecs_express_gateway_service.api) + length(aws_ecs_service.api) + length(aws_apprunner_service.api) == 0
    error_message = "A service without an image."
  }
  assert {
    condition     = output.service_arn == null
    error_message = "An ARN of no service."
  }
}

run "ecs_express_is_the_default" {
  command = plan
  assert {
    condition     = length(aws_ecs_express_gateway_service.api) == 1 && length(aws_lb.api) == 0
    error_message = "ECS Express brings its own load balancer."
  }
}

run "app_runner" {
  command = plan
  variables {
    target = "apprunner"
  }
  assert {
    condition     = length(aws_apprunner_service.api) == 1 && length(aws_cloudwatch_metric_alarm.errors) == 1
    error_message = "App Runner with its alarms."
  }
}

run "ecs_on_fargate_in_the_default_vpc" {
  command = plan
  variables {
    target = "ecs"
    cpu    = 2048
    memory = 4096
  }
  assert {
    condition     = length(aws_ecs_service.api) == 1 && length(aws_lb_listener.https) == 0
    error_message = "Without a domain there is no certificate to listen with."
  }
  assert {
    condition     = aws_ecs_service.api[0].network_configuration[0].assign_public_ip
    error_message = "Without private subnets the tasks need public addresses to pull their image."
  }
  assert {
    condition     = aws_appautoscaling_target.api[0].min_capacity == 2 && aws_appautoscaling_target.api[0].max_capacity == 10
    error_message = "Two tasks at least, ten at most."
  }
}

run "ecs_on_fargate_with_a_domain_and_private_subnets" {
  command = plan
  variables {
    target             = "ecs"
    vpc_id             = "vpc-1"
    public_subnet_ids  = ["subnet-p1", "subnet-p2"]
    private_subnet_ids = ["subnet-q1", "subnet-q2"]
    api_domain         = "api.example.com"
    domain             = "www.example.com"
    zone_id            = "Z1"
  }
  override_resource {
    target          = aws_acm_certificate.api
    override_during = plan
    values          = { domain_validation_options = [{ domain_name = "api.example.com", resource_record_name = "_x.api.example.com", resource_record_type = "CNAME", resource_record_value = "_y.acm" }] }
  }
  override_resource {
    target          = aws_acm_certificate.site
    override_during = plan
    values          = { domain_validation_options = [{ domain_name = "www.example.com", resource_record_name = "_x.www.example.com", resource_record_type = "CNAME", resource_record_value = "_y.acm" }] }
  }
  assert {
    condition     = aws_lb_listener.http[0].default_action[0].type == "redirect" && length(aws_lb_listener.https) == 1
    error_message = "HTTP leads to HTTPS."
  }
  assert {
    condition     = !aws_ecs_service.api[0].network_configuration[0].assign_public_ip && aws_ecs_service.api[0].network_configuration[0].subnets == toset(["subnet-q1", "subnet-q2"])
    error_message = "The tasks are in the private subnets."
  }
  assert {
    condition     = output.api_url == "https://api.example.com"
    error_message = "The API's address is its domain."
  }
}

run "a_site_alone" {
  command = plan
  variables {
    target         = "none"
    first_image    = ""
    secret_names   = {}
    monthly_budget = 100
    budget_emails  = ["ops@example.com"]
  }
  assert {
    condition     = length(aws_iam_role.pull) == 0 && length(aws_budgets_budget.month) == 1
    error_message = "No role of a service, and the budget."
  }
}

run "previews_of_pull_requests" {
  command = plan
  variables {
    target         = "none"
    preview_domain = "preview.example.com"
    zone_id        = "Z1"
  }
  override_resource {
    target          = aws_acm_certificate.preview
    override_during = plan
    values          = { domain_validation_options = [{ domain_name = "*.preview.example.com", resource_record_name = "_x.preview.example.com", resource_record_type = "CNAME", resource_record_value = "_y.acm" }] }
  }
  assert {
    condition     = aws_cloudfront_distribution.preview[0].aliases == toset(["*.preview.example.com"]) && contains(keys(aws_iam_role.github), "preview")
    error_message = "A distribution for every preview, and a role for their jobs."
  }
}

run "a_single_page_app" {
  command = plan
  variables {
    target          = "none"
    single_page_app = true
  }
  assert {
    condition     = aws_cloudfront_function.clean_urls.publish && length(aws_cloudfront_distribution.site.default_cache_behavior[0].function_association) == 1
    error_message = "Routes are answered by a published function."
  }
  assert {
    condition     = startswith(aws_cloudfront_function.clean_urls.code, "const settings = {\"cleanUrls\":\"folder\",\"pages\":[],\"previews\":false,\"singlePageApp\":true};\n")
    error_message = "The function is told what the variables say."
  }
}

run "clean_urls_of_another_kind_are_refused" {
  command = plan
  variables {
    target     = "none"
    clean_urls = "slash"
  }
  expect_failures = [var.clean_urls]
}

run "a_page_that_is_no_address_is_refused" {
  command = plan
  variables {
    target = "none"
    pages  = ["about/"]
  }
  expect_failures = [var.pages]
}

run "an_image_by_tag_is_refused" {
  command = plan
  variables {
    first_image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/wwhd-api:latest"
  }
  expect_failures = [var.first_image]
}

run "a_wildcard_repository_is_refused" {
  command = plan
  variables {
    github_repository = "team/*"
  }
  expect_failures = [var.github_repository]
}
