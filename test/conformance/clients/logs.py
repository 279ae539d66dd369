import time

from harness import aws, equal, js, main

G = ["--log-group-name", "/app/one"]
ARN = "arn:aws:logs:us-west-2:000000000000:log-group:/app/one"
NOW = int(time.time() * 1000)


def logs(operation, *args, **options):
    return aws("logs", operation, *args, **options)


def check_groups_and_streams():
    logs("create-log-group", *G, "--tags", "a=b")
    logs("create-log-group", *G, fails="ResourceAlreadyExistsException")
    logs("create-log-group", "--log-group-name", "not a name", fails="InvalidParameterException")
    logs("create-log-stream", *G, "--log-stream-name", "s1")
    logs("create-log-stream", *G, "--log-stream-name", "s2")
    logs("create-log-stream", *G, "--log-stream-name", "s1", fails="ResourceAlreadyExistsException")
    logs("create-log-stream", "--log-group-name", "/none", "--log-stream-name", "s", fails="ResourceNotFoundException")
    found = logs("describe-log-groups", "--log-group-name-prefix", "/app/")["logGroups"]
    equal([(g["logGroupName"], g["arn"]) for g in found], [("/app/one", f"{ARN}:*")])
    logs("put-retention-policy", *G, "--retention-in-days", "2", fails="InvalidParameterException")
    logs("put-retention-policy", *G, "--retention-in-days", "7")
    equal(logs("describe-log-groups", "--log-group-name-prefix", "/app/")["logGroups"][0]["retentionInDays"], 7)
    logs("delete-retention-policy", *G)


def check_events():
    events = [{"timestamp": NOW + i, "message": f"line {i} {'ERROR' if i == 3 else 'fine'}"} for i in range(5)]
    logs("put-log-events", *G, "--log-stream-name", "s1", "--log-events", js(events))
    logs("put-log-events", *G, "--log-stream-name", "s1", "--log-events", js(events[::-1]), fails="InvalidParameterException")
    logs("put-log-events", *G, "--log-stream-name", "none", "--log-events", js(events), fails="ResourceNotFoundException")
    read = ["get-log-events", *G, "--log-stream-name", "s1"]
    last = logs(*read, "--limit", "2")
    equal([e["message"] for e in last["events"]], ["line 3 ERROR", "line 4 fine"], "the last ones")
    back = logs(*read, "--limit", "2", "--next-token", last["nextBackwardToken"])
    equal([e["message"] for e in back["events"]], ["line 1 fine", "line 2 fine"])
    first = logs(*read, "--limit", "2", "--start-from-head")
    on = logs(*read, "--limit", "9", "--next-token", first["nextForwardToken"])
    equal(len(on["events"]), 3)
    end = logs(*read, "--next-token", on["nextForwardToken"])
    equal((end["events"], end["nextForwardToken"]), ([], on["nextForwardToken"]), "the token stays at the end")
    found = logs("filter-log-events", *G, "--filter-pattern", "ERROR")["events"]
    equal([e["message"] for e in found], ["line 3 ERROR"])
    equal(len(logs("filter-log-events", *G, "--filter-pattern", '"fine" -2')["events"]), 3)
    equal(len(logs("filter-log-events", *G, "--start-time", NOW + 1, "--end-time", NOW + 3)["events"]), 2)
    streams = logs("describe-log-streams", *G, "--order-by", "LastEventTime", "--descending")["logStreams"]
    equal([s["logStreamName"] for s in streams], ["s1", "s2"])


def check_tags():
    logs("tag-resource", "--resource-arn", ARN, "--tags", "c=d")
    logs("untag-resource", "--resource-arn", ARN, "--tag-keys", "a")
    equal(logs("list-tags-for-resource", "--resource-arn", ARN)["tags"], {"c": "d"})
    equal(logs("list-tags-log-group", *G)["tags"], {"c": "d"})


def check_deletion():
    logs("delete-log-stream", *G, "--log-stream-name", "s2")
    logs("delete-log-group", *G)
    logs("delete-log-group", *G, fails="ResourceNotFoundException")


main(globals())
