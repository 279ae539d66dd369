variable "prefix" {
  description = "What every name begins with: <name>-<environment>."
  type        = string
}

variable "environment" {
  description = "Value of the dimension Environment in the app's own metrics."
  type        = string
}

variable "metrics_namespace" {
  description = "Namespace of the app's own metrics: Requests, 5xxErrors, and RequestLatency in milliseconds."
  type        = string
}

variable "alarm_email" {
  description = "Who is told of alarms by mail; empty makes no topic."
  type        = string
}

variable "alarm_topics" {
  description = "ARNs of further SNS topics that are told: of this region, and of us-east-1 for the certificates of CloudFront."
  type        = list(string)
}

variable "services" {
  description = "The services that are watched."
  type        = list(object({ target = string, cluster = string, name = string }))
}

variable "certificates" {
  description = "Certificates whose end is watched, by a key that is known when planning."
  type        = map(object({ arn = string, region = string }))
}

variable "database" {
  description = "Identifier of the database, under any key; empty where there is none."
  type        = map(string)
}

variable "qdrant" {
  description = "Name of the instance of Qdrant, under any key; empty where there is none."
  type        = map(string)
}

variable "distribution" {
  description = "Id of the distribution, under any key; empty where there is none."
  type        = map(string)
}
