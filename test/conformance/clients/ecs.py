import json

from harness import ENDPOINT, aws, equal, holds, http, js, main
from lib.oci import push, until

NETWORK = ["--launch-type", "FARGATE", "--network-configuration", "awsvpcConfiguration={subnets=[subnet-1]}"]
ON = ["--cluster", "prod", "--service", "web"]
seen = {}


def ecs(operation, *args, **options):
    return aws("ecs", operation, *args, **options)


def definition(image, **more):
    container = {
        "name": "app",
        "image": image,
        "portMappings": [{"containerPort": 8080}],
        "environment": [{"name": "GREETING", "value": "hello"}],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {"awslogs-group": "/ecs/web", "awslogs-region": "us-west-2", "awslogs-stream-prefix": "app", "awslogs-create-group": "true"},
        },
        **more,
    }
    return ["--family", "web", "--network-mode", "awsvpc", "--requires-compatibilities", "FARGATE", "--cpu", "256", "--memory", "512"] + [
        *["--execution-role-arn", "arn:aws:iam::000000000000:role/exec", "--container-definitions", js([container])],
    ]


def register(image, **more):
    return ecs("register-task-definition", *definition(image, **more))["taskDefinition"]["taskDefinitionArn"]


def service():
    return ecs("describe-services", "--cluster", "prod", "--services", "web", "--include", "TAGS")["services"][0]


def deployment(arn):
    return ecs("describe-service-deployments", "--service-deployment-arns", arn)["serviceDeployments"][0]


def ended(arn):
    return until(lambda: "finishedAt" in deployment(arn) and deployment(arn), "the deployment's end")


def newest():
    return ecs("list-service-deployments", *ON)["serviceDeployments"][0]["serviceDeploymentArn"]


def body(name="web"):
    """What a service answers; its address is told by the control API, since load balancers are not modelled."""
    services = json.loads(http(f"{ENDPOINT}/_cloud/state")[2])["ecs"]["services"]
    return http(next(s["url"] for s in services if s["name"] == name))[2].decode()


def held(work):
    """Does it while no deployment of the service gets any further: in time, however slow the machine is."""
    faults = f"{ENDPOINT}/_cloud/faults"
    fault = json.loads(http(faults, "POST", {}, js({"kind": "stuck", "resource": "web"}).encode())[2])
    try:
        return work()
    finally:
        http(f"{faults}/{fault['id']}", "DELETE")


def stop_next(how):
    ecs("update-service", *ON, "--task-definition", seen["d1"])
    ecs("stop-service-deployment", "--service-deployment-arn", newest(), "--stop-type", how)


def check_clusters():
    ecs("create-service", *["--cluster", "none", "--service-name", "x", "--task-definition", "x"], fails="ClusterNotFoundException")
    arn = ecs("create-cluster", "--cluster-name", "prod", "--tags", "key=team,value=web")["cluster"]["clusterArn"]
    equal(arn, "arn:aws:ecs:us-west-2:000000000000:cluster/prod")
    seen["cluster"] = arn
    equal(ecs("describe-clusters", "--clusters", "prod", "none")["failures"][0]["reason"], "MISSING")
    holds(arn in ecs("list-clusters")["clusterArns"], "the cluster is listed")
    ecs("create-cluster", "--cluster-name", "short")
    ecs("delete-cluster", "--cluster", "short")
    ecs("tag-resource", "--resource-arn", arn, "--tags", "key=a,value=b")
    ecs("untag-resource", "--resource-arn", arn, "--tag-keys", "team")
    equal(ecs("list-tags-for-resource", "--resource-arn", arn)["tags"], [{"key": "a", "value": "b"}])


