"""Drives the local cloud with the AWS CLI, in one process.

A file beside this one holds the checks of one service: functions whose names begin with `check_`, run in their order
in the file. Each calls `aws(...)`, which is the AWS CLI itself: its own parser, its own client and its own printing,
loaded once instead of started for each call. Where the CLI is not a Python package (version 2), it is started.
"""

import contextlib
import datetime
import hashlib
import hmac
import io
import json
import os
import subprocess
import sys
import tempfile
import traceback
import urllib.error
import urllib.parse
import urllib.request

ENDPOINT = os.environ["CLOUD"]
REGION = os.environ.get("AWS_REGION", "us-west-2")
os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
os.environ["AWS_PAGER"] = ""
# An answer is judged at once: what the CLI would ask for again (a wrong checksum, say) is waited for by no check.
os.environ["AWS_MAX_ATTEMPTS"] = "1"
TMP = tempfile.mkdtemp(prefix="conformance-")
# The CLI, version 1, presigns by the signature before version 4 where nobody says otherwise, which AWS's newer regions refuse too.
os.environ["AWS_CONFIG_FILE"] = os.path.join(TMP, "config")
with open(os.environ["AWS_CONFIG_FILE"], "w", encoding="utf-8") as _config:
    _config.write("[default]\ns3 =\n  signature_version = s3v4\n")

import botocore.model

from lib.members import Strangers

try:
    from awscli.clidriver import create_clidriver
except ImportError:
    create_clidriver = None


_DRIVER = create_clidriver() if create_clidriver else None
STRANGERS = Strangers()
if _DRIVER:
    STRANGERS.watch(_DRIVER.session)


def speak(protocol):
    """From here on the CLI speaks this protocol, where a service has several: botocore takes JSON by itself."""
    botocore.model.ServiceModel.resolved_protocol = protocol


class Failed(Exception):
    """A check that does not hold."""


def _driver_for(args, fresh):
    """Commands that write files leave their writers behind in the driver, and it keeps its keys: those get one of their own."""
    if not fresh and "s3" not in args and "get-object" not in args:
        return _DRIVER
    driver = create_clidriver()
    # What both read of the services' models is read once.
    driver.session.register_component("data_loader", _DRIVER.session.get_component("data_loader"))
    STRANGERS.watch(driver.session)
    return driver


def _in_process(args, fresh):
    out, err = io.StringIO(), io.StringIO()
    binary = io.BytesIO()
    out.buffer = binary
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = _driver_for(args, fresh).main(args)
        except SystemExit as end:
            code = end.code
    return code, out.getvalue() or binary.getvalue().decode("utf-8", "replace"), err.getvalue()


def _started(args, _fresh):
    done = subprocess.run(["aws", *args], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def aws(*args, fails=None, region=None, endpoint=None, fresh=False):
    """Runs `aws <args>` and gives back its JSON. With `fails`, the call must end with that error code. `fresh`: new keys."""
    full = ["--endpoint-url", endpoint or ENDPOINT, "--region", region or REGION, "--output", "json"]
    full += [str(arg) for arg in args]
    code, out, err = (_in_process if _DRIVER else _started)(full, fresh)
    said = (out + err).strip()
    if fails is not None:
        if code == 0:
            raise Failed(f"aws {' '.join(map(str, args))} succeeded, and {fails} was to be the answer:\n{said}")
        if f"({fails})" not in said:
            raise Failed(f"aws {' '.join(map(str, args))} failed with something else than {fails}:\n{said}")
        return None
    if code != 0:
        raise Failed(f"aws {' '.join(map(str, args))} ended with {code}:\n{said}")
    text = out.strip()
    if not text:
        return {}
    try:
        return json.loads(text)
    except ValueError:
        return {"text": text}


def file(content, name="content"):
    """A file with this content, for `--body` and `file://`."""
    path = os.path.join(TMP, name)
    with open(path, "wb") as handle:
        handle.write(content if isinstance(content, bytes) else content.encode())
    return path


def js(value):
    return json.dumps(value)


def signed(path, method="GET", body=None, region=None, host=None, payload="UNSIGNED-PAYLOAD", **more):
    """A request of S3 that no client makes, signed by hand: (status, headers, body). `more` are headers."""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    plain, _, query = path.partition("?")
    pairs = sorted(urllib.parse.parse_qsl(query, keep_blank_values=True))
    headers = {
        "host": host or urllib.parse.urlsplit(ENDPOINT).netloc,
        "x-amz-content-sha256": payload,
        "x-amz-date": now,
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    names = ";".join(sorted(headers))
    canonical = [method, plain, "&".join(f"{urllib.parse.quote(k, '')}={urllib.parse.quote(v, '')}" for k, v in pairs)]
    canonical += [f"{name}:{headers[name]}" for name in sorted(headers)] + ["", names, payload]
    scope = f"{now[:8]}/{region or REGION}/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256("\n".join(canonical).encode()).hexdigest()])
    key = b"AWS4" + os.environ["AWS_SECRET_ACCESS_KEY"].encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    credential = f"{os.environ['AWS_ACCESS_KEY_ID']}/{scope}"
    headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"
    return http(ENDPOINT + path, method, headers, body)


def http(url, method="GET", headers=None, body=None):
    """A request with no client in between: (status, headers, body)."""
    request = urllib.request.Request(url, method=method, headers=headers or {}, data=body)
    try:
        answer = urllib.request.urlopen(request, timeout=120)
    except urllib.error.HTTPError as error:
        answer = error
    return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()


def equal(found, wanted, what="value"):
    if found != wanted:
        raise Failed(f"{what} is {found!r}, and {wanted!r} was to be there")


def holds(condition, what):
    if not condition:
        raise Failed(what)


def main(namespace):
    checks = [(name, f) for name, f in namespace.items() if name.startswith("check_") and callable(f)]
    broken = 0
    for name, check in checks:
        try:
            check()
            print(f"ok      {name[6:].replace('_', ' ')}", flush=True)
        except Exception as error:  # every kind of failure is one line and its cause
            broken += 1
            cause = str(error) if isinstance(error, Failed) else traceback.format_exc()
            print(f"not ok  {name[6:].replace('_', ' ')}\n        {cause}", flush=True)
    if STRANGERS.found:
        broken += 1
        print("not ok  no answer has a member that AWS's model does not have")
        for one in sorted(STRANGERS.found):
            print(f"        {one}")
    elif STRANGERS.walked:
        print(f"ok      none of {STRANGERS.walked} answers ({', '.join(sorted(STRANGERS.protocols))}) has a member that AWS's model does not have")
    sys.exit(1 if broken else 0)
