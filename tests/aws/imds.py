"""The instance metadata service, version 2 only, as an EC2 instance sees it."""

import json
import secrets
import threading
import time

from werkzeug.wrappers import Request, Response

TTL_HEADER = "X-aws-ec2-metadata-token-ttl-seconds"
TOKEN_HEADER = "X-aws-ec2-metadata-token"
LONGEST_TTL = 21600
ACCOUNT = "123456789012"
ROLE = "fsxlustre-node"
MAC = "02:1f:5a:3c:9e:07"


def instance_metadata():
    """The leaves below /latest/meta-data/ of a compute node."""
    interface = f"network/interfaces/macs/{MAC}"
    return {
        "ami-id": "ami-0d5eff06f840b45e9",
        "instance-id": "i-0123456789abcdef0",
        "instance-type": "c6in.8xlarge",
        "local-hostname": "ip-10-0-1-20.ec2.internal",
        "local-ipv4": "10.0.1.20",
        "mac": MAC,
        "placement/availability-zone": "us-east-1a",
        "placement/availability-zone-id": "use1-az1",
        "placement/region": "us-east-1",
        "services/domain": "amazonaws.com",
        "services/partition": "aws",
        f"{interface}/interface-id": "eni-0123456789abcdef0",
        f"{interface}/local-ipv4s": "10.0.1.20",
        f"{interface}/subnet-id": "subnet-0123456789abcdef0",
        f"{interface}/vpc-id": "vpc-0a1b2c3d4e5f60718",
        f"iam/security-credentials/{ROLE}": credentials(),
    }


def credentials():
    """What the instance's role gives: keys that nothing outside this endpoint accepts."""
    shape = "%Y-%m-%dT%H:%M:%SZ"
    now = time.time()
    answer = {
        "Code": "Success",
        "LastUpdated": time.strftime(shape, time.gmtime(now)),
        "Type": "AWS-HMAC",
        "AccessKeyId": "ASIAFSXLUSTREDEMO000",
        "SecretAccessKey": "not-a-secret",
        "Token": "not-a-token",
        "Expiration": time.strftime(shape, time.gmtime(now + LONGEST_TTL)),
    }
    return json.dumps(answer, indent=2)


def text(status, body="", headers=None):
    """A plain text answer, which is all that the metadata service ever gives."""
    return Response(body, status, headers, content_type="text/plain")


class Imds:
    """The service itself; `mode` is `on`, `off` (disabled for the instance) or `hang`."""

    modes = ("on", "off", "hang")

    def __init__(self):
        self._lock = threading.Lock()
        self._expiry = {}
        self.restore()

    def restore(self):
        """Back to a service that is on and knows what it knew at the start."""
        self.mode = "on"
        self.values = instance_metadata()

    def set(self, values):
        """Override leaves of the metadata; null removes one."""
        for path, value in values.items():
            if value is None:
                self.values.pop(path, None)
            else:
                self.values[path] = value

    def answer(self, request: Request):
        """The answer to one request; hanging is the caller's business."""
        if self.mode == "off":
            return text(403)
        if request.path == "/latest/api/token":
            return self._new_token(request)
        if request.method != "GET":
            return text(405)
        if not self._is_valid(request.headers.get(TOKEN_HEADER)):
            return text(401)
        if request.path == "/latest/dynamic/instance-identity/document":
            return text(200, self._identity_document())
        return self._metadata(request.path)

    def _new_token(self, request):
        if request.method != "PUT":
            return text(405)
        wanted = request.headers.get(TTL_HEADER, "")
        if not wanted.isdigit() or not 1 <= int(wanted) <= LONGEST_TTL:
            return text(400)
        token = secrets.token_urlsafe(40)
        with self._lock:
            self._expiry[token] = time.monotonic() + int(wanted)
        # aws-sdk-rust refuses a token whose answer does not repeat its time to live.
        return text(200, token, {TTL_HEADER: wanted})

    def _is_valid(self, token):
        with self._lock:
            return self._expiry.get(token, 0) > time.monotonic()

    def _identity_document(self):
        known = {
            "accountId": ACCOUNT,
            "architecture": "x86_64",
            "availabilityZone": self.values.get("placement/availability-zone"),
            "imageId": self.values.get("ami-id"),
            "instanceId": self.values.get("instance-id"),
            "instanceType": self.values.get("instance-type"),
            "privateIp": self.values.get("local-ipv4"),
            "region": self.values.get("placement/region"),
            "version": "2017-09-30",
        }
        return json.dumps(known, indent=2)

    def _metadata(self, path):
        root = "/latest/meta-data/"
        if not f"{path}/".startswith(root):
            return text(404)
        leaf = path[len(root):]
        if leaf in self.values:
            return text(200, self.values[leaf])
        folder = f"{leaf.rstrip('/')}/" if leaf.strip("/") else ""
        children = self._list(folder)
        return text(200, "\n".join(children)) if children else text(404)

    def _list(self, folder):
        below = [path[len(folder):] for path in self.values if path.startswith(folder)]
        names = {
            name if name == rest else f"{name}/"
            for rest in below
            for name in [rest.split("/", 1)[0]]
        }
        return sorted(names)
