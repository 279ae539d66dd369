import base64
import hashlib
import os
import shutil
import subprocess
import time

from harness import ENDPOINT, TMP, Failed, aws, equal, file, holds, http, js, main, signed

B = "conformance-bucket"
WEST = ["--create-bucket-configuration", "LocationConstraint=us-west-2"]
NASTY = [
    "plain.txt",
    "with space.txt",
    "plus+plus.txt",
    "per%cent.txt",
    "per%20cent.txt",
    "hash#hash.txt",
    "question?.txt",
    "umlaut-\u00fc.txt",
    "umlaut-u\u0308.txt",
    "emoji-\U0001f680.txt",
    "quote'\"<>&.txt",
    "folder/.well-known/a",
    "folder//double",
    "~tilde!*()",
    "\uffee-before-the-rocket",
]


def s3api(operation, *args, **options):
    return aws("s3api", operation, *args, **options)


def on(operation, *args, **options):
    return s3api(operation, "--bucket", B, *args, **options)


def put(key, content="content", *args, **options):
    return on("put-object", "--key", key, "--body", file(content), *args, **options)


def get(key, *args, **options):
    path = os.path.join(TMP, "got")
    answer = on("get-object", "--key", key, *args, path, **options)
    if answer is None:
        return None, None
    with open(path, "rb") as handle:
        return answer, handle.read()


def check_buckets():
    s3api("create-bucket", "--bucket", B, *WEST)
    s3api("create-bucket", "--bucket", B, *WEST, fails="BucketAlreadyOwnedByYou")
    s3api("create-bucket", "--bucket", "no-place-given", fails="IllegalLocationConstraintException")
    s3api("create-bucket", "--bucket", "Not_A_Name", *WEST, fails="InvalidBucketName")
    on("head-bucket")
    s3api("head-bucket", "--bucket", "nobody-has-this", fails="404")
    equal(on("get-bucket-location")["LocationConstraint"], "us-west-2")
    holds(B in [b["Name"] for b in s3api("list-buckets")["Buckets"]], "the bucket is listed")
    s3api("create-bucket", "--bucket", "short-lived", *WEST)
    s3api("delete-bucket", "--bucket", "short-lived")
    s3api("delete-bucket", "--bucket", "short-lived", fails="NoSuchBucket")


def check_another_region():
    s3api("create-bucket", "--bucket", "in-ireland", "--create-bucket-configuration", "LocationConstraint=eu-west-1", region="eu-west-1")
    ask = lambda region: signed("/in-ireland?list-type=2", region=region)
    status, headers, body = ask("us-west-2")
    equal((status, headers["x-amz-bucket-region"]), (301, "eu-west-1"))
    holds(b"<Code>PermanentRedirect</Code>" in body, "PermanentRedirect")
    status, headers, body = ask("us-east-1")
    equal(status, 400)
    holds(b"<Code>AuthorizationHeaderMalformed</Code>" in body and b"<Region>eu-west-1</Region>" in body, "the right region is told")


def check_put_and_get_with_headers():
    put(
        "page.html",
        "<h1>hello</h1>",
        *["--content-type", "text/html; charset=utf-8", "--cache-control", "no-cache", "--content-language", "en"],
        *["--content-disposition", "inline", "--metadata", "a=b,c=d", "--website-redirect-location", "/new"],
        *["--tagging", "team=web"],
    )
    answer, body = get("page.html")
    equal(body, b"<h1>hello</h1>")
    equal(answer["ETag"], '"%s"' % hashlib.md5(body).hexdigest())
    equal(answer["Metadata"], {"a": "b", "c": "d"})
    equal(
        (answer["ContentType"], answer["CacheControl"], answer["ContentLanguage"], answer["WebsiteRedirectLocation"], answer["TagCount"]),
        ("text/html; charset=utf-8", "no-cache", "en", "/new", 1),
    )
    equal(on("head-object", "--key", "page.html")["ContentLength"], 14)
    get("no-such-key", fails="NoSuchKey")
    on("head-object", "--key", "no-such-key", fails="404")


