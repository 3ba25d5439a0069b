"""Amazon FSx for Lustre on top of moto: what a real answer carries and moto's leaves out.

moto keeps the file systems and their tags. This module gives them AWS's long ids, a mount
name, a lifecycle and a version, refuses an unknown id as AWS does, and pages its answers.
"""

import base64
import json
import secrets
import time
from dataclasses import dataclass

from moto.core.exceptions import JsonRESTError
from moto.fsx import models
from moto.fsx.exceptions import FileSystemNotFound

MOUNT_NAME_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
# moto learns a class's service and its table of URLs from the name of its module.
MOTO_MODULE = models.__name__
DEFAULT_VERSION = "2.15"
MOST_IDS = 50
VPC_ID = "vpc-0a1b2c3d4e5f60718"


class BadRequest(JsonRESTError):
    """FSx's word for a request that makes no sense."""

    def __init__(self, message):
        super().__init__("BadRequest", message)


def aws_id(prefix):
    """An id as AWS makes them today: a prefix and 17 hexadecimal digits."""
    return f"{prefix}-0{secrets.token_hex(8)}"


def mount_name(deployment_type):
    """SCRATCH_1 file systems are all called `fsx`; the others get a random name."""
    if deployment_type == "SCRATCH_1":
        return "fsx"
    return "".join(secrets.choice(MOUNT_NAME_ALPHABET) for _ in range(8))


class FileSystem(models.FileSystem):
    """moto's file system with the fields of a real one, each of which a test may set."""

    __module__ = MOTO_MODULE

    def __init__(self, **given):
        # The ARN changes below, so the tags must wait: the backend adds them afterwards.
        super().__init__(**{**given, "tags": None})
        region, account = given["region_name"], given["account_id"]
        self.file_system_id = aws_id("fs")
        self.dns_name = f"{self.file_system_id}.fsx.{region}.amazonaws.com"
        self.resource_arn = (
            f"arn:aws:fsx:{region}:{account}:file-system/{self.file_system_id}"
        )
        self.storage_type = self.storage_type or "SSD"
        if self.file_system_type == "LUSTRE":
            configuration = {"DeploymentType": "SCRATCH_1"}
            configuration.update(self.lustre_configuration or {})
            name = mount_name(configuration["DeploymentType"])
            configuration.setdefault("MountName", name)
            self.lustre_configuration = configuration
        self.fields = {
            "OwnerId": account,
            "CreationTime": time.time(),
            "Lifecycle": "AVAILABLE",
            "VpcId": VPC_ID,
            "NetworkInterfaceIds": [aws_id("eni"), aws_id("eni")],
        }

    def set(self, fields):
        """Override fields of the answer; null removes one, an object is merged."""
        for name, value in fields.items():
            if isinstance(value, dict):
                value = {**self.to_dict().get(name, {}), **value}
            self.fields[name] = value

    def to_dict(self):
        """The file system as DescribeFileSystems shows it."""
        shown = {**super().to_dict(), **self.fields}
        shown.pop("SecurityGroupIds", None)
        return {name: value for name, value in shown.items() if value is not None}


@dataclass
class Pages:
    """How DescribeFileSystems cuts its answer: AWS may do so at any point."""

    size: int | None = None
    empty_first: int = 0

    def cut(self, items, limit, token):
        """The page that `token` names, and the token of the next one."""
        start, empty = self._read(token)
        if empty < self.empty_first:
            return [], self._write(start, empty + 1)
        sizes = [size for size in (self.size, limit) if size]
        end = min([start + size for size in sizes] + [len(items)])
        rest = self._write(end, empty) if end < len(items) else None
        return items[start:end], rest

    @staticmethod
    def _write(start, empty):
        text = json.dumps({"start": start, "empty": empty})
        return base64.urlsafe_b64encode(text.encode()).decode()

    @staticmethod
    def _read(token):
        if token is None:
            return 0, 0
        try:
            place = json.loads(base64.urlsafe_b64decode(token))
            return int(place["start"]), int(place["empty"])
        except (ValueError, KeyError, TypeError) as error:
            raise BadRequest("NextToken is not valid.") from error


class Backend(models.FSxBackend):
    """moto's FSx of one account and region, with AWS's refusals and AWS's pages."""

    __module__ = MOTO_MODULE

    pages = Pages()

    def create_file_system(self, **given):
        """As moto does, and remember the Lustre version that was asked for."""
        file_system = super().create_file_system(**given)
        if file_system.file_system_type == "LUSTRE":
            version = given.get("file_system_type_version") or DEFAULT_VERSION
            file_system.fields["FileSystemTypeVersion"] = version
        return file_system

    def describe_file_systems(self, file_system_ids, max_results=None, next_token=None):
        """One page of the file systems asked for, or of all of them."""
        if max_results is not None and max_results < 1:
            raise BadRequest("MaxResults must be at least 1.")
        if len(file_system_ids or []) > MOST_IDS:
            raise BadRequest(f"At most {MOST_IDS} ids are taken.")
        for wanted in file_system_ids or []:
            if wanted not in self.file_systems:
                raise FileSystemNotFound(wanted)
        wanted = file_system_ids or list(self.file_systems)
        found = [self.file_systems[file_system_id] for file_system_id in wanted]
        return self.pages.cut(found, max_results, next_token)


def extend_moto():
    """Make moto build these file systems; call it before the first request."""
    models.FileSystem = FileSystem
    models.fsx_backends.backend = Backend


def create_many(count, tags):
    """Create file systems in the account and Region of the instance, all with these tags."""
    backend = models.fsx_backends["123456789012"]["us-east-1"]
    given = {
        "client_request_token": "sandbox",
        "file_system_type": "LUSTRE",
        "storage_capacity": 1200,
        "storage_type": "SSD",
        "subnet_ids": ["subnet-0123456789abcdef0"],
        "tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        "lustre_configuration": {"DeploymentType": "PERSISTENT_2"},
    }
    missing = ("security_group_ids", "kms_key_id", "windows_configuration")
    missing += ("ontap_configuration", "file_system_type_version")
    missing += ("open_zfs_configuration",)
    given.update(dict.fromkeys(missing))
    return [backend.create_file_system(**given).file_system_id for _ in range(count)]


def find(file_system_id):
    """The file system of that id in whatever account and region, or None."""
    for account in models.fsx_backends.values():
        for backend in account.values():
            if file_system_id in backend.file_systems:
                return backend.file_systems[file_system_id]
    return None
