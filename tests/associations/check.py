"""check.py PACKAGING: looks at ssm/associations and iam/policies.yaml in there; prints what is wrong.

CloudFormation goes through cfn-lint. No program reads the Terraform file as Terraform does: it is parsed as
HCL, its arguments are held against those that the provider documents, and what it says against what the
CloudFormation templates say.
"""

import json
import pathlib
import re
import subprocess
import sys

import hcl2
import yaml

PACKAGING = pathlib.Path(sys.argv[1])
ASSOCIATIONS = PACKAGING / "ssm" / "associations"
IAM = PACKAGING / "iam"
# Arguments of aws_ssm_association (registry.terraform.io, hashicorp/aws), by what CloudFormation calls them.
ARGUMENTS = {
    "association_name": "AssociationName",
    "name": "Name",
    "schedule_expression": "ScheduleExpression",
    "apply_only_at_cron_interval": "ApplyOnlyAtCronInterval",
    "max_concurrency": "MaxConcurrency",
    "max_errors": "MaxErrors",
    "compliance_severity": "ComplianceSeverity",
    "sync_compliance": "SyncCompliance",
    "parameters": "Parameters",
    "targets": "Targets",
}
# Policies that CloudFormation does not have: whose resource is somebody's own role.
WITHOUT_TEMPLATE = {"assume-role"}


class Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short functions."""


def _function(loader, tag, node):
    return {tag: loader.construct_scalar(node)}


Loader.add_multi_constructor("!", _function)


def read(path):
    """A template."""
    return yaml.load(path.read_text(), Loader)  # noqa: S506 (it is a SafeLoader)


def linted():
    """What cfn-lint says."""
    lint = pathlib.Path(sys.executable).with_name("cfn-lint")
    templates = [*sorted(ASSOCIATIONS.glob("*.yaml")), IAM / "policies.yaml"]
    done = subprocess.run([lint, *templates], capture_output=True, text=True, check=False)
    return [line for line in (done.stdout + done.stderr).splitlines() if line]


def of_cloudformation():
    """Every association of the templates, by its name."""
    found = {}
    for path in sorted(ASSOCIATIONS.glob("*.yaml")):
        for resource in read(path)["Resources"].values():
            said = resource["Properties"]
            found[said["AssociationName"]] = said
    return found


def of_terraform():
    """Every association of the Terraform file, by its name, with its arguments."""
    found = {}
    text = (ASSOCIATIONS / "associations.tf").read_text()
    for block in hcl2.loads(text)["resource"]:
        for kind, resources in block.items():
            if kind.strip('"') != "aws_ssm_association":
                continue
            for said in resources.values():
                said = {key: plain(value) for key, value in said.items() if key != "__is_block__"}
                found[said["association_name"]] = said
    return found


def plain(value):
    """A value of HCL without its quotes."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items() if key != "__is_block__"}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value.strip('"') if isinstance(value, str) else value


def rules(name, said):
    """What every association must say."""
    schedule = said["ScheduleExpression"]
    if not re.fullmatch(r"cron\((\S+ ){5}\S+\)", schedule):
        yield f"{name}: {schedule} is no cron expression, and only those can wait for their time"
    if said.get("ApplyOnlyAtCronInterval") is not True:
        yield f"{name}: runs at once on every node when it is made"
    for key in ("MaxConcurrency", "MaxErrors", "SyncCompliance"):
        if key not in said:
            yield f"{name}: {key} is left to its default"
    commands = " ".join(said["Parameters"].get("commands", []))
    splay = re.search(r"--splay (\d+)", commands)
    if commands and not splay:
        yield f"{name}: all nodes begin at one moment"
    if splay and int(said["Parameters"]["executionTimeout"][0]) <= int(splay[1]):
        yield f"{name}: is killed before its turn"
    document = PACKAGING / "ssm" / f"{said['Name']}.json"
    if said["Name"].startswith("FsxLustre-") and document.exists():
        known = json.loads(document.read_text()).get("parameters", {})
        for parameter in set(said["Parameters"]) - set(known):
            yield f"{name}: {said['Name']} has no parameter {parameter}"


def differences(cloudformation, terraform):
    """Where the two say something else."""
    if set(cloudformation) != set(terraform):
        yield f"CloudFormation has {sorted(cloudformation)}, Terraform {sorted(terraform)}"
        return
    for name, said in terraform.items():
        for argument, value in said.items():
            if argument not in ARGUMENTS:
                yield f"{name}: aws_ssm_association has no argument {argument}"
                continue
            other = cloudformation[name].get(ARGUMENTS[argument])
            if argument == "parameters":
                other = {key: ",".join(map(str, values)) for key, values in other.items()}
            if argument != "targets" and value != other:
                yield f"{name}: {argument} is {value} here and {other} there"
        for argument in set(ARGUMENTS) - set(said):
            yield f"{name}: {argument} is missing in Terraform"


def policies():
    """Where the template and the files say something else; ARNs that name a partition."""
    template = read(IAM / "policies.yaml")["Resources"]
    told = [resource["Properties"]["PolicyDocument"]["Statement"] for resource in template.values()]
    for path in sorted(IAM.glob("*.json")):
        text = path.read_text()
        if re.search(r'"arn:(?!PARTITION:)', text):
            yield f"{path.name} names a partition"
        statements = [in_cloudformation(one) for one in json.loads(text)["Statement"]]
        if path.stem not in WITHOUT_TEMPLATE and statements not in told:
            yield f"{path.name} is not in policies.yaml as it stands: {statements}"
    files = {path.stem for path in IAM.glob("*.json")} - WITHOUT_TEMPLATE
    if len(told) != len(files):
        yield f"policies.yaml has {len(told)} policies, there are {sorted(files)}"


def in_cloudformation(value):
    """A statement as CloudFormation says it."""
    if isinstance(value, dict):
        return {key: in_cloudformation(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [in_cloudformation(inner) for inner in value]
    if value.startswith("arn:"):
        value = value.replace("PARTITION", "${AWS::Partition}")
        return {"Sub": value.replace("parameter/fsxlustre", "parameter${SettingsPath}")}
    return value


def main():
    """Print what is wrong; 1 where something is."""
    cloudformation, terraform = of_cloudformation(), of_terraform()
    wrong = [*linted(), *policies(), *differences(cloudformation, terraform)]
    for name, said in cloudformation.items():
        wrong += rules(name, said)
    print("\n".join(wrong) or f"{len(cloudformation)} associations")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
