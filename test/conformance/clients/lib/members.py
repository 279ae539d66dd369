"""Walks every answer along botocore's model of it: a member that the model does not have is one that AWS never sends."""

import json
import xml.etree.ElementTree as ElementTree

from botocore import parsers

# Headers of every answer, and what S3 tells of in headers that no output shape of botocore's has.
_ANY_ANSWER = {"x-amzn-requestid", "x-amzn-errortype", "x-amzn-query-error", "x-amz-request-id", "x-amz-id-2", "x-amz-cf-id"}
# HeadBucket's and GetBucketLocation's answers name the region of the bucket, and a presigned URL's tells what it was signed as.
_S3_ONLY = {"x-amz-bucket-region"}


class Strangers:
    """Members that were answered and that the model does not have, as `Operation: path`."""

    def __init__(self):
        self.found = set()
        self.walked = 0
        self.protocols = set()

    def watch(self, session):
        session.register("before-parse", self._answered)

    def _answered(self, operation_model, response_dict, **_):
        shape = operation_model.output_shape
        if response_dict["status_code"] >= 300:
            return
        headers = {name.lower(): value for name, value in response_dict["headers"].items()}
        walk = [*_headers(headers, shape, operation_model.service_model.service_name)]
        body = response_dict["body"]
        if shape is not None and isinstance(body, bytes) and body:
            protocol, members = _members(headers, body, operation_model)
            self.protocols.add(protocol)
            walk += members
        self.walked += 1
        self.found |= {f"{operation_model.name}: {path}" for path in walk}


def _members(headers, body, operation_model):
    """By the protocol that was spoken: a service may have several."""
    shape = operation_model.output_shape
    metadata = operation_model.service_model.metadata
    if headers.get("smithy-protocol") == "rpc-v2-cbor":
        parser = parsers.create_parser("smithy-rpc-v2-cbor")
        value = parser.parse_data_item(parser.get_peekable_stream_from_bytes(body))
        return "cbor", _json(value, shape, "")
    if metadata["protocol"] == "rest-xml":
        payload = shape.serialization.get("payload")
        if payload and shape.members[payload].type_name != "structure":
            return "bytes", []  # an object, or a policy's text
        return "rest-xml", _rest_xml(ElementTree.fromstring(body), shape, payload)
    if headers.get("content-type", "").startswith("text/xml"):
        return "query", _query(ElementTree.fromstring(body), operation_model)
    return "json", _json(json.loads(body), shape, "")


def _headers(headers, shape, service):
    """`x-amz-*` headers; the members of a prefix (`x-amz-meta-`) are whatever a user has named them."""
    named, prefixes = set(), []
    for name, member in (shape.members if shape else {}).items():
        where = member.serialization
        if where.get("location") == "header":
            named.add(where.get("name", name).lower())
        if where.get("location") == "headers":
            prefixes.append(where.get("name", "").lower())
    known = named | _ANY_ANSWER | (_S3_ONLY if service == "s3" else set())
    for name in headers:
        if name.startswith("x-amz") and name not in known and not any(name.startswith(one) for one in prefixes):
            yield f"header {name}"


def _json(value, shape, path):
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict) and not getattr(shape, "is_document_type", False):
        for name, member in value.items():
            if name == "__type":
                continue
            if name in shape.members:
                yield from _json(member, shape.members[name], f"{path}.{name}")
            else:
                yield f"{path}.{name}"
    elif kind == "list" and isinstance(value, list):
        for item in value:
            yield from _json(item, shape.member, f"{path}[]")
    elif kind == "map" and isinstance(value, dict):
        for item in value.values():
            yield from _json(item, shape.value, f"{path}{{}}")


def _plain(element):
    return element.tag.rpartition("}")[2]


def _query(root, operation_model):
    shape = operation_model.output_shape
    wrapper = shape.serialization.get("resultWrapper")
    for child in root:
        if _plain(child) == wrapper:
            yield from _element(child, shape, "")


def _rest_xml(root, shape, payload):
    """The document is the payload member, or has those members of the output that are in no header."""
    if payload:
        member = shape.members[payload]
        wanted = member.serialization.get("name", payload)
        if _plain(root) not in (wanted, member.name, payload):
            yield f"<{_plain(root)}>, where <{wanted}> is meant"
        yield from _element(root, member, f".{payload}")
    else:
        yield from _element(root, shape, "")


def _element(element, shape, path):
    kind = shape.type_name
    if kind == "structure":
        names = {
            member.serialization.get("name", name): member
            for name, member in shape.members.items()
            if member.serialization.get("location") is None
        }
        # A flattened list stands in its structure by the name of its elements.
        for name, member in shape.members.items():
            if member.serialization.get("flattened") and member.type_name == "list":
                names[member.member.serialization.get("name", member.serialization.get("name", name))] = member
        if not names and not len(element) and shape.name.endswith("Location"):
            return
        for child in element:
            name = _plain(child)
            if name not in names:
                yield f"{path}.{name}"
            elif names[name].serialization.get("flattened") and names[name].type_name == "list":
                yield from _element(child, names[name].member, f"{path}.{name}[]")
            else:
                yield from _element(child, names[name], f"{path}.{name}")
    elif kind == "list":
        wanted = shape.member.serialization.get("name", "member")
        for child in element:
            if _plain(child) != wanted:
                yield f"{path}.{_plain(child)}, where {wanted} is meant"
            else:
                yield from _element(child, shape.member, f"{path}[]")
