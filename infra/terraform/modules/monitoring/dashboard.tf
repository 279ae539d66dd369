# One page for one environment. Metrics of the app are its own, in the embedded metric format (see the README).
data "aws_region" "current" {}

locals {
  region = data.aws_region.current.region
  ecs    = [for one in var.services : one if one.target != "apprunner"]

  # Drawn with the app's own figures, so that it is seen which release changed them: one bar for each, by how it ended.
  releases = { expression = "SEARCH('{WWHD/Deploy,Environment,Outcome} MetricName=\"Release\" Environment=\"${var.environment}\"', 'Sum')", label = "Release: $${PROP('Dim.Outcome')}", yAxis = "right" }

  app = [
    ["Requests and 5xx", [[var.metrics_namespace, "Requests", "Environment", var.environment, { stat = "Sum" }], [var.metrics_namespace, "5xxErrors", "Environment", var.environment, { stat = "Sum" }], [local.releases]]],
    ["Latency p95 (ms)", [[var.metrics_namespace, "RequestLatency", "Environment", var.environment, { stat = "p95" }], [local.releases]]],
  ]
  tokens = [
    ["Tokens by model", [[{ expression = "SEARCH('{WWHD/Usage,Environment,Model} MetricName=\"TokenUsage\"', 'Sum')", label = "" }]]],
  ]
  tasks = [
    for one in local.ecs : ["Tasks, CPU, memory: ${one.target}", [
      ["ECS/ContainerInsights", "RunningTaskCount", "ClusterName", one.cluster, "ServiceName", one.name, { stat = "Average" }],
      ["AWS/ECS", "CPUUtilization", "ClusterName", one.cluster, "ServiceName", one.name, { stat = "Average" }],
      ["AWS/ECS", "MemoryUtilization", "ClusterName", one.cluster, "ServiceName", one.name, { stat = "Average" }],
    ]]
  ]
  instances = [
    for one in var.services : ["Instances, CPU, memory: App Runner", [
      [{ expression = "SEARCH('{AWS/AppRunner,ServiceID,ServiceName} ServiceName=\"${one.name}\" MetricName=(\"ActiveInstances\" OR \"CPUUtilization\" OR \"MemoryUtilization\")', 'Average')", label = "" }],
    ]] if one.target == "apprunner"
  ]
  databases = [
    for id in values(var.database) : ["Database: CPU, connections, free storage", [
      ["AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", id, { stat = "Average" }],
      ["AWS/RDS", "DatabaseConnections", "DBInstanceIdentifier", id, { stat = "Maximum" }],
      ["AWS/RDS", "FreeStorageSpace", "DBInstanceIdentifier", id, { stat = "Minimum", yAxis = "right" }],
    ]]
  ]
  qdrants = [for name in values(var.qdrant) : ["Qdrant: disk used (%)", [["WWHD/Qdrant", "DiskUsed", "Name", name, { stat = "Maximum" }]]]]
  # CloudFront's metrics are in us-east-1.
  sites = [
    for id in values(var.distribution) : ["CloudFront: requests, 5xx in percent", [
      ["AWS/CloudFront", "Requests", "Region", "Global", "DistributionId", id, { stat = "Sum", region = "us-east-1" }],
      ["AWS/CloudFront", "5xxErrorRate", "Region", "Global", "DistributionId", id, { stat = "Average", region = "us-east-1", yAxis = "right" }],
    ]]
  ]
  widgets = concat(local.app, local.tokens, local.tasks, local.instances, local.databases, local.qdrants, local.sites)
}

resource "aws_cloudwatch_dashboard" "main" {
  dashboard_name = var.prefix
  dashboard_body = jsonencode({
    widgets = [
      for index, widget in local.widgets : {
        type       = "metric"
        x          = (index % 2) * 12
        y          = floor(index / 2) * 6
        width      = 12
        height     = 6
        properties = { title = widget[0], metrics = widget[1], region = local.region, view = "timeSeries", period = 60 }
      }
    ]
  })
}
