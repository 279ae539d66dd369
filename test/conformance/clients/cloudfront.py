import json
import time

from harness import ENDPOINT, Failed, aws, equal, file, holds, http, js, main

BUCKET = "cdn-site"
seen = {}


def config(reference, **more):
    return {
        "CallerReference": reference,
        "Comment": "",
        "Enabled": True,
        "DefaultRootObject": "index.html",
        "Origins": {
            "Quantity": 1,
            "Items": [
                {
                    "Id": "s3",
                    "DomainName": f"{BUCKET}.s3.us-west-2.amazonaws.com",
                    "S3OriginConfig": {"OriginAccessIdentity": ""},
                    "OriginAccessControlId": seen["oac"],
                }
            ],
        },
        "DefaultCacheBehavior": {
            "TargetOriginId": "s3",
            "ViewerProtocolPolicy": "redirect-to-https",
            "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
            "Compress": True,
        },
        "CustomErrorResponses": {
            "Quantity": 1,
            "Items": [{"ErrorCode": 404, "ResponsePagePath": "/404.html", "ResponseCode": "404", "ErrorCachingMinTTL": 5}],
        },
        **more,
    }


def put(key, content, **headers):
    options = [part for name, value in headers.items() for part in (f"--{name.replace('_', '-')}", value)]
    aws("s3api", "put-object", "--bucket", BUCKET, "--key", key, "--body", file(content), *options)


def get(path, **headers):
    status, answered, body = http(f"http://{seen['domain']}{path}", headers=headers)
    return status, body.decode("utf-8", "replace"), answered


def until(done):
    """The CLI's own waiters ask every 20 and 60 seconds."""
    for _ in range(100):
        if done():
            return
        time.sleep(0.1)
    raise Failed("it did not come to be within 10 seconds")


def deployed():
    until(lambda: aws("cloudfront", "get-distribution", "--id", seen["id"])["Distribution"]["Status"] == "Deployed")


def check_origin_access_control():
    aws("s3api", "create-bucket", "--bucket", BUCKET, "--create-bucket-configuration", "LocationConstraint=us-west-2")
    wanted = js({"Name": "site", "SigningProtocol": "sigv4", "SigningBehavior": "always", "OriginAccessControlOriginType": "s3"})
    made = aws("cloudfront", "create-origin-access-control", "--origin-access-control-config", wanted)
    seen["oac"] = made["OriginAccessControl"]["Id"]
    aws("cloudfront", "create-origin-access-control", "--origin-access-control-config", wanted, fails="OriginAccessControlAlreadyExists")
    got = aws("cloudfront", "get-origin-access-control", "--id", seen["oac"])
    equal(got["OriginAccessControl"]["OriginAccessControlConfig"]["Name"], "site")
    listed = aws("cloudfront", "list-origin-access-controls")
    equal(len(listed["OriginAccessControlList"]["Items"]), 1, "controls")


def check_create_and_read_a_distribution():
    made = aws("cloudfront", "create-distribution", "--distribution-config", js(config("one")))
    seen.update(id=made["Distribution"]["Id"], etag=made["ETag"], domain=made["Distribution"]["DomainName"], arn=made["Distribution"]["ARN"])
    aws("cloudfront", "create-distribution", "--distribution-config", js(config("one")), fails="DistributionAlreadyExists")
    got = aws("cloudfront", "get-distribution", "--id", seen["id"])
    equal(got["ETag"], seen["etag"], "entity tag")
    read = aws("cloudfront", "get-distribution-config", "--id", seen["id"])
    equal(read["DistributionConfig"]["DefaultRootObject"], "index.html")
    equal(read["DistributionConfig"]["Restrictions"]["GeoRestriction"]["RestrictionType"], "none", "a default")
    equal(len(aws("cloudfront", "list-distributions")["DistributionList"]["Items"]), 1, "distributions")
    aws("cloudfront", "get-distribution", "--id", "ENONE", fails="NoSuchDistribution")
    deployed()


def check_configurations_that_are_refused():
    wrong = config("two")
    wrong["DefaultCacheBehavior"]["TargetOriginId"] = "other"
    aws("cloudfront", "create-distribution", "--distribution-config", js(wrong), fails="NoSuchOrigin")
    wrong = config("two", DefaultRootObject="/index.html")
    aws("cloudfront", "create-distribution", "--distribution-config", js(wrong), fails="InvalidDefaultRootObject")
    wrong = config("two")
    wrong["Origins"]["Quantity"] = 2
    aws("cloudfront", "create-distribution", "--distribution-config", js(wrong), fails="InconsistentQuantities")


def refused(fails, changed):
    aws("cloudfront", "create-distribution", "--distribution-config", js(changed), fails=fails)


