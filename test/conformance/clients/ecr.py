import json

from harness import ENDPOINT, aws, equal, file, holds, http, js, main
from lib.oci import digest, manifest, push, put_blob, put_manifest, token

R = "team/app"
ON = ["--repository-name", R]
seen = {}


def check_repositories():
    made = aws("ecr", "create-repository", *ON, "--tags", "Key=team,Value=web")["repository"]
    equal(made["repositoryArn"], f"arn:aws:ecr:us-west-2:000000000000:repository/{R}")
    seen["arn"] = made["repositoryArn"]
    aws("ecr", "create-repository", *ON, fails="RepositoryAlreadyExistsException")
    aws("ecr", "create-repository", "--repository-name", "Upper", fails="InvalidParameterException")
    holds(R in [r["repositoryName"] for r in aws("ecr", "describe-repositories")["repositories"]], "the repository is listed")
    aws("ecr", "describe-repositories", "--repository-names", "none", fails="RepositoryNotFoundException")
    aws("ecr", "describe-repositories", "--repository-names", R, region="eu-west-1", fails="RepositoryNotFoundException")


def check_authentication_of_the_registry():
    status, headers, body = http(f"{ENDPOINT}/v2/")
    equal(status, 401)
    holds(headers["www-authenticate"].startswith("Basic realm="), "a challenge")
    equal(json.loads(body)["errors"][0]["code"], "UNAUTHORIZED")
    equal(http(f"{ENDPOINT}/v2/", headers={"Authorization": "Basic QVdTOm5vbnNlbnNl"})[0], 401)
    equal(http(f"{ENDPOINT}/v2/", headers=token())[0], 200)


def check_push_in_one_request_in_chunks_and_by_mount():
    auth = token()
    base = f"{ENDPOINT}/v2/{R}/blobs"
    whole = b"in one request"
    equal(http(f"{base}/uploads/?digest={digest(whole)}", "POST", auth, whole)[0], 201)
    equal(http(f"{base}/{digest(whole)}", "HEAD", auth)[1]["content-length"], str(len(whole)))
    equal(http(f"{base}/{digest(whole)}", "GET", {**auth, "Range": "bytes=3-5"})[::2], (206, b"one"))
    _, headers, _ = http(f"{base}/uploads/", "POST", auth)
    place = ENDPOINT + headers["location"]
    equal(http(place, "PATCH", {**auth, "Content-Range": "0-3"}, b"0123")[1]["range"], "0-3")
    equal(http(place, "PATCH", {**auth, "Content-Range": "9-12"}, b"0123")[0], 416, "a chunk that does not follow")
    equal(http(place, "GET", auth)[::2][0], 204)
    equal(http(place, "PATCH", {**auth, "Content-Range": "4-6"}, b"456")[0], 202)
    equal(http(f"{place}?digest={digest(b'0123456')}", "PUT", auth)[0], 201)
    _, headers, _ = http(f"{base}/uploads/", "POST", auth)
    status, _, body = http(f"{ENDPOINT}{headers['location']}?digest={digest(b'other')}", "PUT", auth, b"this")
    equal((status, json.loads(body)["errors"][0]["code"]), (400, "DIGEST_INVALID"))
    _, headers, _ = http(f"{base}/uploads/", "POST", auth)
    equal(http(ENDPOINT + headers["location"], "DELETE", auth)[0], 204)
    aws("ecr", "create-repository", "--repository-name", "other")
    mounted = http(f"{ENDPOINT}/v2/other/blobs/uploads/?mount={digest(whole)}&from={R}", "POST", auth)
    equal(mounted[0], 201)
    equal(http(f"{ENDPOINT}/v2/none/blobs/uploads/", "POST", auth)[0], 404, "a repository that is not there")


def check_manifests():
    auth = token()
    seen["image"] = push(R, "v1")
    by_tag = http(f"{ENDPOINT}/v2/{R}/manifests/v1", headers=auth)
    seen["digest"] = by_tag[1]["docker-content-digest"]
    equal(by_tag[2], http(f"{ENDPOINT}/v2/{R}/manifests/{seen['digest']}", headers=auth)[2])
    equal(http(f"{ENDPOINT}/v2/{R}/manifests/v1", "HEAD", auth)[1]["docker-content-digest"], seen["digest"])
    equal(http(f"{ENDPOINT}/v2/{R}/manifests/none", headers=auth)[0], 404)
    equal(put_manifest(R, digest(b"other"), by_tag[2], auth)[0], 400, "another digest")
    equal(put_manifest(R, "bad", b"{}", auth)[0], 400)
    lost = json.loads(by_tag[2])
    lost["layers"][0]["digest"] = digest(b"never pushed")
    equal(put_manifest(R, "bad", js(lost).encode(), auth)[0], 404, "a layer that is not there")
    one = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": seen["digest"], "size": len(by_tag[2])}
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [one]}
    equal(put_manifest(R, "all", js(index).encode(), auth, "index")[0], 201)
    equal(json.loads(http(f"{ENDPOINT}/v2/{R}/tags/list?n=1", headers=auth)[2])["tags"], ["all"])
    equal(json.loads(http(f"{ENDPOINT}/v2/{R}/tags/list?n=1&last=all", headers=auth)[2])["tags"], ["v1"])
    equal(http(f"{ENDPOINT}/v2/{R}/manifests/v1", "DELETE", auth)[0], 405)
    holds(R in json.loads(http(f"{ENDPOINT}/v2/_catalog", headers=auth)[2])["repositories"], "the catalogue names it")
    equal(json.loads(http(f"{ENDPOINT}/v2/{R}/referrers/{seen['digest']}", headers=auth)[2])["manifests"], [])


