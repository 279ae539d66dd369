# How a release reaches users: `rolling` puts new tasks beside the old ones; `blue-green`, `canary` and `linear` make all new tasks
# first and then move the traffic, at once, in two steps or in many.
#
# All that the latter three need is made for every strategy, so that another one is a change in place: ECS asks for the two target
# groups and the rules before the change, by a deployment that still rolls.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/update-rolling-to-bluegreen.html
locals {
  shifts   = var.strategy.type != "rolling"
  listener = local.https == 1 ? aws_lb_listener.https[0].arn : aws_lb_listener.http.arn
  # Names have 32 characters at most, and the environment's own may have all of them.
  group_names = {
    first  = local.balancer
    second = format("%s-%s", trimsuffix(substr(var.prefix, 0, 25), "-"), substr(md5(var.prefix), 0, 6))
  }
  # Who sends this header is led to the candidate while there is one. It is no secret, and guards nothing.
  candidate_header = { name = "X-Candidate", value = var.prefix }
  # Over HTTPS the candidate has the name that the certificate is for.
  rules = {
    production = { priority = 100, header = null, host = null }
    test       = { priority = 10, header = local.candidate_header, host = local.https == 1 ? var.domain : null }
  }
  # Where a deployment waits for deploy-backend's `gate: pause`: the candidate answers on the test rule, and no user reaches it.
  gate = local.shifts && var.strategy.gate ? ["POST_TEST_TRAFFIC_SHIFT"] : []
}

resource "aws_lb_target_group" "api" {
  for_each = local.group_names
  name     = each.value
  # Tasks are registered with their own port. This one is asked of nobody, and to change it would make the group anew.
  port                 = 80
  protocol             = "HTTP"
  target_type          = "ip"
  vpc_id               = var.vpc_id
  deregistration_delay = 30
  health_check {
    path                = var.health_check_path
    matcher             = "200"
    interval            = 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

# ECS moves the weights, and leaves them where its last deployment ended: they are not Terraform's.
resource "aws_lb_listener_rule" "api" {
  for_each     = local.rules
  listener_arn = local.listener
  priority     = each.value.priority
  condition {
    path_pattern {
      values = ["/*"]
    }
  }
  dynamic "condition" {
    for_each = each.value.header[*]
    content {
      http_header {
        http_header_name = condition.value.name
        values           = [condition.value.value]
      }
    }
  }
  dynamic "condition" {
    for_each = each.value.host[*]
    content {
      host_header {
        values = [condition.value]
      }
    }
  }
  action {
    type = "forward"
    forward {
      target_group {
        arn    = aws_lb_target_group.api["first"].arn
        weight = 100
      }
      target_group {
        arn    = aws_lb_target_group.api["second"].arn
        weight = 0
      }
    }
  }
  lifecycle {
    ignore_changes = [action]
  }
}

# What ECS moves traffic with. Nobody else may be it.
resource "aws_iam_role" "traffic" {
  name = "${var.prefix}-ecs-traffic"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ecs.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy_attachment" "traffic" {
  role       = aws_iam_role.traffic.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers"
}

# The load balancer asks the port that the service was made with, deploy-backend refuses to move it, and ECS takes no two
# that differ. So another value of `port` changes nothing here.
resource "terraform_data" "port" {
  input = var.port
  lifecycle {
    ignore_changes = [input]
  }
}
