"""GetMetricData of CloudWatch in JSON, with the values that a test has put there.

moto answers this operation of CloudWatch in its older protocol, and knows no values of FSx.
"""

import json
import time

from control import aws_error, aws_json

TARGET = "GraniteServiceVersion20100801.GetMetricData"

_points = {}


def reset():
    """No values."""
    _points.clear()


def put(file_system, metric, points):
    """The values of a metric, each as [seconds ago, value]."""
    _points[(file_system, metric)] = points


def answer(request):
    """The answer to this operation, or None for every other one."""
    if request.headers.get("X-Amz-Target") != TARGET:
        return None
    if request.content_type != "application/x-amz-json-1.0":
        return aws_error(400, "SerializationException", "The content type is not JSON 1.0.")
    asked = json.loads(request.get_data())
    results = [_result(one, asked) for one in asked["MetricDataQueries"]]
    return aws_json(200, {"MetricDataResults": results, "Messages": []})


def _result(query, asked):
    metric = query["MetricStat"]["Metric"]
    named = {one["Name"]: one["Value"] for one in metric["Dimensions"]}
    name = metric["MetricName"]
    wanted = {"FileSystemId"} | ({"Publisher"} if name.startswith("AgeOf") else set())
    fits = metric["Namespace"] == "AWS/FSx" and set(named) == wanted
    fits = fits and named.get("Publisher", "AutoExport") == "AutoExport"
    points = _points.get((named["FileSystemId"], name), []) if fits else []
    now = time.time()
    within = [
        (now - ago, value)
        for ago, value in points
        if asked["StartTime"] <= now - ago <= asked["EndTime"]
    ]
    within.sort(reverse=asked.get("ScanBy") != "TimestampAscending")
    return {
        "Id": query["Id"],
        "Label": name,
        "Timestamps": [at for at, _ in within],
        "Values": [value for _, value in within],
        "StatusCode": "Complete",
    }