def certificate(*names):
    status, _, body = http(f"{ENDPOINT}/_cloud/cloudfront/certificates", "POST", body=js({"names": names}).encode())
    equal(status, 201, "status")
    arn = json.loads(body)["arn"]
    return {"ACMCertificateArn": arn, "SSLSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1.2_2021"}


def check_names_and_their_certificate():
    names = {"Aliases": {"Quantity": 1, "Items": ["www.example.com"]}}
    refused("InvalidViewerCertificate", config("three", **names))
    refused("InvalidViewerCertificate", config("three", **names, ViewerCertificate=certificate("other.example.com")))
    mine = certificate("example.com", "*.example.com")
    elsewhere = {**mine, "ACMCertificateArn": mine["ACMCertificateArn"].replace("us-east-1", "us-west-2")}
    refused("InvalidViewerCertificate", config("three", **names, ViewerCertificate=elsewhere))
    made = aws("cloudfront", "create-distribution", "--distribution-config", js(config("three", **names, ViewerCertificate=mine)))
    got = made["Distribution"]["DistributionConfig"]["ViewerCertificate"]
    equal((got["Certificate"], got["CertificateSource"], got["CloudFrontDefaultCertificate"]), (mine["ACMCertificateArn"], "acm", False))
    equal(made["Distribution"]["AliasICPRecordals"], [{"CNAME": "www.example.com", "ICPRecordalStatus": "APPROVED"}])
    refused("CNAMEAlreadyExists", config("four", **names, ViewerCertificate=mine))
    off = {**made["Distribution"]["DistributionConfig"], "Enabled": False}
    ident = made["Distribution"]["Id"]
    version = aws("cloudfront", "update-distribution", "--id", ident, "--if-match", made["ETag"], "--distribution-config", js(off))["ETag"]
    until(lambda: aws("cloudfront", "get-distribution", "--id", ident)["Distribution"]["Status"] == "Deployed")
    aws("cloudfront", "delete-distribution", "--id", ident, "--if-match", version)


def check_what_is_left_out_is_filled_in_and_needed_by_an_update():
    read = aws("cloudfront", "get-distribution-config", "--id", seen["id"])
    got = read["DistributionConfig"]
    behavior, origin = got["DefaultCacheBehavior"], got["Origins"]["Items"][0]
    equal((got["PriceClass"], got["HttpVersion"], got["WebACLId"], got["Aliases"]), ("PriceClass_All", "http2", "", {"Quantity": 0}))
    equal(got["Logging"], {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""})
    equal(got["ViewerCertificate"]["CertificateSource"], "cloudfront")
    equal(behavior["AllowedMethods"]["CachedMethods"], {"Quantity": 2, "Items": ["HEAD", "GET"]})
    equal((behavior["SmoothStreaming"], behavior["FunctionAssociations"], behavior["FieldLevelEncryptionId"]), (False, {"Quantity": 0}, ""))
    equal((origin["ConnectionAttempts"], origin["ConnectionTimeout"], origin["OriginShield"]), (3, 10, {"Enabled": False}))
    update = ["cloudfront", "update-distribution", "--id", seen["id"], "--if-match", read["ETag"], "--distribution-config"]
    for name in ["Aliases", "Logging", "WebACLId", "ViewerCertificate", "HttpVersion"]:
        aws(*update, js({key: value for key, value in got.items() if key != name}), fails="IllegalUpdate")
    answer = aws(*update, js(got))
    equal(answer["Distribution"]["DistributionConfig"], got, "the configuration after an update with what was read")
    seen["etag"] = answer["ETag"]


def check_values_are_held_to_the_model():
    for name, value in [("PriceClass", "PriceClass_9"), ("HttpVersion", "HTTP2")]:
        refused("MalformedXML", config("five", **{name: value}))
    wrong = config("five")
    wrong["DefaultCacheBehavior"]["ResponseHeadersPolicyId"] = "00000000-0000-0000-0000-000000000000"
    refused("NoSuchResponseHeadersPolicy", wrong)
    wrong = config("five")
    wrong["Origins"]["Items"][0]["OriginAccessControlId"] = "ENONE"
    refused("InvalidOriginAccessControl", wrong)


def check_update_needs_the_version():
    update = ["cloudfront", "update-distribution", "--id", seen["id"]]
    changed = aws("cloudfront", "get-distribution-config", "--id", seen["id"])["DistributionConfig"]
    changed["Comment"] = "changed"
    aws(*update, "--distribution-config", js(changed), fails="InvalidIfMatchVersion")
    aws(*update, "--distribution-config", js(changed), "--if-match", "EOTHER", fails="PreconditionFailed")
    answer = aws(*update, "--distribution-config", js(changed), "--if-match", seen["etag"])
    holds(answer["ETag"] != seen["etag"], "an update makes a new version")
    seen["etag"] = answer["ETag"]
    changed["CallerReference"] = "other"
    aws(*update, "--distribution-config", js(changed), "--if-match", seen["etag"], fails="IllegalUpdate")


