import os

from harness import aws, equal, holds, main


def as_(key, secret, token, *args, **more):
    """A call with other keys than those of the environment; a CLI of its own process reads them."""
    before = dict(os.environ)
    os.environ.update(AWS_ACCESS_KEY_ID=key, AWS_SECRET_ACCESS_KEY=secret)
    os.environ.update({"AWS_SESSION_TOKEN": token} if token else {})
    try:
        return aws(*args, fresh=True, **more)
    finally:
        os.environ.clear()
        os.environ.update(before)


def check_caller_identity():
    equal(aws("sts", "get-caller-identity")["Account"], "000000000000", "account")


def check_assume_role():
    role = ["--role-arn", "arn:aws:iam::000000000000:role/deploy", "--role-session-name", "ci-1"]
    answer = aws("sts", "assume-role", *role, "--duration-seconds", "900")
    holds(answer["Credentials"]["AccessKeyId"].startswith("ASIA"), "temporary keys begin with ASIA")
    equal(answer["AssumedRoleUser"]["Arn"], "arn:aws:sts::000000000000:assumed-role/deploy/ci-1")
    keys = answer["Credentials"]
    pair = (keys["AccessKeyId"], keys["SecretAccessKey"])
    who = as_(*pair, keys["SessionToken"], "sts", "get-caller-identity")
    equal(who["Arn"], "arn:aws:sts::000000000000:assumed-role/deploy/ci-1")
    as_(*pair, keys["SessionToken"], "ecs", "list-clusters")
    as_(*pair, keys["SessionToken"], "s3api", "list-buckets")
    as_(*pair, None, "sts", "get-caller-identity", fails="InvalidClientTokenId")
    as_(*pair, None, "ecs", "list-clusters", fails="UnrecognizedClientException")
    as_(*pair, None, "s3api", "list-buckets", fails="InvalidAccessKeyId")
    as_(*pair, keys["SessionToken"][:-1] + "~", "s3api", "list-buckets", fails="InvalidToken")
    aws("sts", "assume-role", "--role-arn", "arn:aws:iam::1:user/not-a-role", "--role-session-name", "ci", fails="ValidationError")


def check_web_identity_as_configure_aws_credentials_asks():
    # The token of GitHub's provider: its signature cannot be verified here, its claims are read.
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJyZXBvOm9yZy9hcHA6cmVmOnJlZnMvaGVhZHMvbWFpbiIsImF1ZCI6InN0cy5hbWF6b25hd3MuY29tIn0.c2ln"
    role = ["--role-arn", "arn:aws:iam::000000000000:role/deploy", "--role-session-name", "GitHubActions"]
    answer = aws("sts", "assume-role-with-web-identity", *role, "--web-identity-token", token)
    equal(answer["SubjectFromWebIdentityToken"], "repo:org/app:ref:refs/heads/main")
    aws("sts", "assume-role-with-web-identity", *role, "--web-identity-token", "nonsense", fails="InvalidIdentityToken")


def check_another_secret():
    wrong = ("local", "not-local", None)
    as_(*wrong, "sts", "get-caller-identity", fails="SignatureDoesNotMatch")
    as_(*wrong, "cloudfront", "list-distributions", fails="SignatureDoesNotMatch")
    as_(*wrong, "elbv2", "describe-load-balancers", fails="SignatureDoesNotMatch")
    as_(*wrong, "s3api", "list-buckets", fails="SignatureDoesNotMatch")
    as_(*wrong, "cloudwatch", "list-metrics", fails="InvalidSignatureException")
    for service, call in [("ecs", "list-clusters"), ("ecr", "describe-repositories"), ("apprunner", "list-services"), ("secretsmanager", "list-secrets"), ("logs", "describe-log-groups")]:
        as_(*wrong, service, call, fails="InvalidSignatureException")
        as_("AKIALOCALCLOUD000000", "local", None, service, call, fails="UnrecognizedClientException")


main(globals())
