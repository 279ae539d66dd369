"""Walks every answer along botocore's model of it: a member that the model does not have is one that AWS never sends."""

import json
import xml.etree.ElementTree as ElementTree


class Strangers:
    """Members that were answered and that the model does not have, as `Operation: path`."""

    def __init__(self):
        self.found = set()
        self.walked = 0

    def watch(self, session):
        session.register("before-parse", self._answered)

    def _answered(self, operation_model, response_dict, **_):
        protocol = operation_model.service_model.metadata["protocol"]
        shape = operation_model.output_shape
        body = response_dict["body"]
        if response_dict["status_code"] >= 300 or shape is None or not isinstance(body, bytes) or not body:
            return
        try:
            if protocol == "json":
                walk = _json(json.loads(body), shape, "")
            elif protocol == "query":
                walk = _xml(ElementTree.fromstring(body), operation_model)
            else:
                return
        except ValueError:
            return  # CBOR, where a service speaks it beside JSON
        self.walked += 1
        self.found |= {f"{operation_model.name}: {path}" for path in walk}


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


def _xml(root, operation_model):
    shape = operation_model.output_shape
    wrapper = shape.serialization.get("resultWrapper")
    for child in root:
        if _plain(child) == wrapper:
            yield from _element(child, shape, "")


def _element(element, shape, path):
    kind = shape.type_name
    if kind == "structure":
        names = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        for child in element:
            if _plain(child) in names:
                yield from _element(child, names[_plain(child)], f"{path}.{_plain(child)}")
            else:
                yield f"{path}.{_plain(child)}"
    elif kind == "list":
        for child in element:
            yield from _element(child, shape.member, f"{path}[]")
