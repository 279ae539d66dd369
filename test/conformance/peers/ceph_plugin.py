"""What ceph's S3 suite needs of a bucket in AWS: a plugin of pytest, `-p ceph_plugin`.

The suite is of a time when new buckets took ACLs and public policies. AWS's buckets do so where their owner asks for
it (since April 2023), so each bucket that a test makes is asked to, by the same calls that an owner in AWS makes.
It also leaves the buckets of a test where they are, since the cloud goes with the run; tests that count all buckets
begin without any.
"""

import functools

import boto3

real_client = boto3.session.Session.client


def opened(params, context, **_):
    """ACLs are for another ownership than the default one; the ACL itself is put when public ones are not blocked."""
    context["acl"] = {
        name: params.pop(name)
        for name in ("ACL", "GrantRead", "GrantWrite", "GrantReadACP", "GrantWriteACP", "GrantFullControl")
        if name in params and params.get("ObjectOwnership") != "BucketOwnerEnforced"
    }
    params.setdefault("ObjectOwnership", "ObjectWriter")
    context["bucket"] = params.get("Bucket")


def client(session, service_name, *args, **kwargs):
    made = real_client(session, service_name, *args, **kwargs)
    if service_name != "s3":
        return made

    def unblock(http_response, context, **_):
        if http_response.status_code != 200:
            return
        made.delete_public_access_block(Bucket=context["bucket"])
        if context["acl"]:
            made.put_bucket_acl(Bucket=context["bucket"], **context["acl"])

    made.meta.events.register("provide-client-params.s3.CreateBucket", opened)
    made.meta.events.register("after-call.s3.CreateBucket", unblock)
    return made


boto3.session.Session.client = client


def pytest_collection_modifyitems(items):
    import s3tests.functional as suite

    setup = suite.setup
    suite.setup = suite.teardown = lambda: None
    for item in items:
        if "list_buckets" in item.name:
            item.obj = _after(setup, item.obj)


def _after(first, test):
    @functools.wraps(test)
    def both(*args, **kwargs):
        first()
        return test(*args, **kwargs)

    return both
