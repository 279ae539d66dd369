from harness import aws, equal, holds, main


def check_caller_identity():
    equal(aws("sts", "get-caller-identity")["Account"], "000000000000", "account")


def check_assume_role():
    role = ["--role-arn", "arn:aws:iam::000000000000:role/deploy", "--role-session-name", "ci-1"]
    answer = aws("sts", "assume-role", *role, "--duration-seconds", "900")
    holds(answer["Credentials"]["AccessKeyId"].startswith("ASIA"), "temporary keys begin with ASIA")
    equal(answer["AssumedRoleUser"]["Arn"], "arn:aws:sts::000000000000:assumed-role/deploy/ci-1")
    aws("sts", "assume-role", "--role-arn", "arn:aws:iam::1:user/not-a-role", "--role-session-name", "ci", fails="ValidationError")


def check_web_identity_as_configure_aws_credentials_asks():
    # The token of GitHub's provider: its signature cannot be verified here, its claims are read.
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJyZXBvOm9yZy9hcHA6cmVmOnJlZnMvaGVhZHMvbWFpbiIsImF1ZCI6InN0cy5hbWF6b25hd3MuY29tIn0.c2ln"
    role = ["--role-arn", "arn:aws:iam::000000000000:role/deploy", "--role-session-name", "GitHubActions"]
    answer = aws("sts", "assume-role-with-web-identity", *role, "--web-identity-token", token)
    equal(answer["SubjectFromWebIdentityToken"], "repo:org/app:ref:refs/heads/main")
    aws("sts", "assume-role-with-web-identity", *role, "--web-identity-token", "nonsense", fails="InvalidIdentityToken")


main(globals())