def check_task_definitions():
    aws("ecr", "create-repository", "--repository-name", "ecs/app")
    seen["v1"], seen["v2"] = push("ecs/app", "v1"), push("ecs/app", "v2")
    small = definition(seen["v1"])
    small[small.index("512")] = "4096"
    ecs("register-task-definition", *small, fails="ClientException")
    without = definition(seen["v1"], secrets=[{"name": "A", "valueFrom": "arn"}])
    del without[without.index("--execution-role-arn") : without.index("--execution-role-arn") + 2]
    ecs("register-task-definition", *without, fails="ClientException")
    ecs("register-task-definition", "--family", "not valid!", "--container-definitions", js([{"name": "a", "image": "b"}]), fails="ClientException")
    seen["d1"] = register(seen["v1"], ulimits=[{"name": "nofile", "softLimit": 1, "hardLimit": 2}], dockerLabels={"kept": "yes"})
    equal(seen["d1"], "arn:aws:ecs:us-west-2:000000000000:task-definition/web:1")
    found = ecs("describe-task-definition", "--task-definition", "web")["taskDefinition"]
    container = found["containerDefinitions"][0]
    equal((container["ulimits"][0]["hardLimit"], container["dockerLabels"], container["essential"]), (2, {"kept": "yes"}, True))
    ecs("describe-task-definition", "--task-definition", "none", fails="ClientException")
    old = register(seen["v1"])
    ecs("deregister-task-definition", "--task-definition", old)
    equal(ecs("list-task-definitions", "--family-prefix", "web")["taskDefinitionArns"], [seen["d1"]])
    equal(ecs("list-task-definition-families")["families"], ["web"])
    equal(ecs("delete-task-definitions", "--task-definitions", old)["taskDefinitions"][0]["status"], "DELETE_IN_PROGRESS")


def check_one_off_tasks():
    run = ["run-task", "--cluster", "prod", "--task-definition", "web"]
    ecs(*run, "--launch-type", "FARGATE", fails="InvalidParameterException")
    code = "console.log('migrated ' + process.env.STEP); process.exit(7)"
    override = {"name": "app", "command": ["node", "-e", code], "environment": [{"name": "STEP", "value": "two"}]}
    answer = ecs(*run, *NETWORK, "--overrides", js({"containerOverrides": [override]}), "--started-by", "ci")
    task = answer["tasks"][0]["taskArn"]
    equal(answer["tasks"][0]["lastStatus"], "PROVISIONING")
    show = ["describe-tasks", "--cluster", "prod", "--tasks", task]
    until(lambda: ecs(*show)["tasks"][0]["lastStatus"] == "STOPPED", "the end of the task")
    done = ecs(*show)["tasks"][0]
    equal((done["stopCode"], done["containers"][0]["exitCode"]), ("EssentialContainerExited", 7))
    equal(done["containers"][0]["imageDigest"], seen["v1"].split("@")[1])
    lines = aws("logs", "filter-log-events", "--log-group-name", "/ecs/web", "--filter-pattern", "migrated")["events"]
    equal((lines[0]["message"], lines[0]["logStreamName"]), ("migrated two", f"app/app/{task.split('/')[-1]}"))
    holds(task in ecs("list-tasks", "--cluster", "prod", "--desired-status", "STOPPED")["taskArns"], "stopped tasks are listed")
    task = ecs(*run, *NETWORK)["tasks"][0]["taskArn"]
    show[-1] = task
    until(lambda: ecs(*show)["tasks"][0]["lastStatus"] == "RUNNING", "the task to run")
    ecs("stop-task", "--cluster", "prod", "--task", task, "--reason", "enough")
    until(lambda: ecs(*show)["tasks"][0]["lastStatus"] == "STOPPED", "the end of the task")
    equal(ecs(*show)["tasks"][0]["stoppedReason"], "enough")
    ecs("stop-task", "--cluster", "prod", "--task", "0" * 32, fails="InvalidParameterException")


