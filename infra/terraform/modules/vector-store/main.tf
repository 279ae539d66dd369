# Qdrant of one's own: a task of ECS on one EC2 instance, on a gp3 volume that outlives the task and the instance. (Qdrant does not
# run on NFS, and the EBS volume of a Fargate service's task goes with its task.) One instance is one zone: when it is gone, the
# app has no vector store until AWS has started it again. Qdrant Cloud is the way around that.
data "aws_region" "current" {}

data "aws_ssm_parameter" "ami" {
  name = "/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id"
}

locals {
  name = "${var.prefix}-qdrant"
}

resource "aws_ecs_cluster" "main" {
  name = local.name
  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_cloudwatch_log_group" "main" {
  name              = "/ecs/${local.name}"
  retention_in_days = 30
}

resource "aws_ebs_volume" "data" {
  availability_zone = var.zone
  size              = var.storage_gib
  type              = "gp3"
  encrypted         = true
  # A last snapshot, whoever deletes it.
  final_snapshot = var.deletion_protection
  tags           = { Name = local.name }
}

resource "aws_security_group" "main" {
  name        = local.name
  description = "The app to Qdrant"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "app" {
  for_each                     = { for pair in setproduct(keys(var.client_security_groups), ["6333", "6334"]) : join("-", pair) => pair }
  description                  = "Qdrant's HTTP and gRPC from ${each.value[0]}"
  security_group_id            = aws_security_group.main.id
  referenced_security_group_id = var.client_security_groups[each.value[0]]
  ip_protocol                  = "tcp"
  from_port                    = tonumber(each.value[1])
  to_port                      = tonumber(each.value[1])
}

resource "aws_vpc_security_group_egress_rule" "out" {
  description       = "Images, the secret, the log, snapshots"
  security_group_id = aws_security_group.main.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_instance" "main" {
  ami                         = data.aws_ssm_parameter.ami.value
  instance_type               = var.instance_type
  subnet_id                   = var.subnet_id
  associate_public_ip_address = var.assign_public_ip
  vpc_security_group_ids      = [aws_security_group.main.id]
  iam_instance_profile        = aws_iam_instance_profile.main.name
  disable_api_termination     = var.deletion_protection
  ebs_optimized               = true
  monitoring                  = true
  user_data = templatefile("${path.module}/instance.sh.tftpl", {
    cluster     = aws_ecs_cluster.main.name
    volume      = replace(aws_ebs_volume.data.id, "-", "")
    bucket      = module.snapshots.id
    secret      = var.api_key_secret_arn
    region      = data.aws_region.current.region
    name        = local.name
    keep_locals = 2
  })
  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }
  root_block_device {
    encrypted   = true
    volume_type = "gp3"
  }
  tags = { Name = local.name }
  lifecycle {
    # A newer image or script, or a network that got a NAT gateway, must not take the instance away: replace it when you mean to
    # (terraform apply -replace).
    ignore_changes = [ami, user_data, subnet_id, associate_public_ip_address]
  }
}

resource "aws_volume_attachment" "data" {
  device_name                    = "/dev/sdf"
  volume_id                      = aws_ebs_volume.data.id
  instance_id                    = aws_instance.main.id
  stop_instance_before_detaching = true
}

resource "aws_ecs_task_definition" "main" {
  family                   = local.name
  requires_compatibilities = ["EC2"]
  network_mode             = "host"
  execution_role_arn       = aws_iam_role.execution.arn
  volume {
    name      = "data"
    host_path = "/var/lib/qdrant"
  }
  container_definitions = jsonencode([{
    name              = "qdrant"
    image             = var.image
    essential         = true
    memoryReservation = 512
    portMappings      = [{ containerPort = 6333 }, { containerPort = 6334 }]
    mountPoints = [
      { sourceVolume = "data", containerPath = "/qdrant/storage", readOnly = false },
    ]
    environment = [{ name = "QDRANT__STORAGE__SNAPSHOTS_PATH", value = "/qdrant/storage/snapshots" }]
    secrets     = [{ name = "QDRANT__SERVICE__API_KEY", valueFrom = var.api_key_secret_arn }]
    ulimits     = [{ name = "nofile", softLimit = 65535, hardLimit = 65535 }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.main.name
        awslogs-region        = data.aws_region.current.region
        awslogs-stream-prefix = "qdrant"
      }
    }
  }])
}

resource "aws_ecs_service" "main" {
  name            = local.name
  cluster         = aws_ecs_cluster.main.arn
  task_definition = aws_ecs_task_definition.main.arn
  launch_type     = "EC2"
  desired_count   = 1
  # One process on one folder: the old one stops before the new one starts.
  deployment_minimum_healthy_percent = 0
  deployment_maximum_percent         = 100
  depends_on                         = [aws_volume_attachment.data, aws_iam_role_policy.execution]
}

# A private name that stays when the instance is replaced.
resource "aws_route53_zone" "main" {
  name    = "${var.prefix}.internal"
  comment = "Names inside the VPC of ${var.prefix}"
  vpc {
    vpc_id = var.vpc_id
  }
}

resource "aws_route53_record" "main" {
  zone_id = aws_route53_zone.main.zone_id
  name    = "qdrant.${var.prefix}.internal"
  type    = "A"
  ttl     = 30
  records = [aws_instance.main.private_ip]
}

module "snapshots" {
  source        = "../private-bucket"
  name          = var.snapshot_bucket
  expire_days   = 30
  force_destroy = !var.deletion_protection
}
