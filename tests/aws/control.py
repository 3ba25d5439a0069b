"""What a test asks of the endpoint itself: faults, the log of requests, short pages."""

import json
import threading
import time
from dataclasses import dataclass, field

from werkzeug.http import http_date
from werkzeug.wrappers import Response


def aws_json(status, answer, error_type=None):
    """An answer in the AWS JSON 1.1 protocol."""
    headers = {"x-amzn-ErrorType": error_type} if error_type else {}
    body = answer if isinstance(answer, str) else json.dumps(answer)
    return Response(body, status, headers, content_type="application/x-amz-json-1.1")


def aws_error(status, error_type, message):
    """An error in the AWS JSON 1.1 protocol."""
    return aws_json(status, {"__type": error_type, "message": message}, error_type)


def aws_query_error(status, error_type, message):
    """An error in the AWS query protocol, which STS speaks."""
    body = (
        '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error>'
        f"<Type>Sender</Type><Code>{error_type}</Code><Message>{message}</Message>"
        "</Error><RequestId>sandbox</RequestId></ErrorResponse>"
    )
    return Response(body, status, content_type="text/xml")


@dataclass
class Fault:
    """What goes wrong with the next `count` requests whose operation or path has `match`."""

    match: str
    count: int = 1
    status: int | None = None
    type: str = "InternalServerError"
    message: str = "Injected by the test."
    delay: float = 0
    garbage: bool = False
    hang: bool = False
    clock_ahead: int = 0

    def answer(self, is_query=False):
        """The answer to give in place of the true one, or None to give the true one."""
        if self.status is not None:
            error = aws_query_error if is_query else aws_error
            answer = error(self.status, self.type, self.message)
            if self.clock_ahead:
                answer.headers["Date"] = http_date(time.time() + self.clock_ahead)
            return answer
        if self.garbage:
            return aws_json(200, '{"FileSystems": [{"FileSyst')
        return None


@dataclass
class Faults:
    """The faults that wait for a request."""

    waiting: list = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault):
        """Let a fault wait for its requests."""
        with self.lock:
            self.waiting.append(fault)

    def take(self, names):
        """The first fault that matches any of these names, with one use of it gone."""
        with self.lock:
            for fault in self.waiting:
                if any(fault.match in name for name in names):
                    fault.count -= 1
                    if fault.count <= 0:
                        self.waiting.remove(fault)
                    return fault
        return None

    def clear(self):
        """Forget them all."""
        with self.lock:
            self.waiting.clear()


def signer(authorization):
    """The key, the day, the Region and the service that a request is signed for."""
    _, _, rest = authorization.partition("Credential=")
    return rest.split(",", 1)[0] or None


class Log:
    """Every request that came in, in order."""

    def __init__(self):
        self._entries = []

    def add(self, service, request, operation):
        """Note a request; its body is kept parsed when it is JSON."""
        body = request.get_data(as_text=True)
        try:
            body = json.loads(body) if body else None
        except ValueError:
            pass
        entry = {
            "time": time.time(),
            "service": service,
            "method": request.method,
            "path": request.path,
            "operation": operation,
            "body": body,
            "user_agent": request.headers.get("User-Agent"),
            "host": request.headers.get("Host"),
            "signed_at": request.headers.get("X-Amz-Date"),
            "signed_by": signer(request.headers.get("Authorization", "")),
        }
        self._entries.append(entry)

    def note(self, service, method, target):
        """Note something that is no request of its own, such as a proxy's CONNECT."""
        entry = {"time": time.time(), "service": service, "method": method}
        entry.update({"path": target, "operation": None, "body": None})
        self._entries.append(entry)

    def entries(self):
        """A copy of what was noted."""
        return list(self._entries)

    def clear(self):
        """Forget what was noted."""
        self._entries.clear()