def check_names_that_are_nasty():
    for key in NASTY:
        put(f"nasty/{key}", key)
    for key in NASTY:
        equal(get(f"nasty/{key}")[1].decode(), key, key)
    listed = [o["Key"] for o in on("list-objects-v2", "--prefix", "nasty/")["Contents"]]
    equal(listed, sorted((f"nasty/{k}" for k in NASTY), key=lambda k: k.encode()), "the order of UTF-8 bytes")
    put("k" * 1024)
    put("k" * 1025, fails="KeyTooLongError")
    on("delete-object", "--key", "k" * 1024)


def check_ranges_and_conditional_reads():
    put("range", "0123456789")
    answer, body = get("range", "--range", "bytes=2-4")
    equal((body, answer["ContentRange"]), (b"234", "bytes 2-4/10"))
    equal(get("range", "--range", "bytes=-3")[1], b"789")
    get("range", "--range", "bytes=10-", fails="InvalidRange")
    etag = answer["ETag"]
    get("range", "--if-none-match", etag, fails="304")
    get("range", "--if-match", '"other"', fails="PreconditionFailed")
    get("range", "--if-unmodified-since", "2020-01-01T00:00:00Z", fails="PreconditionFailed")
    get("range", "--if-modified-since", "2099-01-01T00:00:00Z", fails="304")
    equal(get("range", "--if-match", etag)[1], b"0123456789")


def check_conditional_writes():
    first = put("lock", "1", "--if-none-match", "*")
    put("lock", "2", "--if-none-match", "*", fails="PreconditionFailed")
    put("lock", "2", "--if-match", '"wrong"', fails="PreconditionFailed")
    put("missing", "2", "--if-match", first["ETag"], fails="NoSuchKey")
    put("lock", "2", "--if-none-match", first["ETag"], fails="NotImplemented")
    second = put("lock", "2", "--if-match", first["ETag"])
    on("delete-object", "--key", "lock", "--if-match", first["ETag"], fails="PreconditionFailed")
    on("delete-object", "--key", "lock", "--if-match", second["ETag"])
    get("lock", fails="NoSuchKey")


def check_checksums():
    content = b"checksummed"
    for algorithm, wanted in [
        ("SHA256", base64.b64encode(hashlib.sha256(content).digest()).decode()),
        ("SHA1", base64.b64encode(hashlib.sha1(content).digest()).decode()),
        ("CRC32", None),
    ]:
        answer = put("sum", content, "--checksum-algorithm", algorithm)
        if wanted:
            equal(answer[f"Checksum{algorithm}"], wanted)
        head = on("head-object", "--key", "sum", "--checksum-mode", "ENABLED")
        equal(head[f"Checksum{algorithm}"], answer[f"Checksum{algorithm}"])
    put("sum", content, "--checksum-sha256", base64.b64encode(bytes(32)).decode(), fails="BadDigest")
    put("sum", content, "--content-md5", base64.b64encode(bytes(16)).decode(), fails="BadDigest")
    put("sum", content, "--content-md5", "nonsense", fails="InvalidDigest")
    put("sum", content, "--content-md5", base64.b64encode(hashlib.md5(content).digest()).decode())
    attributes = on("get-object-attributes", "--key", "sum", "--object-attributes", "ETag", "ObjectSize", "Checksum")
    equal(attributes["ObjectSize"], len(content))


def check_a_body_that_is_not_what_was_signed():
    status, _, body = signed(f"/{B}/x", "PUT", b"this", payload=hashlib.sha256(b"other").hexdigest())
    holds(status == 400 and b"XAmzContentSHA256Mismatch" in body, body)
    status, _, body = http(f"{ENDPOINT}/{B}/x", "PUT", {}, b"this")
    holds(status == 403 and b"AccessDenied" in body, "anonymous requests are refused")