def check_services():
    breaker = "deploymentCircuitBreaker={enable=true,rollback=true}"
    create = ["create-service", "--cluster", "prod", "--service-name", "web", "--task-definition", "web", "--desired-count", "2"]
    ecs(*create, fails="InvalidParameterException")
    ecs(*create, *NETWORK, "--deployment-configuration", breaker, "--tags", "key=local-cloud:health-path,value=/health")
    ended(newest())
    found = service()
    equal((found["runningCount"], found["deployments"][0]["rolloutState"]), (2, "COMPLETED"))
    equal(body(), "v1")
    equal(ecs("list-services", "--cluster", "prod")["serviceArns"], ["arn:aws:ecs:us-west-2:000000000000:service/prod/web"])
    equal(len(ecs("list-tasks", "--cluster", "prod", "--service-name", "web")["taskArns"]), 2)
    equal(ecs("describe-services", "--cluster", "prod", "--services", "none")["failures"][0]["reason"], "MISSING")
    ecs("update-service", "--cluster", "prod", "--service", "none", fails="ServiceNotFoundException")
    ecs(*create, *NETWORK, fails="InvalidParameterException")


def check_members_are_kept_and_told():
    tagged = ecs("register-task-definition", *definition(seen["v1"]), "--tags", "key=of,value=definition", "--ephemeral-storage", "sizeInGiB=30")
    arn = tagged["taskDefinition"]["taskDefinitionArn"]
    make = ["create-service", "--cluster", "prod", "--service-name", "members", "--task-definition", arn, "--desired-count", "1", *NETWORK]
    make += ["--service-connect-configuration", "enabled=false", "--enable-execute-command", "--enable-ecs-managed-tags"]
    made = ecs(*make, "--propagate-tags", "TASK_DEFINITION", "--health-check-grace-period-seconds", "5")["service"]
    equal((made["enableExecuteCommand"], made["propagateTags"], made["healthCheckGracePeriodSeconds"]), (True, "TASK_DEFINITION", 5))
    equal(made["deployments"][0]["serviceConnectConfiguration"], {"enabled": False})
    on = ["--cluster", "prod", "--service-name", "members"]
    arns = until(lambda: ecs("list-tasks", *on, "--launch-type", "FARGATE")["taskArns"], "a task")
    equal(ecs("list-tasks", *on, "--launch-type", "EC2")["taskArns"], [])
    task = ecs("describe-tasks", "--cluster", "prod", "--tasks", arns[0], "--include", "TAGS")["tasks"][0]
    tags = {tag["key"]: tag["value"] for tag in task["tags"]}
    equal(tags, {"of": "definition", "aws:ecs:clusterName": "prod", "aws:ecs:serviceName": "members"})
    equal((task["enableExecuteCommand"], task["ephemeralStorage"]), (True, {"sizeInGiB": 30}))
    ecs("delete-service", "--cluster", "prod", "--service", "members", "--force")
    ecs("deregister-task-definition", "--task-definition", arn)


def check_a_rolling_deployment():
    seen["d2"] = register(seen["v2"])
    ecs("update-service", *ON, "--task-definition", seen["d2"])
    done = ended(newest())
    equal(done["status"], "SUCCESSFUL")
    equal(body(), "v2")
    revision = ecs("describe-service-revisions", "--service-revision-arns", done["targetServiceRevision"]["arn"])
    equal(revision["serviceRevisions"][0]["containerImages"][0]["imageDigest"], seen["v2"].split("@")[1])
    before = newest()
    ecs("update-service", *ON, "--desired-count", "1")
    until(lambda: service()["runningCount"] == 1, "one task")
    equal(newest(), before, "a count alone is no deployment")


def check_the_circuit_breaker():
    ecs("update-service", *ON, "--task-definition", register(push("ecs/app", "sick", health=500)))
    done = ended(newest())
    equal((done["status"], done["deploymentCircuitBreaker"]["status"]), ("ROLLBACK_SUCCESSFUL", "TRIGGERED"))
    equal((service()["taskDefinition"], body()), (seen["d2"], "v2"))