def check_images():
    details = aws("ecr", "describe-images", *ON, "--image-ids", "imageTag=v1")["imageDetails"][0]
    equal((details["imageDigest"], details["imageTags"]), (seen["digest"], ["v1"]))
    aws("ecr", "describe-images", *ON, "--image-ids", "imageTag=none", fails="ImageNotFoundException")
    holds({"imageDigest": seen["digest"], "imageTag": "v1"} in aws("ecr", "list-images", *ON)["imageIds"], "listed")
    got = aws("ecr", "batch-get-image", *ON, "--image-ids", "imageTag=v1", "imageTag=none")
    equal((got["images"][0]["imageId"]["imageDigest"], got["failures"][0]["failureCode"]), (seen["digest"], "ImageNotFound"))
    seen["manifest"] = got["images"][0]["imageManifest"]


def check_put_image_and_immutable_tags():
    put = ["ecr", "put-image", *ON, "--image-manifest", seen["manifest"]]
    aws(*put, "--image-tag", "v1", fails="ImageAlreadyExistsException")
    aws(*put, "--image-tag", "again")
    aws("ecr", "put-image-tag-mutability", *ON, "--image-tag-mutability", "IMMUTABLE")
    other = manifest(R, "v2", token()).decode()
    aws("ecr", "put-image", *ON, "--image-manifest", other, "--image-tag", "v1", fails="ImageTagAlreadyExistsException")
    status, _, body = put_manifest(R, "v1", other.encode(), token())
    equal((status, json.loads(body)["errors"][0]["code"]), (400, "TAG_INVALID"))
    aws("ecr", "put-image-tag-mutability", *ON, "--image-tag-mutability", "MUTABLE")
    aws("ecr", "put-image", *ON, "--image-manifest", "{}", "--image-tag", "x", fails="InvalidParameterException")


def check_layers_by_the_api():
    content = b"a layer by the API"
    wanted = digest(content)
    begun = aws("ecr", "initiate-layer-upload", *ON)
    part = ["ecr", "upload-layer-part", *ON, "--upload-id", begun["uploadId"]]
    blob = f"fileb://{file(content)}"
    aws(*part, "--part-first-byte", "5", "--part-last-byte", "9", "--layer-part-blob", blob, fails="InvalidLayerPartException")
    aws(*part, "--part-first-byte", "0", "--part-last-byte", len(content) - 1, "--layer-part-blob", blob)
    aws("ecr", "complete-layer-upload", *ON, "--upload-id", begun["uploadId"], "--layer-digests", wanted)
    layers = aws("ecr", "batch-check-layer-availability", *ON, "--layer-digests", wanted, digest(b"no"))["layers"]
    equal([part["layerAvailability"] for part in layers], ["AVAILABLE", "UNAVAILABLE"])
    url = aws("ecr", "get-download-url-for-layer", *ON, "--layer-digest", wanted)["downloadUrl"]
    equal(http(url)[2], content)


def check_scans():
    on = [*ON, "--image-id", "imageTag=v1"]
    aws("ecr", "describe-image-scan-findings", *on, fails="ScanNotFoundException")
    aws("ecr", "put-image-scanning-configuration", *ON, "--image-scanning-configuration", "scanOnPush=false")
    aws("ecr", "start-image-scan", *on)
    equal(aws("ecr", "describe-image-scan-findings", *on)["imageScanFindings"]["findingSeverityCounts"], {})


def check_policies_and_tags():
    policy = js({"Version": "2012-10-17", "Statement": []})
    aws("ecr", "get-repository-policy", *ON, fails="RepositoryPolicyNotFoundException")
    aws("ecr", "set-repository-policy", *ON, "--policy-text", policy)
    equal(aws("ecr", "get-repository-policy", *ON)["policyText"], policy)
    aws("ecr", "delete-repository-policy", *ON)
    aws("ecr", "get-lifecycle-policy", *ON, fails="LifecyclePolicyNotFoundException")
    rules = js({"rules": [{"rulePriority": 1, "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 9}, "action": {"type": "expire"}}]})
    aws("ecr", "put-lifecycle-policy", *ON, "--lifecycle-policy-text", rules)
    equal(aws("ecr", "get-lifecycle-policy", *ON)["lifecyclePolicyText"], rules)
    aws("ecr", "delete-lifecycle-policy", *ON)
    aws("ecr", "tag-resource", "--resource-arn", seen["arn"], "--tags", "Key=a,Value=b")
    aws("ecr", "untag-resource", "--resource-arn", seen["arn"], "--tag-keys", "team")
    equal(aws("ecr", "list-tags-for-resource", "--resource-arn", seen["arn"])["tags"], [{"Key": "a", "Value": "b"}])


def check_deletion():
    aws("ecr", "delete-repository", *ON, fails="RepositoryNotEmptyException")
    gone = aws("ecr", "batch-delete-image", *ON, "--image-ids", "imageTag=again", "imageTag=none")
    equal((gone["imageIds"][0]["imageTag"], gone["failures"][0]["failureCode"]), ("again", "ImageNotFound"))
    held = aws("ecr", "batch-delete-image", *ON, "--image-ids", f"imageDigest={seen['digest']}")
    equal(held["failures"][0]["failureCode"], "ImageReferencedByManifestList")
    aws("ecr", "delete-repository", *ON, "--force")
    aws("ecr", "delete-repository", "--repository-name", "other", "--force")


main(globals())
