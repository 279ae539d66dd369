resource "aws_iam_role" "execution" {
  name = "${local.name}-execution"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ecs-tasks.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy" "execution" {
  name = "execution"
  role = aws_iam_role.execution.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Key", Effect = "Allow", Action = ["secretsmanager:GetSecretValue"], Resource = [var.api_key_secret_arn] },
      {
        Sid      = "Log"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.main.arn}:*"]
      },
    ]
  })
}

data "aws_partition" "current" {}

# The instance: ECS's agent, the nightly snapshot, and the figure of the disk.
resource "aws_iam_role" "instance" {
  name = "${local.name}-instance"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy_attachment" "agent" {
  for_each   = toset(["service-role/AmazonEC2ContainerServiceforEC2Role", "AmazonSSMManagedInstanceCore"])
  role       = aws_iam_role.instance.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/${each.key}"
}

resource "aws_iam_role_policy" "instance" {
  name = "instance"
  role = aws_iam_role.instance.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Key", Effect = "Allow", Action = ["secretsmanager:GetSecretValue"], Resource = [var.api_key_secret_arn] },
      { Sid = "List", Effect = "Allow", Action = ["s3:ListBucket"], Resource = [module.snapshots.arn] },
      { Sid = "Snapshots", Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject"], Resource = ["${module.snapshots.arn}/*"] },
      {
        Sid       = "Disk"
        Effect    = "Allow"
        Action    = ["cloudwatch:PutMetricData"]
        Resource  = ["*"]
        Condition = { StringEquals = { "cloudwatch:namespace" = "WWHD/Qdrant" } }
      },
    ]
  })
}

resource "aws_iam_instance_profile" "main" {
  name = local.name
  role = aws_iam_role.instance.name
}