def check_tags():
    aws("cloudfront", "tag-resource", "--resource", seen["arn"], "--tags", js({"Items": [{"Key": "team", "Value": "web"}, {"Key": "x", "Value": "y"}]}))
    aws("cloudfront", "untag-resource", "--resource", seen["arn"], "--tag-keys", js({"Items": ["x"]}))
    equal(aws("cloudfront", "list-tags-for-resource", "--resource", seen["arn"])["Tags"]["Items"], [{"Key": "team", "Value": "web"}])


def check_tags_that_are_refused():
    tag = ["cloudfront", "tag-resource", "--resource", seen["arn"], "--tags"]
    aws(*tag, js({"Items": [{"Key": "aws:mine", "Value": "x"}]}), fails="InvalidTagging")
    aws(*tag, js({"Items": [{"Key": f"k{n}", "Value": ""} for n in range(50)]}), fails="InvalidTagging")


def check_the_cdn_caches():
    put("index.html", "<h1>one</h1>", content_type="text/html", cache_control="public, max-age=300")
    put("404.html", "nothing here", content_type="text/html")
    put("dir/index.html", "dir", content_type="text/html")
    status, body, headers = get("/")
    equal((status, body, headers["x-cache"]), (200, "<h1>one</h1>", "Miss from cloudfront"))
    equal(get("/")[2]["x-cache"], "Hit from cloudfront")
    equal(get("/?utm=1")[2]["x-cache"], "Hit from cloudfront", "a query is no part of the key")
    equal(get("/index.html")[2]["x-cache"], "Miss from cloudfront", "/index.html is an entry of its own")
    equal(get("/dir/")[0], 404, "a folder has no index behind S3's REST endpoint")
    status, body, headers = get("/none.js")
    equal((status, body, headers["x-cache"]), (404, "nothing here", "Error from cloudfront"))
    equal(get("/", Range="bytes=4-6")[:2], (206, "one"))
    equal(get("/", **{"If-None-Match": get("/")[2]["etag"]})[0], 304)


def invalidate(reference, *paths, fails=None):
    batch = js({"CallerReference": reference, "Paths": {"Quantity": len(paths), "Items": list(paths)}})
    # From a file: a batch of thousands does not fit into an argument.
    return aws("cloudfront", "create-invalidation", "--distribution-id", seen["id"], "--invalidation-batch", f"file://{file(batch, 'batch.json')}", fails=fails)


def check_invalidation():
    put("index.html", "<h1>two</h1>", content_type="text/html", cache_control="public, max-age=300")
    equal(get("/")[1], "<h1>one</h1>", "before the invalidation")
    made = invalidate("r1", "/", "/index.html")["Invalidation"]
    equal(made["Status"], "InProgress")
    equal(invalidate("r1", "/", "/index.html")["Invalidation"]["Id"], made["Id"], "the same reference again")
    got = ["cloudfront", "get-invalidation", "--distribution-id", seen["id"], "--id", made["Id"]]
    until(lambda: aws(*got)["Invalidation"]["Status"] == "Completed")
    equal(get("/")[1], "<h1>two</h1>", "after the invalidation")
    listed = aws("cloudfront", "list-invalidations", "--distribution-id", seen["id"])
    equal([one["Id"] for one in listed["InvalidationList"]["Items"]], [made["Id"]])


def check_invalidations_that_are_refused():
    invalidate("r1", "/other", fails="InvalidationBatchAlreadyExists")
    invalidate("r2", "no-slash", fails="InvalidArgument")
    invalidate("r3", "/a*b", fails="InvalidArgument")
    invalidate("r4", *[f"/{n}/*" for n in range(16)], fails="TooManyInvalidationsInProgress")
    invalidate("r5", *[f"/{n}" for n in range(3001)], fails="BatchTooLarge")
    aws("cloudfront", "get-invalidation", "--distribution-id", seen["id"], "--id", "INONE", fails="NoSuchInvalidation")


FUNCTION = """function handler(event) {
  if (event.request.uri === "/hello") return { statusCode: 200, body: "made at the edge" };
  if (event.request.uri === "/there") event.request.uri = "/index.html";
  console.log(event.request.uri);
  return event.request;
}
"""


def function(verb, *args, fails=None):
    return aws("cloudfront", f"{verb}-function", "--name", "edge", *args, fails=fails)


def code(text, name="edge.js"):
    return ["--function-config", js({"Comment": "edge", "Runtime": "cloudfront-js-2.0"}), "--function-code", f"fileb://{file(text, name)}"]