def check_copies():
    put("source", "copied", "--content-type", "text/plain", "--metadata", "a=b", "--cache-control", "no-cache")
    source = ["--copy-source", f"{B}/source"]
    on("copy-object", "--key", "copy", *source)
    equal(get("copy")[0]["Metadata"], {"a": "b"}, "headers are copied")
    on("copy-object", "--key", "copy", *source, "--metadata-directive", "REPLACE", "--content-type", "text/html", "--metadata", "c=d")
    answer, body = get("copy")
    equal((body, answer["ContentType"], answer["Metadata"], answer.get("CacheControl")), (b"copied", "text/html", {"c": "d"}, None))
    on("copy-object", "--key", "source", *source, fails="InvalidRequest")
    on("copy-object", "--key", "source", *source, "--metadata-directive", "REPLACE", "--content-type", "text/css")
    equal(get("source")[0]["ContentType"], "text/css", "in place, with other headers")
    on("copy-object", "--key", "copy", "--copy-source", f"{B}/missing", fails="NoSuchKey")
    on("copy-object", "--key", "copy", *source, "--copy-source-if-match", '"other"', fails="PreconditionFailed")
    on("copy-object", "--key", "copy", *source, "--copy-source-if-none-match", answer["ETag"], fails="PreconditionFailed")
    put("nasty copy+%.txt", "x")
    on("copy-object", "--key", "copy", "--copy-source", f"{B}/nasty copy+%.txt")
    equal(get("copy")[1], b"x")


def check_conditional_copies():
    put("from", "x")
    source = ["--copy-source", f"{B}/from"]
    try:
        on("copy-object", "--key", "fresh", *source, "--if-none-match", "*")
    except Failed as problem:
        # A client of before October 2025 does not know these options.
        if "Unknown options" in str(problem):
            return
        raise
    on("copy-object", "--key", "fresh", *source, "--if-none-match", "*", fails="PreconditionFailed")
    on("copy-object", "--key", "fresh", *source, "--if-match", '"other"', fails="PreconditionFailed")


def check_deletes():
    for n in range(3):
        put(f"gone/{n}", "x")
    names = js({"Objects": [{"Key": f"gone/{n}"} for n in range(2)] + [{"Key": "never/there"}]})
    answer = on("delete-objects", "--delete", names)
    equal(len(answer["Deleted"]), 3, "a key that is not there is deleted too")
    holds("Deleted" not in on("delete-objects", "--delete", js({"Objects": [{"Key": "gone/2"}], "Quiet": True})), "quiet")
    conditional = on("delete-objects", "--delete", js({"Objects": [{"Key": "page.html", "ETag": '"other"'}]}))
    equal(conditional["Errors"][0]["Code"], "PreconditionFailed")
    many = file(js({"Objects": [{"Key": f"k{n}"} for n in range(1001)]}), "many.json")
    on("delete-objects", "--delete", f"file://{many}", fails="MalformedXML")


def check_a_key_that_cannot_be_deleted():
    put("stubborn", "x")
    http(f"{ENDPOINT}/_cloud/faults", "POST", {}, js({"kind": "key-error", "resource": "stubborn", "code": "AccessDenied"}).encode())
    answer = on("delete-objects", "--delete", js({"Objects": [{"Key": "stubborn"}, {"Key": "other"}]}))
    equal([(e["Key"], e["Code"]) for e in answer["Errors"]], [("stubborn", "AccessDenied")])
    http(f"{ENDPOINT}/_cloud/faults", "DELETE")


