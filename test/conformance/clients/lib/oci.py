"""A small image, made and pushed by hand over the OCI distribution protocol: no client of ours is in between."""

import gzip
import hashlib
import io
import json
import tarfile
import time

from harness import ENDPOINT, Failed, aws, http

HOST = ENDPOINT.split("//")[1]
SERVER = """
import { createServer } from 'node:http';
console.log('version %s listens', process.env.GREETING ?? '');
createServer((request, response) => {
  response.statusCode = request.url === '/health' ? %d : 200;
  response.end('%s');
}).listen(process.env.PORT);
"""


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def token():
    data = aws("ecr", "get-authorization-token")["authorizationData"][0]
    return {"Authorization": f"Basic {data['authorizationToken']}"}


def layer(files):
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return raw.getvalue()


def put_blob(repository, content, auth):
    status, headers, body = http(f"{ENDPOINT}/v2/{repository}/blobs/uploads/", "POST", auth)
    if status != 202:
        raise Failed(f"an upload began with {status}: {body}")
    url = f"{ENDPOINT}{headers['location']}?digest={digest(content)}"
    status, _, body = http(url, "PUT", {**auth, "Content-Type": "application/octet-stream"}, content)
    if status != 201:
        raise Failed(f"an upload ended with {status}: {body}")
    return digest(content)


def manifest(repository, version, auth, health=200, architecture="amd64"):
    tar = layer({"app/server.mjs": (SERVER % (version, health, version)).encode()})
    zipped = gzip.compress(tar, mtime=0)
    config = json.dumps(
        {
            "os": "linux",
            "architecture": architecture,
            "config": {"Cmd": ["node", "server.mjs"], "WorkingDir": "/app", "ExposedPorts": {"8080/tcp": {}}},
            "rootfs": {"type": "layers", "diff_ids": [digest(tar)]},
        }
    ).encode()
    for content in (zipped, config):
        put_blob(repository, content, auth)
    oci = "application/vnd.oci.image"
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": f"{oci}.manifest.v1+json",
            "config": {"mediaType": f"{oci}.config.v1+json", "digest": digest(config), "size": len(config)},
            "layers": [{"mediaType": f"{oci}.layer.v1.tar+gzip", "digest": digest(zipped), "size": len(zipped)}],
        }
    ).encode()


def put_manifest(repository, reference, content, auth, kind="manifest"):
    headers = {**auth, "Content-Type": f"application/vnd.oci.image.{kind}.v1+json"}
    return http(f"{ENDPOINT}/v2/{repository}/manifests/{reference}", "PUT", headers, content)


def push(repository, version, health=200, architecture="amd64"):
    """Pushes under the version as the tag; gives back `host/repository@sha256:…`."""
    auth = token()
    content = manifest(repository, version, auth, health, architecture)
    status, headers, body = put_manifest(repository, version, content, auth)
    if status != 201:
        raise Failed(f"a manifest was answered with {status}: {body}")
    return f"{HOST}/{repository}@{headers['docker-content-digest']}"


def until(done, what, seconds=300):
    """The CLI's own waiters ask every 15 seconds."""
    end = time.time() + seconds
    while time.time() < end:
        found = done()
        if found:
            return found
        time.sleep(0.1)
    raise Failed(f"{what}: not within {seconds} seconds")
