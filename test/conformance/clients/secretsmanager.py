from harness import aws, equal, holds, js, main

S = ["--secret-id", "app/db"]
seen = {}


def sm(operation, *args, **options):
    return aws("secretsmanager", operation, *args, **options)


def check_create_and_describe():
    made = sm("create-secret", "--name", "app/db", "--secret-string", js({"url": "one"}), "--description", "d")
    holds(made["ARN"].startswith("arn:aws:secretsmanager:us-west-2:000000000000:secret:app/db-"), "an ARN with six characters")
    seen["arn"] = made["ARN"]
    sm("create-secret", "--name", "app/db", "--secret-string", "x", fails="ResourceExistsException")
    sm("create-secret", "--name", "not a name", "--secret-string", "x", fails="ValidationException")
    for name in ("app/db", seen["arn"], seen["arn"][:-7]):
        equal(sm("describe-secret", "--secret-id", name)["ARN"], seen["arn"], name)
    sm("describe-secret", "--secret-id", "none", fails="ResourceNotFoundException")
    sm("describe-secret", *S, region="eu-west-1", fails="ResourceNotFoundException")
    holds("app/db" in [s["Name"] for s in sm("list-secrets")["SecretList"]], "the secret is listed")


def check_values_and_versions():
    equal(sm("get-secret-value", *S)["SecretString"], js({"url": "one"}))
    sm("put-secret-value", *S, "--secret-string", js({"url": "two"}))
    equal(sm("get-secret-value", *S)["SecretString"], js({"url": "two"}))
    equal(sm("get-secret-value", *S, "--version-stage", "AWSPREVIOUS")["SecretString"], js({"url": "one"}))
    sm("get-secret-value", *S, "--version-stage", "NONE", fails="ResourceNotFoundException")
    sm("update-secret", *S, "--description", "other", "--secret-string", js({"url": "three"}))
    versions = sm("list-secret-version-ids", *S)["Versions"]
    equal(sorted(stage for v in versions for stage in v["VersionStages"]), ["AWSCURRENT", "AWSPREVIOUS"])
    current = next(v for v in versions if "AWSCURRENT" in v["VersionStages"])["VersionId"]
    before = next(v for v in versions if "AWSPREVIOUS" in v["VersionStages"])["VersionId"]
    move = ["--version-stage", "AWSCURRENT", "--remove-from-version-id", current, "--move-to-version-id", before]
    sm("update-secret-version-stage", *S, *move)
    equal(sm("get-secret-value", *S)["SecretString"], js({"url": "two"}))


def check_tags():
    sm("tag-resource", *S, "--tags", "Key=a,Value=b", "Key=c,Value=d")
    sm("untag-resource", *S, "--tag-keys", "a")
    equal(sm("describe-secret", *S)["Tags"], [{"Key": "c", "Value": "d"}])


def check_deletion():
    sm("delete-secret", *S, "--recovery-window-in-days", "3", fails="InvalidParameterException")
    sm("delete-secret", *S)
    sm("get-secret-value", *S, fails="InvalidRequestException")
    sm("restore-secret", *S)
    sm("get-secret-value", *S)
    sm("delete-secret", *S, "--force-delete-without-recovery")
    sm("describe-secret", *S, fails="ResourceNotFoundException")


main(globals())
