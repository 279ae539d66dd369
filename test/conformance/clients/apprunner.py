from harness import aws, equal, holds, http, js, main
from lib.oci import push, until

ROLE = {"AccessRoleArn": "arn:aws:iam::000000000000:role/ecr"}
seen = {}


def ar(operation, *args, **options):
    return aws("apprunner", operation, *args, **options)


def source(image, auth=ROLE, kind="ECR", **configuration):
    return js(
        {
            "ImageRepository": {"ImageIdentifier": image, "ImageRepositoryType": kind, "ImageConfiguration": configuration},
            "AutoDeploymentsEnabled": False,
            **({"AuthenticationConfiguration": auth} if auth else {}),
        }
    )


def on(*args):
    return ["--service-arn", seen["arn"], *args]


def operations():
    return ar("list-operations", *on())["OperationSummaryList"]


def ended(id):
    """Follows an operation by its id; gives back every status that was seen."""
    statuses = []

    def done():
        found = next(o for o in operations() if o["Id"] == id)
        if not statuses or statuses[-1] != found["Status"]:
            statuses.append(found["Status"])
        return "EndedAt" in found

    until(done, "the operation's end")
    return statuses


def body(path="/"):
    return http(f"http://{seen['url']}{path}")[2].decode()


def check_what_is_refused():
    aws("ecr", "create-repository", "--repository-name", "runs/app")
    seen["v1"] = push("runs/app", "v1")
    create = ["create-service", "--service-name", "api1", "--source-configuration"]
    ar(*create, source(seen["v1"], auth=None), fails="InvalidRequestException")
    ar(*create, source("docker.io/library/nginx:latest"), fails="InvalidRequestException")
    ar(*create, source(seen["v1"], RuntimeEnvironmentVariables={"PORT": "1"}), fails="InvalidRequestException")
    ar(*create, source(seen["v1"], RuntimeEnvironmentVariables={"AWSAPPRUNNER_X": "1"}), fails="InvalidRequestException")
    ar(*create, source(seen["v1"]), "--instance-configuration", "Cpu=1 vCPU,Memory=12 GB", fails="InvalidRequestException")
    secret = "arn:aws:secretsmanager:us-west-2:000000000000:secret:x-abcdef"
    ar(*create, source(seen["v1"], RuntimeEnvironmentSecrets={"A": secret}), fails="InvalidRequestException")
    ar("describe-service", "--service-arn", "nonsense", fails="InvalidRequestException")
    ar("describe-service", "--service-arn", "arn:aws:apprunner:us-west-2:000000000000:service/api1/" + "0" * 32, fails="ResourceNotFoundException")
    equal(ar("list-services")["ServiceSummaryList"], [])


def check_create():
    secret = aws("secretsmanager", "create-secret", "--name", "runner", "--secret-string", js({"greeting": "hello"}))["ARN"]
    config = source(seen["v1"], RuntimeEnvironmentSecrets={"GREETING": f"{secret}:greeting::"})
    health = "Protocol=HTTP,Path=/health,Interval=1,Timeout=1,HealthyThreshold=1,UnhealthyThreshold=2"
    made = ar(
        *["create-service", "--service-name", "api1", "--source-configuration", config, "--health-check-configuration", health],
        *["--instance-configuration", "Cpu=1 vCPU,Memory=2 GB,InstanceRoleArn=arn:aws:iam::000000000000:role/app"],
        *["--tags", "Key=team,Value=web"],
    )
    seen.update(arn=made["Service"]["ServiceArn"], url=made["Service"]["ServiceUrl"], id=made["Service"]["ServiceId"])
    equal(made["Service"]["Status"], "OPERATION_IN_PROGRESS")
    ar("update-service", *on("--instance-configuration", "Cpu=1024,Memory=2048"), fails="InvalidStateException")
    ar("start-deployment", *on(), fails="InvalidRequestException")
    equal(ended(made["OperationId"])[-1], "SUCCEEDED")
    service = ar("describe-service", *on())["Service"]
    equal((service["Status"], service["InstanceConfiguration"]["Cpu"], service["InstanceConfiguration"]["Memory"]), ("RUNNING", "1024", "2048"))
    equal(service["SourceConfiguration"]["ImageRepository"]["ImageConfiguration"]["Port"], "8080")
    equal(body(), "v1")
    group = f"/aws/apprunner/api1/{seen['id']}"
    lines = aws("logs", "filter-log-events", "--log-group-name", f"{group}/application")["events"]
    holds(any("version v1 listens hello" in e["message"] for e in lines), "the app's output, with its secret resolved")
    holds(len(aws("logs", "describe-log-streams", "--log-group-name", f"{group}/service")["logStreams"]) >= 2, "the service's log")
    ar("create-service", "--service-name", "api1", "--source-configuration", source(seen["v1"]), fails="InvalidRequestException")
    ar("describe-service", *on(), region="eu-west-1", fails="ResourceNotFoundException")