def check_functions_have_two_stages():
    made = function("create", *code("function handler() {}"))
    seen["function"] = made["FunctionSummary"]["FunctionMetadata"]["FunctionARN"]
    equal((made["FunctionSummary"]["Status"], made["FunctionSummary"]["FunctionMetadata"]["Stage"]), ("UNPUBLISHED", "DEVELOPMENT"))
    function("create", *code(FUNCTION), fails="FunctionAlreadyExists")
    aws("cloudfront", "create-function", "--name", "large", *code("//" + "x" * 10240), fails="FunctionSizeLimitExceeded")
    function("describe", "--stage", "LIVE", fails="NoSuchFunctionExists")
    function("update", "--if-match", "EOTHER", *code(FUNCTION), fails="PreconditionFailed")
    version = function("update", "--if-match", made["ETag"], *code(FUNCTION))["ETag"]
    equal(function("describe")["ETag"], version, "entity tag")
    function("publish", "--if-match", made["ETag"], fails="PreconditionFailed")
    equal(function("publish", "--if-match", version)["FunctionSummary"]["FunctionMetadata"]["Stage"], "LIVE")
    out = file("", "code.js")
    equal(function("get", "--stage", "LIVE", out)["ETag"], version)
    with open(out, encoding="utf-8") as got:
        equal(got.read(), FUNCTION, "the code")
    listed = aws("cloudfront", "list-functions", "--stage", "LIVE")["FunctionList"]
    equal([one["Name"] for one in listed["Items"]], ["edge"])
    seen["function-version"] = version


def check_a_function_is_tried_on_an_event():
    request = {"method": "GET", "uri": "/there", "querystring": {}, "headers": {}, "cookies": {}}
    event = {"version": "1.0", "context": {"eventType": "viewer-request"}, "viewer": {"ip": "1.2.3.4"}, "request": request}
    given = ["--event-object", f"fileb://{file(js(event), 'event.json')}"]
    result = function("test", "--if-match", seen["function-version"], "--stage", "LIVE", *given)["TestResult"]
    equal((json.loads(result["FunctionOutput"])["request"]["uri"], result["FunctionErrorMessage"]), ("/index.html", ""))
    equal(result["FunctionExecutionLogs"], ["/index.html"])
    function("test", "--if-match", "EOTHER", *given, fails="InvalidIfMatchVersion")


def associate(*arns, fails=None):
    read = aws("cloudfront", "get-distribution-config", "--id", seen["id"])
    changed = read["DistributionConfig"]
    items = [{"FunctionARN": arn, "EventType": "viewer-request"} for arn in arns]
    changed["DefaultCacheBehavior"]["FunctionAssociations"] = {"Quantity": len(items), "Items": items} if items else {"Quantity": 0}
    update = ["--id", seen["id"], "--if-match", read["ETag"], "--distribution-config", js(changed)]
    answer = aws("cloudfront", "update-distribution", *update, fails=fails)
    if not fails:
        seen["etag"] = answer["ETag"]


def check_a_distribution_runs_its_function():
    associate(seen["function"] + "-none", fails="InvalidFunctionAssociation")
    associate(seen["function"], seen["function"], fails="TooManyFunctionAssociations")
    associate(seen["function"])
    status, body, headers = get("/hello")
    equal((status, body, headers["x-cache"]), (200, "made at the edge", "FunctionGeneratedResponse from cloudfront"))
    equal(get("/there")[:2], (200, "<h1>two</h1>"))
    function("delete", "--if-match", seen["function-version"], fails="FunctionInUse")
    associate()
    equal(get("/there")[0], 404, "without its function")
    function("delete", "--if-match", seen["function-version"])
    function("describe", fails="NoSuchFunctionExists")


def check_a_policy_without_list_bucket_turns_404_into_403():
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
        "Condition": {"StringEquals": {"AWS:SourceArn": seen["arn"]}},
    }
    aws("s3api", "put-bucket-policy", "--bucket", BUCKET, "--policy", js({"Version": "2012-10-17", "Statement": [statement]}))
    equal(get("/missing-now")[0], 403)
    equal(get("/404.html")[0], 200)


def check_delete():
    aws("cloudfront", "delete-distribution", "--id", seen["id"], "--if-match", seen["etag"], fails="DistributionNotDisabled")
    off = aws("cloudfront", "get-distribution-config", "--id", seen["id"])["DistributionConfig"]
    off["Enabled"] = False
    answer = aws("cloudfront", "update-distribution", "--id", seen["id"], "--if-match", seen["etag"], "--distribution-config", json.dumps(off))
    equal(get("/")[0], 403, "a disabled distribution")
    deployed()
    control = ["cloudfront", "delete-origin-access-control", "--id", seen["oac"]]
    version = aws("cloudfront", "get-origin-access-control", "--id", seen["oac"])["ETag"]
    aws(*control, "--if-match", version, fails="OriginAccessControlInUse")
    aws("cloudfront", "delete-distribution", "--id", seen["id"], "--if-match", answer["ETag"])
    aws(*control, "--if-match", version)


main(globals())
