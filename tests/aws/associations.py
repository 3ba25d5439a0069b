"""DescribeDataRepositoryAssociations, which moto does not have: what a test says, two in a page."""

import json

from control import aws_error, aws_json

OPERATION = "DescribeDataRepositoryAssociations"
PAGE = 2

of_file_system = {}


def answer(request):
    """The answer to this operation, or None for every other one."""
    if not request.headers.get("X-Amz-Target", "").endswith(f".{OPERATION}"):
        return None
    asked = json.loads(request.get_data() or b"{}")
    ids = [
        value
        for one in asked.get("Filters", [])
        if one["Name"] == "file-system-id"
        for value in one["Values"]
    ]
    if not ids:
        return aws_error(400, "BadRequest", "The sandbox needs the filter file-system-id.")
    found = [
        {"FileSystemId": file_system, **one}
        for file_system in ids
        for one in of_file_system.get(file_system, [])
    ]
    start = int(asked.get("NextToken") or 0)
    page = {"Associations": found[start:start + PAGE]}
    if start + PAGE < len(found):
        page["NextToken"] = str(start + PAGE)
    return aws_json(200, page)
