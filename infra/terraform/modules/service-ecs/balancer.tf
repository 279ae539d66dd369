resource "aws_security_group" "load_balancer" {
  name        = "${var.prefix}-load-balancer"
  description = "The world to the load balancer"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "world" {
  for_each          = toset(var.domain == "" ? ["80"] : ["80", "443"])
  description       = each.value == "80" ? "HTTP, led to HTTPS where there is a certificate" : "HTTPS"
  security_group_id = aws_security_group.load_balancer.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = tonumber(each.value)
  to_port           = tonumber(each.value)
}

# All ports between the two groups: a release that moves the app to another port changes nothing here, and cuts nobody off.
resource "aws_vpc_security_group_egress_rule" "to_tasks" {
  description                  = "The tasks alone"
  security_group_id            = aws_security_group.load_balancer.id
  referenced_security_group_id = aws_security_group.tasks.id
  ip_protocol                  = "tcp"
  from_port                    = 1
  to_port                      = 65535
}

resource "aws_security_group" "tasks" {
  name        = "${var.prefix}-tasks"
  description = "The load balancer to the tasks"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "from_load_balancer" {
  description                  = "The load balancer alone"
  security_group_id            = aws_security_group.tasks.id
  referenced_security_group_id = aws_security_group.load_balancer.id
  ip_protocol                  = "tcp"
  from_port                    = 1
  to_port                      = 65535
}

# Images, secrets and logs come over this, and whatever the app calls: Qdrant, a model's API.
resource "aws_vpc_security_group_egress_rule" "from_tasks" {
  description       = "What the app calls"
  security_group_id = aws_security_group.tasks.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_lb" "api" {
  name                       = local.balancer
  load_balancer_type         = "application"
  security_groups            = [aws_security_group.load_balancer.id]
  subnets                    = var.public_subnet_ids
  drop_invalid_header_fields = true
  enable_deletion_protection = var.deletion_protection
}

# With a certificate port 80 only leads to HTTPS.
resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.api.arn
  port              = 80
  protocol          = "HTTP"
  default_action {
    type             = local.https == 1 ? "redirect" : "forward"
    target_group_arn = local.https == 1 ? null : aws_lb_target_group.api["first"].arn
    dynamic "redirect" {
      for_each = local.https == 1 ? [1] : []
      content {
        port        = "443"
        protocol    = "HTTPS"
        status_code = "HTTP_301"
      }
    }
  }
}

resource "aws_lb_listener" "https" {
  count             = local.https
  load_balancer_arn = aws_lb.api.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = aws_acm_certificate_validation.api[0].certificate_arn
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.api["first"].arn
  }
}

resource "aws_acm_certificate" "api" {
  count             = local.https
  domain_name       = var.domain
  validation_method = "DNS"
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  for_each = toset(var.domain == "" ? [] : [var.domain])
  zone_id  = var.zone_id
  name     = one([for option in aws_acm_certificate.api[0].domain_validation_options : option.resource_record_name if option.domain_name == each.key])
  type     = one([for option in aws_acm_certificate.api[0].domain_validation_options : option.resource_record_type if option.domain_name == each.key])
  records  = [for option in aws_acm_certificate.api[0].domain_validation_options : option.resource_record_value if option.domain_name == each.key]
  ttl      = 300
}

resource "aws_acm_certificate_validation" "api" {
  count                   = local.https
  certificate_arn         = aws_acm_certificate.api[0].arn
  validation_record_fqdns = [for record in aws_route53_record.validation : record.fqdn]
}

resource "aws_route53_record" "api" {
  count   = local.https
  zone_id = var.zone_id
  name    = var.domain
  type    = "A"
  alias {
    name                   = aws_lb.api.dns_name
    zone_id                = aws_lb.api.zone_id
    evaluate_target_health = true
  }
}
