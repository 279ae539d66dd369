from harness import aws, equal, holds, main


def ssm(operation, *args, **options):
    return aws("ssm", operation, *args, **options)


def check_values_and_versions():
    url = ["--name", "/app/url"]
    equal(ssm("put-parameter", *url, "--value", "one", "--type", "String"), {"Version": 1, "Tier": "Standard"})
    ssm("put-parameter", *url, "--value", "two", fails="ParameterAlreadyExists")
    ssm("put-parameter", *url, "--value", "two", "--overwrite")
    found = ssm("get-parameter", *url)["Parameter"]
    equal((found["Value"], found["Version"]), ("two", 2))
    equal(found["ARN"], "arn:aws:ssm:us-west-2:000000000000:parameter/app/url")
    equal(ssm("get-parameter", "--name", "/app/url:1")["Parameter"]["Value"], "one")
    equal(ssm("get-parameter", "--name", found["ARN"])["Parameter"]["Value"], "two")
    ssm("get-parameter", "--name", "/app/url:3", fails="ParameterVersionNotFound")
    ssm("get-parameter", "--name", "/app/none", fails="ParameterNotFound")
    ssm("get-parameter", *url, region="eu-west-1", fails="ParameterNotFound")
    equal([one["Value"] for one in ssm("get-parameter-history", *url)["Parameters"]], ["one", "two"])


def check_secure_values():
    ssm("put-parameter", "--name", "/app/deep/password", "--value", "secret", "--type", "SecureString")
    both = ssm("get-parameters", "--names", "/app/deep/password", "none")
    holds(both["Parameters"][0]["Value"] != "secret", "a value that was not to be decrypted is not told")
    equal(both["InvalidParameters"], ["none"])
    equal(ssm("get-parameter", "--name", "/app/deep/password", "--with-decryption")["Parameter"]["Value"], "secret")


def check_paths_and_filters():
    names = lambda answer: [one["Name"] for one in answer["Parameters"]]
    equal(names(ssm("get-parameters-by-path", "--path", "/app")), ["/app/url"])
    equal(names(ssm("get-parameters-by-path", "--path", "/app", "--recursive")), ["/app/deep/password", "/app/url"])
    only = ["--parameter-filters", "Key=Type,Values=SecureString"]
    equal(names(ssm("describe-parameters", *only)), ["/app/deep/password"])


def check_what_is_refused():
    put = lambda name, value, *more, fails: ssm("put-parameter", "--name", name, "--value", value, *more, fails=fails)
    put("a b", "x", "--type", "String", fails="ValidationException")
    put("app/url", "x", "--type", "String", fails="ValidationException")
    put("/ssm/url", "x", "--type", "String", fails="ValidationException")
    put("/app/new", "x", fails="ValidationException")
    put("/app/new", "x" * 4097, "--type", "String", fails="ValidationException")
    put("/app/new", "x", "--type", "String", "--allowed-pattern", "^\\d+$", fails="ParameterPatternMismatchException")
    put("/app/url", "x", "--overwrite", "--tags", "Key=a,Value=b", fails="ValidationException")


def check_tags_and_deletion():
    on = ["--resource-type", "Parameter", "--resource-id", "/app/url"]
    ssm("add-tags-to-resource", *on, "--tags", "Key=a,Value=b", "Key=c,Value=d")
    ssm("remove-tags-from-resource", *on, "--tag-keys", "a")
    equal(ssm("list-tags-for-resource", *on)["TagList"], [{"Key": "c", "Value": "d"}])
    ssm("delete-parameter", "--name", "/app/url")
    ssm("list-tags-for-resource", *on, fails="InvalidResourceId")
    gone = ssm("delete-parameters", "--names", "/app/deep/password", "/app/url")
    equal((gone["DeletedParameters"], gone["InvalidParameters"]), (["/app/deep/password"], ["/app/url"]))


main(globals())