def check_a_stop_with_rollback():
    held(lambda: stop_next("ROLLBACK"))
    equal(ended(newest())["status"], "ROLLBACK_SUCCESSFUL")
    ecs("stop-service-deployment", "--service-deployment-arn", newest(), fails="ConflictException")
    equal((service()["taskDefinition"], body()), (seen["d2"], "v2"))


def check_a_stop_without_rollback():
    held(lambda: stop_next("ABORT"))
    equal(ended(newest())["status"], "STOPPED")
    equal((service()["taskDefinition"], body()), (seen["d2"], "v2"))


def check_overlapping_deployments():
    def both():
        ecs("update-service", *ON, "--task-definition", seen["d1"])
        first = newest()
        ecs("update-service", *ON, "--task-definition", seen["d2"], "--force-new-deployment")
        return first, newest()

    first, second = held(both)
    equal((ended(second)["status"], ended(first)["status"]), ("SUCCESSFUL", "STOPPED"))
    equal((service()["taskDefinition"], body()), (seen["d2"], "v2"))


def check_other_controllers():
    other = ["--cluster", "prod", "--service-name", "bluegreen", "--task-definition", seen["d1"], *NETWORK]
    ecs("create-service", *other, "--desired-count", "0", "--deployment-controller", "type=CODE_DEPLOY")
    ecs("update-service", "--cluster", "prod", "--service", "bluegreen", "--task-definition", seen["d2"], fails="InvalidParameterException")
    ecs("delete-service", "--cluster", "prod", "--service", "bluegreen")


def check_container_instances():
    run = ["run-task", "--cluster", "prod", "--task-definition", "hosted"]
    container = {"name": "job", "image": seen["v1"], "memory": 128, "command": ["node", "-e", "process.exit(0)"]}
    ecs("register-task-definition", "--family", "hosted", "--container-definitions", js([container]))
    ecs(*run, fails="InvalidParameterException")
    made = http(f"{ENDPOINT}/_cloud/ecs/container-instances", "POST", {}, js({"cluster": "prod"}).encode())
    equal(made[0], 201)
    arns = ecs("list-container-instances", "--cluster", "prod")["containerInstanceArns"]
    equal(len(arns), 1)
    found = ecs("describe-container-instances", "--cluster", "prod", "--container-instances", arns[0], "none")
    holds({"name": "ecs.cpu-architecture", "value": "x86_64"} in found["containerInstances"][0]["attributes"], "its architecture")
    equal(found["failures"][0]["reason"], "MISSING")
    task = ecs(*run)["tasks"][0]
    equal((task["launchType"], task["containerInstanceArn"]), ("EC2", arns[0]))
    show = ["describe-tasks", "--cluster", "prod", "--tasks", task["taskArn"]]
    until(lambda: ecs(*show)["tasks"][0]["lastStatus"] == "STOPPED", "the end of the task")


def elb(operation, *args):
    return aws("elbv2", operation, *args)


def pair(name):
    """A load balancer with two target groups and a rule that forwards to the first."""
    made = elb("create-load-balancer", "--name", name, "--subnets", "subnet-a", "subnet-b")["LoadBalancers"][0]
    options = ["--protocol", "HTTP", "--port", "8080", "--target-type", "ip", "--vpc-id", "vpc-1", "--health-check-path", "/health"]
    groups = [elb("create-target-group", "--name", f"{name}-{n}", *options)["TargetGroups"][0]["TargetGroupArn"] for n in "ab"]
    forward = js([{"Type": "forward", "TargetGroupArn": groups[0]}])
    on = ["--load-balancer-arn", made["LoadBalancerArn"], "--protocol", "HTTP", "--port", "80"]
    listener = elb("create-listener", *on, "--default-actions", forward)["Listeners"][0]["ListenerArn"]
    conditions = js([{"Field": "path-pattern", "Values": ["/*"]}])
    rule = elb("create-rule", "--listener-arn", listener, "--priority", "1", "--conditions", conditions, "--actions", forward)["Rules"][0]
    return f"http://{made['DNSName']}", groups, rule["RuleArn"]


