# What planning, the history, the drift check and preflight read. test/conformance/iam-policy.test.ts holds every role to what the
# actions ask for on the wire: nothing is missing, and nothing is granted that nobody asks for.
locals {
  s3        = "arn:${local.partition}:s3:::"
  buckets   = ["${local.s3}${var.site.bucket}", "${local.s3}${var.release_bucket}"]
  objects   = [for arn in local.buckets : "${arn}/*"]
  aws_ecs   = "arn:${local.partition}:ecs:${local.region}:${local.account}"
  aws_logs  = "arn:${local.partition}:logs:${local.region}:${local.account}"
  apprunner = [for one in var.services : one if one.target == "apprunner"]
  express   = [for one in var.services : one if one.target == "ecs-express"]
  ecs       = [for one in var.services : one if one.target == "ecs"]
  any_ecs   = concat(local.ecs, local.express)
  # An App Runner service has an id at the end of its ARN that is not known before it is made.
  apprunner_arns = [for one in local.apprunner : "arn:${local.partition}:apprunner:${local.region}:${local.account}:service/${one.name}/*"]
  ecs_paths      = [for one in local.any_ecs : "${one.cluster}/${one.name}"]
  ecs_services   = [for path in local.ecs_paths : "${local.aws_ecs}:service/${path}"]
  clusters       = distinct([for one in local.any_ecs : one.cluster])

  reads = concat(
    local.site_reads,
    local.image_reads,
    local.apprunner_reads,
    local.ecs_reads,
    [
      {
        # preflight asks IAM what this very role may do.
        Sid      = "OwnPermissions"
        Effect   = "Allow"
        Action   = ["iam:GetRole", "iam:SimulatePrincipalPolicy"]
        Resource = ["arn:${local.partition}:iam::${local.account}:role/${var.prefix}-github-*"]
      },
      { Sid = "Budget", Effect = "Allow", Action = ["budgets:ViewBudget"], Resource = ["arn:${local.partition}:budgets::${local.account}:budget/*"] },
      # These know no resources.
      { Sid = "NoResources", Effect = "Allow", Action = ["cloudwatch:DescribeAlarms", "logs:DescribeLogGroups", "ssm:DescribeParameters"], Resource = ["*"] },
    ],
    # Where a secret is, never what it says.
    [for arns in [var.secret_arns] : { Sid = "SecretNames", Effect = "Allow", Action = ["secretsmanager:DescribeSecret"], Resource = arns } if length(arns) > 0],
  )

  site_reads = concat([
    { Sid = "List", Effect = "Allow", Action = ["s3:ListBucket"], Resource = local.buckets },
    { Sid = "Read", Effect = "Allow", Action = ["s3:GetObject"], Resource = local.objects },
    {
      Sid    = "BucketSettings"
      Effect = "Allow"
      Action = [
        "s3:GetBucketPolicy",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketVersioning",
        "s3:GetBucketWebsite",
        "s3:GetEncryptionConfiguration",
        "s3:GetLifecycleConfiguration",
      ]
      Resource = local.buckets
    },
    ], [
    for distribution in var.site.distribution_arn[*] : {
      Sid      = "Distribution"
      Effect   = "Allow"
      Action   = ["cloudfront:GetDistribution"]
      Resource = [distribution]
    } if var.site.cloudfront
  ])

  image_reads = [
    {
      Sid    = "Image"
      Effect = "Allow"
      Action = [
        "ecr:BatchGetImage",
        "ecr:DescribeImages",
        "ecr:DescribeRepositories",
        "ecr:GetDownloadUrlForLayer",
        "ecr:GetLifecyclePolicy",
      ]
      Resource = [var.repository_arn]
    },
    { Sid = "RegistryLogin", Effect = "Allow", Action = ["ecr:GetAuthorizationToken"], Resource = ["*"] },
  ]

  apprunner_reads = [
    for statement in [
      {
        Sid      = "AppRunner"
        Effect   = "Allow"
        Action   = ["apprunner:DescribeService", "apprunner:ListOperations", "apprunner:ListTagsForResource"]
        Resource = local.apprunner_arns
      },
      {
        Sid      = "AppRunnerScaling"
        Effect   = "Allow"
        Action   = ["apprunner:DescribeAutoScalingConfiguration", "apprunner:ListServices"]
        Resource = ["*"]
      },
    ] : statement if length(local.apprunner) > 0
  ]

  ecs_reads = concat(
    [
      for statement in [
        {
          Sid      = "EcsServices"
          Effect   = "Allow"
          Action   = ["ecs:DescribeServices", "ecs:ListServiceDeployments", "ecs:ListTagsForResource"]
          Resource = local.ecs_services
        },
        {
          Sid      = "EcsDeployments"
          Effect   = "Allow"
          Action   = ["ecs:DescribeServiceDeployments", "ecs:DescribeServiceRevisions"]
          Resource = flatten([for path in local.ecs_paths : ["${local.aws_ecs}:service-deployment/${path}/*", "${local.aws_ecs}:service-revision/${path}/*"]])
        },
        {
          Sid      = "EcsTasks"
          Effect   = "Allow"
          Action   = ["ecs:DescribeTasks", "ecs:ListTasks"]
          Resource = flatten([for name in local.clusters : ["${local.aws_ecs}:task/${name}/*", "${local.aws_ecs}:container-instance/${name}/*"]])
        },
        { Sid = "EcsNoResources", Effect = "Allow", Action = ["ecs:DescribeTaskDefinition"], Resource = ["*"] },
      ] : statement if length(local.any_ecs) > 0
    ],
    [
      for one in local.express : {
        Sid      = "EcsExpress"
        Effect   = "Allow"
        Action   = ["ecs:DescribeExpressGatewayService"]
        Resource = ["${local.aws_ecs}:service/${one.cluster}/${one.name}"]
      }
    ],
    [
      # How the service scales, and where the probe asks; without the latter deploy-backend needs `probe-url`.
      for one in local.ecs : {
        Sid    = "EcsScalingAndAddress"
        Effect = "Allow"
        Action = [
          "application-autoscaling:DescribeScalableTargets",
          "application-autoscaling:DescribeScalingPolicies",
          "elasticloadbalancing:DescribeListeners",
          "elasticloadbalancing:DescribeLoadBalancers",
          "elasticloadbalancing:DescribeRules",
          "elasticloadbalancing:DescribeTargetGroups",
        ]
        Resource = ["*"]
      }
    ],
  )
}
