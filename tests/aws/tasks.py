"""Data repository tasks, which moto does not have: what the FSx API says of them, two in a page.

A task is PENDING when it is made, EXECUTING at the first look, and at its last look it ends as the
test has said. One file system has one open task at a time, and none while an association exports by
itself, as with AWS.
"""

import json
import secrets
import time

import associations
import file_systems
from control import aws_error, aws_json

OPERATIONS = ("CreateDataRepositoryTask", "DescribeDataRepositoryTasks")
PAGE = 2
OPEN = ("PENDING", "EXECUTING", "CANCELING")
AS_AT_FIRST = {"looks": 1, "lifecycle": "SUCCEEDED", "total": 3, "failed": 0}

_tasks = []
_ends = dict(AS_AT_FIRST)


def reset():
    """No tasks, and those to come succeed."""
    _tasks.clear()
    _ends.clear()
    _ends.update(AS_AT_FIRST)


def end(**how):
    """How the tasks that are made from now on end: looks, lifecycle, total, failed, message."""
    _ends.update(how)


def add(file_system, tasks):
    """Tasks that are there."""
    for task in tasks:
        shown = {"FileSystemId": file_system, "Type": "EXPORT_TO_REPOSITORY", "Paths": [], **task}
        _tasks.append({"shown": shown, "token": None, "asked": None, "looks": None})


def answer(request):
    """The answer to these operations, or None for every other one."""
    operation = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
    if operation not in OPERATIONS:
        return None
    asked = json.loads(request.get_data() or b"{}")
    if operation == "CreateDataRepositoryTask":
        return _create(asked)
    return _describe(asked)


def _create(asked):
    file_system, token = asked["FileSystemId"], asked.get("ClientRequestToken")
    if file_systems.find(file_system) is None:
        return aws_error(400, "FileSystemNotFound", f"File system '{file_system}' does not exist.")
    for task in _tasks:
        if token is not None and task["token"] == token:
            if task["asked"] == asked:
                return aws_json(200, {"DataRepositoryTask": task["shown"]})
            return aws_error(400, "IncompatibleParameterError", "The token is another request's.")
    if (trouble := _refusal(asked, file_system)) is not None:
        return aws_error(400, *trouble)
    shown = {
        "TaskId": f"task-0{secrets.token_hex(8)}",
        "Lifecycle": "PENDING",
        "Type": asked["Type"],
        "CreationTime": time.time(),
        "FileSystemId": file_system,
        "Paths": asked.get("Paths", []),
        "Report": asked["Report"],
    }
    task = {"shown": shown, "token": token, "asked": asked, "looks": 0, "ends": dict(_ends)}
    _tasks.append(task)
    return aws_json(200, {"DataRepositoryTask": shown})


def _refusal(asked, file_system):
    linked = associations.of_file_system.get(file_system, [])
    for one in linked:
        if one.get("S3", {}).get("AutoExportPolicy", {}).get("Events"):
            return "BadRequest", "Disable automatic export before you run an export task."
    if any(task["shown"]["FileSystemId"] == file_system for task in _open()):
        return "DataRepositoryTaskExecuting", "An existing data repository task is executing."
    report = asked["Report"]
    if report["Enabled"]:
        if {"Path", "Format", "Scope"} - set(report):
            return "BadRequest", "The report lacks a field."
        if not any(report["Path"].startswith(one["DataRepositoryPath"]) for one in linked):
            return "BadRequest", "The report is not within what is linked."
    if any(path.startswith("/mnt") or len(path) > 4096 for path in asked.get("Paths", [])):
        return "BadRequest", "A path is not valid."
    return None


def _open():
    return [task for task in _tasks if task["shown"]["Lifecycle"] in OPEN]


def _describe(asked):
    if ids := asked.get("TaskIds"):
        found = [task for task in _tasks if task["shown"]["TaskId"] in ids]
        if len(found) < len(ids):
            return aws_error(400, "DataRepositoryTaskNotFound", "There is no such task.")
        for task in found:
            _advance(task)
        return aws_json(200, {"DataRepositoryTasks": [task["shown"] for task in found]})
    wanted = [
        value
        for one in asked.get("Filters", [])
        if one["Name"] == "file-system-id"
        for value in one["Values"]
    ]
    found = [task["shown"] for task in _tasks if task["shown"]["FileSystemId"] in wanted]
    start = int(asked.get("NextToken") or 0)
    page = {"DataRepositoryTasks": found[start:start + PAGE]}
    if start + PAGE < len(found):
        page["NextToken"] = str(start + PAGE)
    return aws_json(200, page)


def _advance(task):
    """One look further, but for a task that a test has put there as it is."""
    shown = task["shown"]
    if task["looks"] is None or shown["Lifecycle"] not in OPEN:
        return
    task["looks"] += 1
    ends = task["ends"]
    counts = {"TotalCount": ends["total"], "LastUpdatedTime": time.time()}
    shown.setdefault("StartTime", time.time())
    if task["looks"] <= ends["looks"]:
        shown["Lifecycle"] = "EXECUTING"
        shown["Status"] = {**counts, "SucceededCount": 1, "FailedCount": 0}
        return
    shown["Lifecycle"] = ends["lifecycle"]
    shown["EndTime"] = time.time()
    done = ends["total"] - ends["failed"]
    shown["Status"] = {**counts, "SucceededCount": done, "FailedCount": ends["failed"]}
    if "message" in ends:
        shown["FailureDetails"] = {"Message": ends["message"]}
