# What a release changes. A rollback needs the same, but for the image and the migration.
locals {
  image_pushes = [
    {
      Sid    = "PushImage"
      Effect = "Allow"
      Action = [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:CompleteLayerUpload",
        "ecr:DescribeImageScanFindings",
        "ecr:DescribeRepositories",
        "ecr:GetDownloadUrlForLayer",
        "ecr:InitiateLayerUpload",
        "ecr:PutImage",
        "ecr:StartImageScan",
        "ecr:UploadLayerPart",
      ]
      Resource = [var.repository_arn]
    },
    { Sid = "PushLogin", Effect = "Allow", Action = ["ecr:GetAuthorizationToken"], Resource = ["*"] },
  ]

  writes = concat(local.site_writes, local.apprunner_writes, local.ecs_writes, local.service_writes, local.release_marks)

  # One point on the dashboard for each release: the metric Release, which the actions write in this namespace alone.
  release_marks = [{
    Sid       = "MarkRelease"
    Effect    = "Allow"
    Action    = ["cloudwatch:PutMetricData"]
    Resource  = ["*"]
    Condition = { StringEquals = { "cloudwatch:namespace" = "WWHD/Deploy" } }
  }]

  # Of the ledger this environment's records alone, and the backup of this site alone.
  site_writes = concat([
    {
      Sid    = "WriteSiteAndLedger"
      Effect = "Allow"
      Action = ["s3:PutObject", "s3:DeleteObject"]
      Resource = [
        "${local.s3}${var.site.bucket}/*",
        "${local.s3}${var.release_bucket}/${var.environment}/*",
        "${local.s3}${var.release_bucket}/sites/${var.site.bucket}/*",
      ]
    },
    ], [
    for distribution in var.site.distribution_arn[*] : {
      Sid      = "Invalidate"
      Effect   = "Allow"
      Action   = ["cloudfront:CreateInvalidation", "cloudfront:GetInvalidation"]
      Resource = [distribution]
    } if var.site.cloudfront
  ])

  apprunner_writes = [
    for one in local.apprunner : {
      Sid    = "UpdateAppRunner"
      Effect = "Allow"
      # StartDeployment: a secret was rotated, and the app is started anew.
      Action = ["apprunner:CreateAutoScalingConfiguration", "apprunner:StartDeployment", "apprunner:UpdateService"]
      Resource = concat(local.apprunner_arns, [
        "arn:${local.partition}:apprunner:${local.region}:${local.account}:autoscalingconfiguration/*",
      ])
    }
  ]

  # Of the services, and of the migration, which is a family of its own on Express.
  families = flatten([for one in local.any_ecs : ["${local.aws_ecs}:task-definition/${one.family}:*", "${local.aws_ecs}:task-definition/${one.family}-migrate:*"]])

  ecs_writes = concat(
    [
      for one in local.ecs : {
        Sid      = "UpdateEcs"
        Effect   = "Allow"
        Action   = ["ecs:UpdateService"]
        Resource = ["${local.aws_ecs}:service/${one.cluster}/${one.name}"]
      }
    ],
    [
      # A candidate that waits at a PAUSE hook is activated, or dropped.
      for one in local.ecs : {
        Sid      = "ContinueCandidate"
        Effect   = "Allow"
        Action   = ["ecs:ContinueServiceDeployment"]
        Resource = ["${local.aws_ecs}:service-deployment/${one.cluster}/${one.name}/*"]
      }
    ],
    [
      for one in local.express : {
        Sid    = "UpdateEcsExpress"
        Effect = "Allow"
        # UpdateService: a secret was rotated, and the app is started anew.
        Action   = ["ecs:UpdateExpressGatewayService", "ecs:UpdateService"]
        Resource = ["${local.aws_ecs}:service/${one.cluster}/${one.name}"]
      }
    ],
    [
      for statement in [
        # A release is a new revision of the task definition. The call knows no resource; what may be in it is what may be passed.
        # One whose deployment is refused is taken back.
        {
          Sid      = "RegisterTaskDefinition"
          Effect   = "Allow"
          Action   = ["ecs:DeregisterTaskDefinition", "ecs:RegisterTaskDefinition"]
          Resource = ["*"]
        },
        {
          Sid       = "TagTaskDefinition"
          Effect    = "Allow"
          Action    = ["ecs:TagResource"]
          Resource  = local.families
          Condition = { StringEquals = { "ecs:CreateAction" = "RegisterTaskDefinition" } }
        },
        {
          Sid      = "StopWhatFails"
          Effect   = "Allow"
          Action   = ["ecs:StopServiceDeployment"]
          Resource = [for path in local.ecs_paths : "${local.aws_ecs}:service-deployment/${path}/*"]
        },
      ] : statement if length(local.any_ecs) > 0
    ],
    [
      # Express scales by its own call.
      for statement in [
        {
          # `min-instances`, `max-instances` and `cpu-target`.
          Sid    = "Scale"
          Effect = "Allow"
          Action = [
            "application-autoscaling:DeregisterScalableTarget",
            "application-autoscaling:PutScalingPolicy",
            "application-autoscaling:DeleteScalingPolicy",
            "application-autoscaling:RegisterScalableTarget",
          ]
          Resource = ["arn:${local.partition}:application-autoscaling:${local.region}:${local.account}:scalable-target/*"]
          Condition = {
            StringEquals = {
              "application-autoscaling:service-namespace"  = "ecs"
              "application-autoscaling:scalable-dimension" = "ecs:service:DesiredCount"
            }
          }
        },
        {
          # Target tracking is carried by two alarms of its own.
          Sid      = "ScalingAlarms"
          Effect   = "Allow"
          Action   = ["cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm"]
          Resource = [for one in local.ecs : "arn:${local.partition}:cloudwatch:${local.region}:${local.account}:alarm:TargetTracking-service/${one.cluster}/${one.name}-*"]
        },
      ] : statement if length(local.ecs) > 0
    ],
  )

  # Which AWS service each role may be handed to; nobody else can be given it.
  passed_to = {
    apprunner   = ["build.apprunner.amazonaws.com", "tasks.apprunner.amazonaws.com"]
    ecs         = ["ecs-tasks.amazonaws.com"]
    ecs-express = ["ecs-tasks.amazonaws.com", "ecs.amazonaws.com"]
  }
  service_writes = concat(
    [
      for one in var.services : {
        Sid       = "PassRoles${replace(title(one.target), "-", "")}"
        Effect    = "Allow"
        Action    = ["iam:PassRole"]
        Resource  = one.passed_roles
        Condition = { StringEquals = { "iam:PassedToService" = local.passed_to[one.target] } }
      }
    ],
    [
      # The diagnosis of a failed deployment shows the app's last lines.
      for groups in [[for one in var.services : "${local.aws_logs}:log-group:${one.log_group}"]] : {
        Sid      = "LastLogLines"
        Effect   = "Allow"
        Action   = ["logs:FilterLogEvents"]
        Resource = concat(groups, [for group in groups : "${group}:*"])
      } if length(groups) > 0
    ],
  )

  # `migrate-command`, as a one-off task of this cluster, in a revision of this service.
  migrations = [
    for statement in [
      {
        Sid       = "Migrate"
        Effect    = "Allow"
        Action    = ["ecs:RunTask"]
        Resource  = local.families
        Condition = { ArnEquals = { "ecs:cluster" = [for name in local.clusters : "${local.aws_ecs}:cluster/${name}"] } }
      },
      {
        Sid      = "StopMigration"
        Effect   = "Allow"
        Action   = ["ecs:StopTask"]
        Resource = [for name in local.clusters : "${local.aws_ecs}:task/${name}/*"]
      },
    ] : statement if length(local.any_ecs) > 0
  ]
}
