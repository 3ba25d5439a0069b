"""The AWS of a sandbox: moto's services on one address, instance metadata on another.

    endpoint.py --api 127.0.0.1:4566 --imds 169.254.169.254:80

prints `ready` when both listen. A test steers it through the API's address:

    POST /_control/file-system  {"id": ID, "set": {"Lifecycle": "CREATING", ...}}
    POST /_control/fault        {"match": "DescribeFileSystems", "count": 2, "status": 400,
                                 "type": "ThrottlingException"}
                                or "delay": SECONDS, "garbage": true, "hang": true,
                                "clock_ahead": SECONDS of the Date header of an error
    POST /_control/pages        {"size": 1, "empty_first": 1}
    POST /_control/parameters   {"size": 1, "empty_first": 1}
                                or "put_earlier": {"name": NAME, "seconds": 60}
    POST /_control/compliance   {"size": 1, "empty_first": 1}: pages of ListComplianceItems
    POST /_control/imds         {"mode": "on" | "off" | "hang", "set": {"placement/region": ...}}
    POST /_control/associations {"id": ID, "associations": [{...}]}
    POST /_control/tasks        {"id": ID, "tasks": [{...}]} are there; or {"ends": {"looks": 1,
                                "lifecycle": "FAILED", "total": 3, "failed": 1, "message": TEXT}}
    POST /_control/metrics      {"file_system": ID, "metric": NAME, "points": [[SECONDS_AGO, VALUE]]}
    POST /_control/many         {"count": 3000, "tags": {"Key": "Value"}}
    POST /_control/tls          {"names": [...]}: the same over TLS at 127.0.0.1:443, for these names;
                                answers with the authority's certificate
    POST /_control/proxy        a CONNECT proxy at 127.0.0.1:3128 that leads to it
    GET  /_control/log          every request so far
    POST /_control/reset        no faults, no log, whole pages, metadata as at the start
"""

import argparse
import io
import json
import logging
import threading
import time

import moto_without_ec2  # noqa: F401, before anything of moto
import associations
import compliance
import file_systems
import metrics
import parameters
import tasks
from control import Fault, Faults, Log, aws_error
from imds import Imds
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    create_backend_app,
)
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response


class Handler(WSGIRequestHandler):
    """Sends the application's Date header in place of its own, not behind it."""

    def send_header(self, keyword, value):
        """Add a header; of several Date headers the last one counts."""
        if keyword.lower() == "date":
            lines = getattr(self, "_headers_buffer", [])
            kept = [line for line in lines if not line.lower().startswith(b"date:")]
            self._headers_buffer = kept
        super().send_header(keyword, value)