def check_a_strategy_that_shifts_and_pauses():
    url, groups, rule = pair("shift")
    pause = {"targetType": "PAUSE", "lifecycleStages": ["PRE_PRODUCTION_TRAFFIC_SHIFT"]}
    shifting = {"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 25, "canaryBakeTimeInMinutes": 0}}
    advanced = {"alternateTargetGroupArn": groups[1], "productionListenerRule": rule, "roleArn": "arn:aws:iam::000000000000:role/infra"}
    balancer = {"targetGroupArn": groups[0], "containerName": "app", "containerPort": 8080}
    make = ["create-service", "--cluster", "prod", "--service-name", "shift", "--task-definition", seen["d1"], "--desired-count", "1", *NETWORK]
    ecs(*make, "--deployment-configuration", js(shifting), fails="InvalidParameterException")
    full = js([{**balancer, "advancedConfiguration": advanced}])
    ecs(*make, "--deployment-configuration", js(shifting), "--load-balancers", full)
    on = ["--cluster", "prod", "--service", "shift"]
    last = lambda: ecs("list-service-deployments", *on)["serviceDeployments"][0]["serviceDeploymentArn"]
    equal(ended(last())["status"], "SUCCESSFUL")
    ecs("update-service", *on, "--task-definition", seen["d2"], "--deployment-configuration", js({**shifting, "lifecycleHooks": [pause]}))
    arn, hooks = last(), []

    def waits():
        found = deployment(arn).get("lifecycleHookDetails", [{}])[0]
        return found.get("status") == "AWAITING_ACTION" and found["hookId"] not in hooks and found["hookId"]

    for weights in ([100, 0], [75, 25]):
        hooks.append(until(waits, "a hook that waits"))
        forward = elb("describe-rules", "--rule-arns", rule)["Rules"][0]["Actions"][0]["ForwardConfig"]["TargetGroups"]
        equal([group["Weight"] for group in forward], weights)
        answers = [http(url)[2].decode() for _ in range(20)]
        equal(answers.count("v2"), weights[1] / 5)
        ecs("continue-service-deployment", "--service-deployment-arn", arn, "--hook-id", hooks[-1], "--action", "CONTINUE")
    equal(ended(arn)["status"], "SUCCESSFUL")
    equal(http(url)[2].decode(), "v2")
    ecs("continue-service-deployment", "--service-deployment-arn", arn, "--hook-id", hooks[-1], fails="InvalidParameterException")
    ecs("delete-service", *on, "--force")


def check_auto_scaling_of_a_service():
    target = ["--service-namespace", "ecs", "--resource-id", "service/prod/web", "--scalable-dimension", "ecs:service:DesiredCount"]
    aa = lambda operation, *args, **options: aws("application-autoscaling", operation, *args, **options)
    tracked = js({"TargetValue": 60, "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}})
    policy = [*target, "--policy-name", "cpu", "--policy-type", "TargetTrackingScaling"]
    aa("put-scaling-policy", *policy, "--target-tracking-scaling-policy-configuration", tracked, fails="ObjectNotFoundException")
    arn = aa("register-scalable-target", *target, "--min-capacity", "2", "--max-capacity", "4")["ScalableTargetARN"]
    aa("register-scalable-target", *target, "--min-capacity", "5", "--max-capacity", "4", fails="ValidationException")
    equal(service()["desiredCount"], 2, "wanted tasks are moved into the range")
    aa("put-scaling-policy", *policy, "--target-tracking-scaling-policy-configuration", tracked)
    found = aa("describe-scaling-policies", "--service-namespace", "ecs")["ScalingPolicies"][0]
    equal(found["TargetTrackingScalingPolicyConfiguration"]["TargetValue"], 60.0)
    equal(aa("describe-scalable-targets", "--service-namespace", "ecs")["ScalableTargets"][0]["MaxCapacity"], 4)
    equal(aa("describe-scaling-activities", "--service-namespace", "ecs")["ScalingActivities"], [])
    on = ["--namespace", "AWS/ECS", "--metric-name", "CPUUtilization", "--dimensions", "ClusterName=prod,ServiceName=web"]

    def busy():
        aws("cloudwatch", "put-metric-data", *on, "--value", "110")
        return service()["desiredCount"] == 4

    until(busy, "a busy service is scaled out")
    activity = aa("describe-scaling-activities", *target[:4])["ScalingActivities"][0]
    equal(activity["Description"], "Setting desired count to 4.")
    aa("tag-resource", "--resource-arn", arn, "--tags", "a=b,c=d")
    aa("untag-resource", "--resource-arn", arn, "--tag-keys", "a")
    equal(aa("list-tags-for-resource", "--resource-arn", arn)["Tags"], {"c": "d"})
    aa("delete-scaling-policy", *target, "--policy-name", "cpu")
    aa("deregister-scalable-target", *target)


def check_express():
    roles = ["--execution-role-arn", "arn:aws:iam::000000000000:role/exec", "--infrastructure-role-arn", "arn:aws:iam::000000000000:role/infra"]
    make = ["create-express-gateway-service", *roles, "--service-name", "page", "--health-check-path", "/health"]
    ecs(*make, "--primary-container", f"image={seen['v1']}", "--cpu", "256", "--memory", "9999", fails="InvalidParameterException")
    arn = ecs(*make, "--primary-container", f"image={seen['v1']},containerPort=8080")["service"]["serviceArn"]
    show = lambda: ecs("describe-express-gateway-service", "--service-arn", arn)["service"]
    until(lambda: body("page") == "v1", "the first version")
    ended(show()["currentDeployment"])
    answer = ecs("update-express-gateway-service", "--service-arn", arn, "--primary-container", f"image={seen['v2']},containerPort=8080")
    equal(answer["service"]["targetConfiguration"]["primaryContainer"]["image"], seen["v2"])
    stages = set()

    def done():
        now = deployment(show()["currentDeployment"])
        stages.add((now.get("lifecycleStage"), now["targetServiceRevision"]["requestedProductionTrafficWeight"]))
        return "finishedAt" in now and now

    equal(until(done, "the canary's end")["status"], "SUCCESSFUL")
    holds(("PRODUCTION_TRAFFIC_SHIFT", 5.0) in stages, f"5 % first: {stages}")
    equal((body("page"), show()["activeConfigurations"][0]["primaryContainer"]["image"]), ("v2", seen["v2"]))
    equal(service()["status"], "ACTIVE")
    ecs("delete-express-gateway-service", "--service-arn", arn)
    ecs("describe-express-gateway-service", "--service-arn", arn.replace("page", "none"), fails="ResourceNotFoundException")


def check_moto_takes_the_same_task_definitions():
    try:
        import boto3
        from moto import mock_aws
    except ImportError:
        return
    definitions = json.loads(http(f"{ENDPOINT}/_cloud/state")[2])["ecs"]["definitions"]
    with mock_aws():
        client = boto3.client("ecs", region_name="us-west-2", endpoint_url="https://ecs.us-west-2.amazonaws.com")
        for each in definitions:
            taken = client.register_task_definition(**each["document"])["taskDefinition"]
            equal(taken["containerDefinitions"][0]["image"], each["document"]["containerDefinitions"][0]["image"])


def check_delete():
    ecs("delete-service", *ON, fails="InvalidParameterException")
    ecs("delete-service", *ON, "--force")
    until(lambda: service()["status"] == "INACTIVE", "the end of the service")
    ecs("update-service", *ON, "--desired-count", "1", fails="ServiceNotActiveException")


main(globals())
