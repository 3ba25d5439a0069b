"""PutComplianceItems and ListComplianceItems, which moto does not have.

What is asked is held against AWS's own description of the API, which botocore carries: lengths, patterns,
words, what must be there. Then comes what only the service says: who may be a resource, how many types of
one's own an account has, and that the same hash changes nothing.
"""

import json
import re

import botocore.session
from control import aws_error, aws_json
from file_systems import Pages

MANAGED_NODE = re.compile(r"^(i-[0-9a-f]{8}|i-[0-9a-f]{17}|mi-[0-9a-f]{17})$")
MOST_TYPES = 10
LARGEST_ITEM = 100 * 1024
LARGEST_PUT = 1024 * 1024

pages = Pages()
# By resource and type: the hash, the summary, the items.
_held = {}
_model = None


def reset():
    """Whole pages again; what was put stays."""
    global pages
    pages = Pages()


def cut_into(size, empty_first):
    """Cut lists into pages of this size, after this many empty ones."""
    global pages
    pages = Pages(size=size, empty_first=empty_first)


def answer(request):
    """The answer to these operations, or None for every other one."""
    service, _, operation = request.headers.get("X-Amz-Target", "").partition(".")
    if service != "AmazonSSM" or operation not in HANDLERS:
        return None
    asked = json.loads(request.get_data() or b"{}")
    problems = list(_problems(_shape(operation), asked, operation))
    if problems:
        count = "error" if len(problems) == 1 else "errors"
        message = f"{len(problems)} validation {count} detected: {'; '.join(problems)}"
        return aws_error(400, "ValidationException", message)
    return HANDLERS[operation](asked)


def _shape(operation):
    global _model
    if _model is None:
        _model = botocore.session.get_session().get_service_model("ssm")
    return _model.operation_model(operation).input_shape


def _problems(shape, value, place):
    """Everything in which a value is not what AWS's description says."""
    if shape.type_name == "structure":
        if not isinstance(value, dict):
            yield f"Value at '{place}' is no structure"
            return
        for name in shape.required_members:
            if value.get(name) is None:
                yield f"Value null at '{name}' failed to satisfy constraint: Member must not be null"
        for name, inner in value.items():
            if name not in shape.members:
                yield f"'{name}' at '{place}' is not known"
            elif inner is not None:
                yield from _problems(shape.members[name], inner, f"{place}.{name}")
    elif shape.type_name == "list":
        yield from _lengths(shape, value, place)
        for index, inner in enumerate(value):
            yield from _problems(shape.member, inner, f"{place}[{index}]")
    elif shape.type_name == "map":
        for key, inner in value.items():
            yield from _problems(shape.key, key, f"{place} key")
            yield from _problems(shape.value, inner, f"{place}.{key}")
    elif shape.type_name == "string":
        yield from _lengths(shape, value, place)
        pattern = shape.metadata.get("pattern")
        if pattern and not re.search(pattern, value):
            yield f"Value at '{place}' failed to satisfy regular expression pattern: {pattern}"
        if shape.enum and value not in shape.enum:
            yield f"Value '{value}' at '{place}' failed to satisfy enum value set: {shape.enum}"


def _lengths(shape, value, place):
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and len(value) < least:
        yield f"Value at '{place}' must have length greater than or equal to {least}"
    if most is not None and len(value) > most:
        yield f"Value at '{place}' must have length less than or equal to {most}"


def _put(asked):
    node, kind = asked["ResourceId"], asked["ComplianceType"]
    if asked["ResourceType"] != "ManagedInstance":
        return aws_error(400, "InvalidResourceType", asked["ResourceType"])
    if not MANAGED_NODE.match(node):
        return aws_error(400, "InvalidResourceId", node)
    if kind.startswith("Custom:"):
        kinds = {held for _, held in _held if held.startswith("Custom:")} | {kind}
        if len(kinds) > MOST_TYPES:
            return aws_error(400, "ComplianceTypeCountLimitExceededException", kind)
    sizes = [len(json.dumps(item)) for item in asked["Items"]]
    if any(size > LARGEST_ITEM for size in sizes):
        return aws_error(400, "ItemSizeLimitExceededException", kind)
    if sum(sizes) > LARGEST_PUT:
        return aws_error(400, "TotalSizeLimitExceededException", kind)
    ids = [item.get("Id") for item in asked["Items"]]
    if len(ids) != len(set(ids)):
        return aws_error(400, "InvalidItemContentException", "An id stands twice.")
    before = _held.get((node, kind))
    digest = asked.get("ItemContentHash")
    if before is None or not digest or before["ItemContentHash"] != digest:
        _held[node, kind] = {**asked, "ItemContentHash": digest}
    return aws_json(200, {})


def _list(asked):
    nodes = asked.get("ResourceIds", [])
    found = [
        {
            "ComplianceType": kind,
            "ResourceType": held["ResourceType"],
            "ResourceId": node,
            "ExecutionSummary": held["ExecutionSummary"],
            **item,
        }
        for (node, kind), held in sorted(_held.items())
        if not nodes or node in nodes
        for item in held["Items"]
    ]
    page, token = pages.cut(found, asked.get("MaxResults", 50), asked.get("NextToken"))
    told = {"ComplianceItems": page}
    if token is not None:
        told["NextToken"] = token
    return aws_json(200, told)


HANDLERS = {"PutComplianceItems": _put, "ListComplianceItems": _list}