class Endpoint:
    """Both services, and what a test has asked of them."""

    def __init__(self):
        file_systems.extend_moto()
        parameters.extend_moto()
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.metadata = Imds()
        self.faults = Faults()
        self.log = Log()
        self.released = threading.Event()

    def api(self, environ, start_response):
        """The WSGI application of the AWS API and of the control requests."""
        request = readable(environ)
        if request.path.startswith("/_control/"):
            return self._control(request)(environ, start_response)
        answer = self._refuse(request)
        if answer is not None:
            return answer(environ, start_response)
        environ["wsgi.input"] = io.BytesIO(request.get_data())
        # moto is to choose the service by the signature, whatever name was asked for.
        environ["HTTP_HOST"] = "127.0.0.1"
        for part in (associations, compliance, tasks, metrics):
            if (answer := part.answer(request)) is not None:
                return answer(environ, start_response)
        try:
            return self.moto(environ, start_response)
        except NotImplementedError as error:
            answer = aws_error(400, "UnknownOperationException", str(error))
            return answer(environ, start_response)

    def imds(self, environ, start_response):
        """The WSGI application of the instance metadata service."""
        request = readable(environ)
        self.log.add("imds", request, None)
        answer = self._fail(self.faults.take([request.path]))
        if answer is None and self.metadata.mode == "hang":
            answer = self._hang()
        if answer is None:
            answer = self.metadata.answer(request)
        return answer(environ, start_response)

    def _refuse(self, request):
        target = request.headers.get("X-Amz-Target", "")
        request.get_data()
        operation = target.rpartition(".")[2] or request.form.get("Action")
        self.log.add("api", request, operation)
        if "Authorization" not in request.headers:
            message = "Missing Authentication Token"
            return aws_error(400, "MissingAuthenticationToken", message)
        names = [target, operation or "", request.path]
        return self._fail(self.faults.take(names), is_query=not target)

    def _fail(self, fault, is_query=False):
        if fault is None:
            return None
        time.sleep(fault.delay)
        return self._hang() if fault.hang else fault.answer(is_query)

    def _hang(self):
        self.released.wait()
        return Response("Released by a reset.", 503)

    def _control(self, request):
        name = request.path.removeprefix("/_control/").replace("-", "_")
        handler = getattr(self, f"_control_{name}", None)
        try:
            if handler is None:
                raise NotFound(f"no control request is called {name}")
            asked = json.loads(request.get_data() or b"{}")
            told = handler(**asked)
            answer = json.dumps({} if told is None else told)
            return Response(answer, content_type="application/json")
        except HTTPException as error:
            return Response(error.description, error.code)
        except (KeyError, TypeError, ValueError) as error:
            return Response(f"{type(error).__name__}: {error}", 400)

    def _control_file_system(self, **asked):
        file_system = file_systems.find(asked["id"])
        if file_system is None:
            raise NotFound(f"no file system has the id {asked['id']}")
        file_system.set(asked["set"])
        return file_system.to_dict()

    def _control_fault(self, **asked):
        self.faults.add(Fault(**asked))

    def _control_pages(self, **asked):
        file_systems.Backend.pages = file_systems.Pages(**asked)

    def _control_associations(self, **asked):
        associations.of_file_system[asked["id"]] = asked["associations"]

    def _control_tasks(self, **asked):
        if "ends" in asked:
            tasks.end(**asked["ends"])
        else:
            tasks.add(asked["id"], asked["tasks"])

    def _control_metrics(self, **asked):
        metrics.put(**asked)

    def _control_many(self, **asked):
        return {"ids": file_systems.create_many(asked["count"], asked["tags"])}

    def _control_tls(self, **asked):
        # Few tests need it, and it takes as long as a fifth of the rest.
        import secure

        return {"authority": secure.serve_tls(asked["names"], self.api)}

    def _control_proxy(self):
        import secure

        secure.serve_proxy(lambda *words: self.log.note("proxy", *words))

    def _control_parameters(self, put_earlier=None, **pages):
        if put_earlier is None:
            parameters.Backend.pages = file_systems.Pages(**pages)
        elif not parameters.put_earlier(**put_earlier):
            raise NotFound(f"there is no parameter {put_earlier['name']}")

    def _control_compliance(self, **asked):
        compliance.cut_into(**asked)

    def _control_imds(self, **asked):
        mode = asked.get("mode", self.metadata.mode)
        if mode not in Imds.modes:
            raise ValueError(f"mode is one of {', '.join(Imds.modes)}, not {mode}")
        self.metadata.mode = mode
        self.metadata.set(asked.get("set", {}))

    def _control_log(self):
        return self.log.entries()

    def _control_reset(self):
        self.faults.clear()
        self.log.clear()
        self.metadata.restore()
        file_systems.Backend.pages = file_systems.Pages()
        parameters.Backend.pages = file_systems.Pages()
        compliance.reset()
        tasks.reset()
        metrics.reset()
        self.released.set()
        self.released = threading.Event()


def readable(environ):
    """The request of `environ`, with its body read so that it can be read again."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(length))
    return Request(environ, shallow=False)


def address(text):
    """HOST:PORT as a pair."""
    host, _, port = text.rpartition(":")
    return host, int(port)


def main():
    """Listen on both addresses, say so, and serve until killed."""
    parser = argparse.ArgumentParser(description="The AWS of a sandbox.")
    parser.add_argument("--api", type=address, default="127.0.0.1:4566")
    parser.add_argument("--imds", type=address, default="169.254.169.254:80")
    given = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    endpoint = Endpoint()
    api = make_server(
        *given.api, endpoint.api, threaded=True, request_handler=Handler
    )
    imds = make_server(*given.imds, endpoint.imds, threaded=True)
    threading.Thread(target=imds.serve_forever, daemon=True).start()
    print("ready", flush=True)
    api.serve_forever()


if __name__ == "__main__":
    main()
