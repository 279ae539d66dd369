import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness import aws, equal, holds, http, main

SUBNETS = ["--subnets", "subnet-a", "subnet-b"]


def elb(operation, *args, **options):
    return aws("elbv2", operation, *args, **options)


class Answers(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path != "/sick" else 500)
        self.end_headers()
        self.wfile.write(str(self.server.server_address[1]).encode())

    def log_message(self, *_):
        pass


def server():
    made = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    return made.server_address[1]


def until(found, what):
    for _ in range(200):
        if found():
            return
        time.sleep(0.05)
    holds(False, what)


MADE = {}


def check_load_balancers():
    made = elb("create-load-balancer", "--name", "web", *SUBNETS)["LoadBalancers"][0]
    MADE["balancer"] = made["LoadBalancerArn"]
    MADE["url"] = "http://" + made["DNSName"]
    equal((made["Scheme"], made["Type"]), ("internet-facing", "application"))
    again = elb("create-load-balancer", "--name", "web", *SUBNETS)["LoadBalancers"][0]
    equal(again["LoadBalancerArn"], made["LoadBalancerArn"], "the same again is the same one")
    elb("create-load-balancer", "--name", "web", "--subnets", "subnet-a", "subnet-c", fails="DuplicateLoadBalancerName")
    elb("create-load-balancer", "--name", "a_b", *SUBNETS, fails="ValidationError")
    elb("create-load-balancer", "--name", "internal-web", *SUBNETS, fails="ValidationError")
    elb("create-load-balancer", "--name", "one", "--subnets", "subnet-a", fails="ValidationError")
    elb("describe-load-balancers", "--names", "none", fails="LoadBalancerNotFound")
    until(
        lambda: elb("describe-load-balancers", "--names", "web")["LoadBalancers"][0]["State"]["Code"] == "active",
        "it becomes active",
    )


def check_target_groups():
    made = elb(
        "create-target-group", "--name", "app", "--protocol", "HTTP", "--port", "8080", "--target-type", "ip",
        "--vpc-id", "vpc-1", "--health-check-path", "/health", "--health-check-interval-seconds", "6",
    )["TargetGroups"][0]
    MADE["group"] = made["TargetGroupArn"]
    equal((made["HealthyThresholdCount"], made["Matcher"]["HttpCode"], made["LoadBalancerArns"]), (5, "200", []))
    on = ["--target-group-arn", MADE["group"]]
    elb("modify-target-group-attributes", *on, "--attributes", "Key=deregistration_delay.timeout_seconds,Value=30")
    found = elb("describe-target-group-attributes", *on)["Attributes"]
    holds({"Key": "deregistration_delay.timeout_seconds", "Value": "30"} in found, "the delay is kept")
    elb("modify-target-group-attributes", *on, "--attributes", "Key=none,Value=1", fails="InvalidConfigurationRequest")


def check_listeners():
    forward = json.dumps([{"Type": "forward", "TargetGroupArn": MADE["group"]}])
    on = ["--load-balancer-arn", MADE["balancer"], "--protocol", "HTTP", "--port", "80"]
    made = elb("create-listener", *on, "--default-actions", forward)["Listeners"][0]
    MADE["listener"] = made["ListenerArn"]
    equal(elb("create-listener", *on, "--default-actions", forward)["Listeners"][0]["ListenerArn"], MADE["listener"])
    none = json.dumps([{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}])
    elb("create-listener", *on, "--default-actions", none, fails="DuplicateListener")
    elb("modify-listener", "--listener-arn", MADE["listener"], "--default-actions", none)
    equal(http(MADE["url"] + "/")[0], 404)
    elb("modify-listener", "--listener-arn", MADE["listener"], "--default-actions", forward)
    listeners = elb("describe-listeners", "--load-balancer-arn", MADE["balancer"])["Listeners"]
    equal(listeners[0]["DefaultActions"][0]["TargetGroupArn"], MADE["group"])
    groups = elb("describe-target-groups", "--target-group-arns", MADE["group"])["TargetGroups"]
    equal(groups[0]["LoadBalancerArns"], [MADE["balancer"]])
    equal(http(MADE["url"] + "/")[0], 503)


def check_targets_share_the_requests():
    one, two = server(), server()
    on = ["--target-group-arn", MADE["group"]]
    elb("register-targets", *on, "--targets", f"Id=127.0.0.1,Port={one}", f"Id=127.0.0.1,Port={two}")

    def states():
        found = elb("describe-target-health", *on)["TargetHealthDescriptions"]
        return sorted(t["TargetHealth"]["State"] for t in found)

    until(lambda: states() == ["healthy", "healthy"], "both are healthy")
    answers = {http(MADE["url"] + "/")[2].decode() for _ in range(8)}
    equal(answers, {str(one), str(two)})
    elb("deregister-targets", *on, "--targets", f"Id=127.0.0.1,Port={one}")
    equal({http(MADE["url"] + "/")[2].decode() for _ in range(8)}, {str(two)})
    until(lambda: states() == ["healthy"], "the other one is gone")


def check_rules():
    on = ["--listener-arn", MADE["listener"]]
    gone = json.dumps([{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "410", "MessageBody": "gone"}}])
    path = json.dumps([{"Field": "path-pattern", "Values": ["/old/*"]}])
    made = elb("create-rule", *on, "--priority", "5", "--conditions", path, "--actions", gone, "--tags", "Key=a,Value=b")["Rules"][0]
    equal((made["Priority"], made["IsDefault"], made["Conditions"][0]["PathPatternConfig"]), ("5", False, {"Values": ["/old/*"]}))
    equal(http(MADE["url"] + "/old/page")[0], 410)
    equal(http(MADE["url"] + "/new/page")[0], 200)
    elb("create-rule", *on, "--priority", "5", "--conditions", path, "--actions", gone, fails="PriorityInUse")
    rules = elb("describe-rules", *on)["Rules"]
    equal([rule["Priority"] for rule in rules], ["5", "default"])
    elb("delete-rule", "--rule-arn", rules[1]["RuleArn"], fails="OperationNotPermitted")
    other = json.dumps([{"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Test", "Values": ["yes"]}}])
    elb("modify-rule", "--rule-arn", made["RuleArn"], "--conditions", other)
    equal((http(MADE["url"] + "/old/page")[0], http(MADE["url"] + "/", "GET", {"x-test": "yes"})[0]), (200, 410))
    equal(elb("describe-tags", "--resource-arns", made["RuleArn"])["TagDescriptions"][0]["Tags"], [{"Key": "a", "Value": "b"}])
    elb("delete-rule", "--rule-arn", made["RuleArn"])
    elb("describe-rules", "--rule-arns", made["RuleArn"], fails="RuleNotFound")


def check_targets_that_are_not_registered():
    asked = ["--target-group-arn", MADE["group"], "--targets", "Id=10.0.0.9,Port=80"]
    health = elb("describe-target-health", *asked)["TargetHealthDescriptions"][0]["TargetHealth"]
    equal((health["State"], health["Reason"]), ("unused", "Target.NotRegistered"))


def check_deletion():
    on = ["--target-group-arn", MADE["group"]]
    elb("delete-target-group", *on, fails="ResourceInUse")
    elb("delete-listener", "--listener-arn", MADE["listener"])
    elb("delete-target-group", *on)
    elb("describe-target-groups", "--target-group-arns", MADE["group"], fails="TargetGroupNotFound")
    elb("delete-load-balancer", "--load-balancer-arn", MADE["balancer"])
    elb("describe-load-balancers", "--load-balancer-arns", MADE["balancer"], fails="LoadBalancerNotFound")


main(globals())