def check_update_answers_with_what_is_pending():
    seen["v2"] = push("runs/app", "v2")
    answer = ar("update-service", *on("--source-configuration", source(seen["v2"])))
    pending = answer["Service"]["SourceConfiguration"]["ImageRepository"]["ImageIdentifier"]
    now = ar("describe-service", *on())["Service"]["SourceConfiguration"]["ImageRepository"]["ImageIdentifier"]
    equal((pending, now), (seen["v2"], seen["v1"]))
    equal(ended(answer["OperationId"])[-1], "SUCCEEDED")
    equal(body(), "v2")


def check_failures_put_themselves_back():
    for image in (push("runs/app", "sick", health=500), push("runs/app", "arm", architecture="arm64"), seen["v1"][:-4] + "0000"):
        answer = ar("update-service", *on("--source-configuration", source(image)))
        equal(ended(answer["OperationId"])[-1], "ROLLBACK_SUCCEEDED", image)
        service = ar("describe-service", *on())["Service"]
        equal((service["Status"], service["SourceConfiguration"]["ImageRepository"]["ImageIdentifier"]), ("RUNNING", seen["v2"]))
        equal(body(), "v2")
    lines = aws("logs", "filter-log-events", "--log-group-name", f"/aws/apprunner/api1/{seen['id']}/application", "--filter-pattern", '"exec format error"')
    equal(len(lines["events"]), 1, "lines about another platform")


def check_operations_in_pages():
    first = ar("list-operations", *on("--max-results", "2"))
    holds("NextToken" in first, "a next page")
    second = ar("list-operations", *on("--max-results", "20", "--next-token", first["NextToken"]))
    every = first["OperationSummaryList"] + second["OperationSummaryList"]
    equal([o["Type"] for o in every], ["UPDATE_SERVICE"] * 4 + ["CREATE_SERVICE"], "newest first")
    ar("list-operations", *on("--max-results", "21"), fails="InvalidRequestException")


def check_deployment_pause_and_resume():
    equal(ended(ar("start-deployment", *on())["OperationId"])[-1], "SUCCEEDED")
    equal(ended(ar("pause-service", *on())["OperationId"])[-1], "SUCCEEDED")
    equal(ar("describe-service", *on())["Service"]["Status"], "PAUSED")
    ar("pause-service", *on(), fails="InvalidStateException")
    equal(ended(ar("resume-service", *on())["OperationId"])[-1], "SUCCEEDED")
    equal(body(), "v2")


def check_a_push_deploys_by_itself():
    config = source(seen["v2"].split("@")[0] + ":live").replace("false", "true")
    push("runs/app", "live")
    answer = ar("update-service", *on("--source-configuration", config))
    equal(ended(answer["OperationId"])[-1], "SUCCEEDED")
    tag = ["--repository-name", "runs/app", "--image-tag", "live", "--image-manifest"]
    manifest = aws("ecr", "batch-get-image", "--repository-name", "runs/app", "--image-ids", "imageTag=v1")["images"][0]["imageManifest"]
    aws("ecr", "put-image", *tag, manifest)
    equal(operations()[0]["Type"], "START_DEPLOYMENT")
    equal(ended(operations()[0]["Id"])[-1], "SUCCEEDED")
    equal(body(), "v1")


def check_tags():
    arn = ["--resource-arn", seen["arn"]]
    ar("tag-resource", *arn, "--tags", "Key=a,Value=b")
    ar("untag-resource", *arn, "--tag-keys", "team")
    equal(ar("list-tags-for-resource", *arn)["Tags"], [{"Key": "a", "Value": "b"}])


def check_auto_scaling_configurations():
    name = ["--auto-scaling-configuration-name", "small"]
    first = ar("create-auto-scaling-configuration", *name, "--max-size", "2")["AutoScalingConfiguration"]
    second = ar("create-auto-scaling-configuration", *name, "--max-size", "3")["AutoScalingConfiguration"]
    equal((first["AutoScalingConfigurationRevision"], second["AutoScalingConfigurationRevision"], second["Latest"]), (1, 2, True))
    ar("create-auto-scaling-configuration", *name, "--min-size", "9", "--max-size", "3", fails="InvalidRequestException")
    arn = ["--auto-scaling-configuration-arn", second["AutoScalingConfigurationArn"]]
    equal(ar("describe-auto-scaling-configuration", *arn)["AutoScalingConfiguration"]["MaxSize"], 3)
    answer = ar("update-service", *on(*arn))
    equal(ended(answer["OperationId"])[-1], "SUCCEEDED")
    equal(ar("list-services-for-auto-scaling-configuration", *arn)["ServiceArnList"], [seen["arn"]])
    ar("delete-auto-scaling-configuration", *arn, fails="InvalidRequestException")
    ar("delete-auto-scaling-configuration", "--auto-scaling-configuration-arn", first["AutoScalingConfigurationArn"])
    equal(len(ar("list-auto-scaling-configurations", *name)["AutoScalingConfigurationSummaryList"]), 1)
    ar("update-default-auto-scaling-configuration", *arn)
    default = next(c for c in ar("list-auto-scaling-configurations")["AutoScalingConfigurationSummaryList"] if c["IsDefault"])
    equal(default["AutoScalingConfigurationName"], "small")


def check_delete():
    ar("delete-service", *on())
    until(lambda: ar("describe-service", *on())["Service"]["Status"] == "DELETED", "the deletion")
    equal(ar("list-services")["ServiceSummaryList"], [])


main(globals())