def check_listings():
    for n in range(25):
        put(f"list/{n % 5}/{n:02}", "x")
    every = [o["Key"] for o in on("list-objects-v2", "--prefix", "list/", "--page-size", "4")["Contents"]]
    equal(every, sorted(every), "order")
    equal(len(every), 25)
    folders = on("list-objects-v2", "--prefix", "list/", "--delimiter", "/", "--page-size", "2")
    equal([p["Prefix"] for p in folders["CommonPrefixes"]], [f"list/{n}/" for n in range(5)])
    after = on("list-objects-v2", "--prefix", "list/", "--start-after", "list/4/19")
    equal([o["Key"] for o in after["Contents"]], ["list/4/24"])
    first = on("list-objects-v2", "--prefix", "list/", "--max-keys", "3", "--no-paginate")
    holds(first["IsTruncated"] and first["KeyCount"] == 3, "three keys of more")
    on("list-objects-v2", "--continuation-token", "nonsense", "--no-paginate", fails="InvalidArgument")
    old = on("list-objects", "--prefix", "list/", "--page-size", "7")
    equal([o["Key"] for o in old["Contents"]], every, "the first version of the list")
    s3api("list-objects-v2", "--bucket", "nobody-has-this", fails="NoSuchBucket")


def check_multipart():
    five = 5 * 1024 * 1024
    upload = on("create-multipart-upload", "--key", "big", "--content-type", "text/plain")["UploadId"]
    this = ["--key", "big", "--upload-id", upload]
    one = on("upload-part", *this, "--part-number", "1", "--body", file(b"a" * five))
    on("upload-part-copy", *this, "--part-number", "2", "--copy-source", f"{B}/range", "--copy-source-range", "bytes=0-4")
    parts = on("list-parts", *this)["Parts"]
    equal([p["Size"] for p in parts], [five, 5])
    equal([u["Key"] for u in on("list-multipart-uploads")["Uploads"]], ["big"])
    named = lambda *numbers: js({"Parts": [{"PartNumber": n, "ETag": parts[n - 1]["ETag"]} for n in numbers]})
    finish = ["complete-multipart-upload", *this, "--multipart-upload"]
    on(*finish, named(2, 1), fails="InvalidPartOrder")
    on(*finish, js({"Parts": [{"PartNumber": 1, "ETag": '"no"'}]}), fails="InvalidPart")
    put("big", "there", "--if-none-match", "*")
    on(*finish, named(1, 2), "--if-none-match", "*", fails="PreconditionFailed")
    done = on(*finish, named(1, 2))
    digest = hashlib.md5(bytes.fromhex(one["ETag"].strip('"')) + hashlib.md5(b"01234").digest()).hexdigest()
    equal(done["ETag"], f'"{digest}-2"')
    answer, body = get("big")
    equal((len(body), body[-6:], answer["ContentType"]), (five + 5, b"a01234", "text/plain"))
    equal(get("big", "--part-number", "2")[1], b"01234")
    on("copy-object", "--key", "big-copy", "--copy-source", f"{B}/big")
    equal(on("head-object", "--key", "big-copy")["ETag"], '"%s"' % hashlib.md5(body).hexdigest(), "a copy is in one part")


def check_multipart_that_is_refused_or_given_up():
    upload = on("create-multipart-upload", "--key", "small")["UploadId"]
    this = ["--key", "small", "--upload-id", upload]
    tags = [on("upload-part", *this, "--part-number", n, "--body", file("tiny"))["ETag"] for n in (1, 2)]
    parts = js({"Parts": [{"PartNumber": n + 1, "ETag": tag} for n, tag in enumerate(tags)]})
    on("complete-multipart-upload", *this, "--multipart-upload", parts, fails="EntityTooSmall")
    on("abort-multipart-upload", *this)
    on("list-parts", *this, fails="NoSuchUpload")
    on("upload-part", *this, "--part-number", "10001", "--body", file("x"), fails="InvalidArgument")
    on("upload-part", *this, "--part-number", "1", "--body", file("x"), fails="NoSuchUpload")


def check_tags_of_objects():
    put("tagged", "x")
    on("put-object-tagging", "--key", "tagged", "--tagging", js({"TagSet": [{"Key": "a", "Value": "b"}]}))
    equal(on("get-object-tagging", "--key", "tagged")["TagSet"], [{"Key": "a", "Value": "b"}])
    on("delete-object-tagging", "--key", "tagged")
    equal(on("get-object-tagging", "--key", "tagged")["TagSet"], [])


def check_documents_of_buckets():
    on("get-bucket-policy", fails="NoSuchBucketPolicy")
    public = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{B}/*"}
    policy = js({"Version": "2012-10-17", "Statement": [public]})
    on("put-bucket-policy", "--policy", policy, fails="AccessDenied")
    on("put-bucket-policy", "--policy", "{", fails="MalformedPolicy")
    equal(on("get-public-access-block")["PublicAccessBlockConfiguration"]["BlockPublicPolicy"], True)
    on("put-public-access-block", "--public-access-block-configuration", "BlockPublicPolicy=false,RestrictPublicBuckets=false")
    on("put-bucket-policy", "--policy", policy)
    put("public.txt", "for everyone")
    equal(http(f"{ENDPOINT}/{B}/public.txt")[2], b"for everyone", "an anonymous read of a public bucket")
    on("get-bucket-policy")
    on("delete-bucket-policy")
    equal(http(f"{ENDPOINT}/{B}/public.txt")[0], 403)
    on("put-bucket-acl", "--acl", "public-read", fails="AccessControlListNotSupported")
    on("delete-public-access-block")
    on("get-public-access-block", fails="NoSuchPublicAccessBlockConfiguration")
    pairs = [
        ("cors", "cors", "--cors-configuration", {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}, "NoSuchCORSConfiguration"),
        ("lifecycle-configuration", "lifecycle", "--lifecycle-configuration", {"Rules": [{"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 9}}]}, "NoSuchLifecycleConfiguration"),
        ("website", "website", "--website-configuration", {"IndexDocument": {"Suffix": "index.html"}}, "NoSuchWebsiteConfiguration"),
        ("tagging", "tagging", "--tagging", {"TagSet": [{"Key": "a", "Value": "b"}]}, "NoSuchTagSet"),
        ("ownership-controls", "ownership-controls", "--ownership-controls", {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}, "OwnershipControlsNotFoundError"),
    ]
    for name, short, option, document, missing in pairs:
        on(f"put-bucket-{name}", option, js(document))
        on(f"get-bucket-{name}")
        on(f"delete-bucket-{short}")
        on(f"get-bucket-{name}", fails=missing)
    rule = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    on("put-bucket-encryption", "--server-side-encryption-configuration", js(rule))
    on("delete-bucket-encryption")
    on("get-bucket-encryption")
    on("put-bucket-logging", "--bucket-logging-status", "{}")
    on("get-bucket-logging")
    on("put-bucket-notification-configuration", "--notification-configuration", "{}")
    on("get-bucket-notification-configuration")
    on("put-bucket-request-payment", "--request-payment-configuration", "Payer=BucketOwner")
    equal(on("get-bucket-request-payment")["Payer"], "BucketOwner")
    on("get-bucket-acl")


def check_a_policy_that_denies():
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{B}/*"}
    deny["Condition"] = {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}
    on("put-bucket-policy", "--policy", js({"Version": "2012-10-17", "Statement": [deny]}))
    equal(on("get-bucket-policy-status")["PolicyStatus"]["IsPublic"], False, "is public")
    put("denied", "x", fails="AccessDenied")
    answer = put("denied", "x", "--server-side-encryption", "aws:kms")
    equal(answer["ServerSideEncryption"], "aws:kms", "encryption")
    on("delete-object", "--key", "denied")
    on("delete-bucket-policy")


def check_access_control_lists():
    name = "conformance-acls"
    s3api("create-bucket", "--bucket", name, "--object-ownership", "ObjectWriter", *WEST)
    s3api("put-object", "--bucket", name, "--key", "a", "--body", file("x"))
    at = ["--bucket", name, "--key", "a"]
    s3api("put-object-acl", *at, "--acl", "public-read", fails="AccessDenied")
    s3api("delete-public-access-block", "--bucket", name)
    s3api("put-object-acl", *at, "--acl", "public-read")
    equal([grant["Permission"] for grant in s3api("get-object-acl", *at)["Grants"]], ["FULL_CONTROL", "READ"], "grants")
    equal(http(f"{ENDPOINT}/{name}/a")[0], 200, "status of a stranger's request")
    s3api("put-bucket-acl", "--bucket", name, "--acl", "private")
    s3api("delete-object", *at)
    s3api("delete-bucket", "--bucket", name)


def check_object_lock():
    name = "conformance-lock"
    s3api("create-bucket", "--bucket", name, "--object-lock-enabled-for-bucket", *WEST)
    retention = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}}
    s3api("put-object-lock-configuration", "--bucket", name, "--object-lock-configuration", js(retention))
    equal(s3api("get-object-lock-configuration", "--bucket", name)["ObjectLockConfiguration"], retention, "configuration")
    md5 = base64.b64encode(hashlib.md5(b"x").digest()).decode()
    version = s3api("put-object", "--bucket", name, "--key", "a", "--body", file("x"), "--content-md5", md5)["VersionId"]
    at = ["--bucket", name, "--key", "a", "--version-id", version]
    equal(s3api("get-object-retention", *at)["Retention"]["Mode"], "GOVERNANCE", "mode")
    s3api("delete-object", *at, fails="AccessDenied")
    s3api("put-object-legal-hold", *at, "--legal-hold", "Status=ON")
    equal(s3api("get-object-legal-hold", *at)["LegalHold"]["Status"], "ON", "hold")
    s3api("delete-object", *at, "--bypass-governance-retention", fails="AccessDenied")
    s3api("put-object-legal-hold", *at, "--legal-hold", "Status=OFF")
    shorter = js({"Mode": "GOVERNANCE", "RetainUntilDate": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60))})
    s3api("put-object-retention", *at, "--retention", shorter, fails="AccessDenied")
    s3api("put-object-retention", *at, "--retention", shorter, "--bypass-governance-retention")
    s3api("delete-object", *at, "--bypass-governance-retention")
    s3api("delete-bucket", "--bucket", name)


def check_versions():
    name = "versioned-bucket"
    s3api("create-bucket", "--bucket", name, *WEST)
    holds("Status" not in s3api("get-bucket-versioning", "--bucket", name), "never asked for")
    s3api("put-bucket-versioning", "--bucket", name, "--versioning-configuration", "Status=Enabled")
    first = s3api("put-object", "--bucket", name, "--key", "k", "--body", file("1"))["VersionId"]
    second = s3api("put-object", "--bucket", name, "--key", "k", "--body", file("2"))["VersionId"]
    holds(first != second, "every put is a version")
    marker = s3api("delete-object", "--bucket", name, "--key", "k")
    equal(marker["DeleteMarker"], True)
    s3api("head-object", "--bucket", name, "--key", "k", fails="404")
    got = s3api("get-object", "--bucket", name, "--key", "k", "--version-id", first, os.path.join(TMP, "v"))
    equal(got["VersionId"], first)
    listed = s3api("list-object-versions", "--bucket", name)
    equal(([v["VersionId"] for v in listed["Versions"]], len(listed["DeleteMarkers"])), ([second, first], 1))
    s3api("delete-bucket", "--bucket", name, fails="BucketNotEmpty")
    s3api("delete-object", "--bucket", name, "--key", "k", "--version-id", marker["VersionId"])
    equal(s3api("head-object", "--bucket", name, "--key", "k")["VersionId"], second, "the marker is gone")
    for version in (first, second):
        s3api("delete-object", "--bucket", name, "--key", "k", "--version-id", version)
    s3api("delete-bucket", "--bucket", name)


def check_presigned_urls():
    put("signed", "by query")
    url = aws("s3", "presign", f"s3://{B}/signed", "--expires-in", "60")["text"]
    equal(http(url)[2], b"by query")
    url = aws("s3", "presign", f"s3://{B}/signed", "--expires-in", "1")["text"]
    time.sleep(2.1)
    status, _, body = http(url)
    holds(status == 403 and b"Request has expired" in body, body)
    url = aws("s3", "presign", f"s3://{B}/signed", "--expires-in", "60")["text"]
    status, _, body = http(url.replace("/signed?", "/source?"))
    holds(status == 403 and b"SignatureDoesNotMatch" in body, "a URL is good for its own key")
    status, _, body = http(url, "DELETE")
    holds(status == 403 and b"SignatureDoesNotMatch" in body, "and for its own verb")


def check_virtual_hosts():
    equal(signed("/signed", host=f"{B}.s3.us-west-2.amazonaws.com")[2], b"by query")


def site(folder, files):
    path = os.path.join(TMP, folder)
    shutil.rmtree(path, ignore_errors=True)
    for name, content in files.items():
        os.makedirs(os.path.dirname(os.path.join(path, name)), exist_ok=True)
        with open(os.path.join(path, name), "w", encoding="utf-8") as handle:
            handle.write(content)
    return path


def check_the_high_level_commands():
    name = "synced-bucket"
    aws("s3", "mb", f"s3://{name}")
    files = {"index.html": "<h1>1</h1>", "assets/a.js": "a" * 9_000_000, "with space & ü.txt": "x"}
    path = site("site", files)
    aws("s3", "sync", path, f"s3://{name}/", "--delete", "--no-progress")
    equal(sorted(o["Key"] for o in s3api("list-objects-v2", "--bucket", name)["Contents"]), sorted(files))
    os.remove(os.path.join(path, "index.html"))
    aws("s3", "sync", path, f"s3://{name}/", "--delete", "--no-progress")
    aws("s3", "cp", f"s3://{name}/assets/a.js", os.path.join(TMP, "back.js"), "--no-progress")
    equal(os.path.getsize(os.path.join(TMP, "back.js")), 9_000_000)
    aws("s3", "mv", f"s3://{name}/assets/a.js", f"s3://{name}/moved.js")
    aws("s3", "rb", f"s3://{name}", "--force")
    s3api("head-bucket", "--bucket", name, fails="404")


def check_rclone():
    program = shutil.which("rclone")
    if not program:
        print("skipped: rclone is not installed here")
        return
    name = "rclone-bucket"
    environment = {k: v for k, v in os.environ.items() if k != "AWS_CA_BUNDLE"}
    environment.update(
        RCLONE_CONFIG_CLOUD_TYPE="s3",
        RCLONE_CONFIG_CLOUD_PROVIDER="Other",
        RCLONE_CONFIG_CLOUD_ENV_AUTH="true",
        RCLONE_CONFIG_CLOUD_ENDPOINT=ENDPOINT,
        RCLONE_CONFIG_CLOUD_REGION="us-west-2",
        RCLONE_CONFIG_CLOUD_LOCATION_CONSTRAINT="us-west-2",
        RCLONE_CONFIG_CLOUD_FORCE_PATH_STYLE="true",
        RCLONE_CONFIG=os.devnull,
    )

    def rclone(*args):
        done = subprocess.run([program, "--retries", "1", "--low-level-retries", "1", *args], env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"rclone {' '.join(args)}: {done.stderr}")
        return done.stdout

    files = {f"folder {n}/file+{n}%.txt": f"content {n}" for n in range(30)}
    files["big.bin"] = "b" * 12_000_000
    path = site("rclone", files)
    rclone("mkdir", f"cloud:{name}")
    rclone("sync", "--checksum", "--s3-upload-cutoff", "6M", "--s3-chunk-size", "6M", path, f"cloud:{name}")
    rclone("check", "--download", path, f"cloud:{name}")
    os.remove(os.path.join(path, "folder 1/file+1%.txt"))
    rclone("sync", "--checksum", "--fast-list", path, f"cloud:{name}")
    equal(len(rclone("lsf", "-R", "--files-only", f"cloud:{name}").splitlines()), 30, "files after the second sync")
    rclone("purge", f"cloud:{name}")


main(globals())
