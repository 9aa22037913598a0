"""One change of the stack: made, shown, executed and waited for."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from infra.aws.account import Account
from infra.aws.refusals import Refused, said_clearly

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
POLL_SECONDS = 2.0
LONGEST = 3600.0  # a database with a replica takes half an hour to make
_OTHER_HALF = {"NotifierPublicKey": "NotifierPrivateKey"}
_NOTHING = ("didn't contain changes", "No updates are to be performed", "no changes")


@dataclass(frozen=True, slots=True)
class Change:
    """One resource: what is done to it."""

    action: str
    resource: str
    kind: str
    replaces: bool


@dataclass(frozen=True, slots=True)
class Version:
    """What was deployed: the template as it was given, and the parameters."""

    template: dict[str, Any]
    parameters: dict[str, str]


class Stack:
    """One stack of an account, which may not exist yet."""

    def __init__(self, where: Account, name: str, *, poll_seconds: float = POLL_SECONDS) -> None:
        self.name = name
        self._client = where.client("cloudformation")
        self._poll_seconds = poll_seconds

    def described(self, stack: str = "") -> dict[str, Any] | None:
        """What CloudFormation knows of it; None = there is none."""
        from botocore.exceptions import ClientError

        with said_clearly():
            try:
                found: dict[str, Any] = self._client.describe_stacks(StackName=stack or self.name)["Stacks"][0]
            except ClientError as error:
                if "does not exist" in error.response["Error"]["Message"]:
                    return None
                raise
        return None if found["StackStatus"] in ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE") else found

    def outputs(self) -> dict[str, str]:
        """What the deployment ended with."""
        found = (self.described() or {}).get("Outputs", [])
        return {each["OutputKey"]: each["OutputValue"] for each in found}

    def physical(self, logical: str) -> str | None:
        """A resource's own name; None where the stack has no such resource, or no longer."""
        from botocore.exceptions import ClientError

        try:
            answer = self._client.describe_stack_resource(StackName=self.name, LogicalResourceId=logical)
        except ClientError:
            return None
        found: dict[str, str] = answer["StackResourceDetail"]
        # What a first deployment made and took back is still described, some of it under its name.
        return None if found["ResourceStatus"] == "DELETE_COMPLETE" else found.get("PhysicalResourceId") or None

    def check_ready(self) -> None:
        """Raise Refused when nothing can be deployed over what is there."""
        status = (self.described() or {}).get("StackStatus", "")
        if status.endswith("_IN_PROGRESS"):
            raise Refused(f"{self.name} is being changed just now ({status}): wait for that to end.")
        if status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"):
            raise Refused(f"{self.name} was never completed ({status}): take it down first, with make destroy.")
        if status == "UPDATE_ROLLBACK_FAILED":
            raise Refused(f"{self.name} could not be taken back ({status}): continue the rollback in the console.")

    def propose(self, template: str, parameters: Mapping[str, str]) -> tuple[str, list[Change]]:
        """A change set from the template at this address, and what it would do; an empty list = nothing changes.

        Parameters that are not given keep their value. Raises Refused.
        """
        exists = self.described()
        kept = {each["ParameterKey"] for each in (exists or {}).get("Parameters", [])} - set(parameters)
        with said_clearly():
            declared = {
                p["ParameterKey"] for p in self._client.get_template_summary(TemplateURL=template)["Parameters"]
            }
            if unknown := sorted(set(parameters) - declared):
                raise Refused(f"There is no parameter {', '.join(unknown)}; there are {', '.join(sorted(declared))}.")
            given: list[dict[str, Any]] = [
                {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
            ]
            given += [{"ParameterKey": key, "UsePreviousValue": True} for key in sorted(kept & declared)]
            change_set: str = self._client.create_change_set(
                StackName=self.name,
                ChangeSetName=f"deploy-{datetime.now(UTC):%Y%m%d%H%M%S%f}",
                ChangeSetType="UPDATE" if exists else "CREATE",
                TemplateURL=template,
                Parameters=given,
                Capabilities=CAPABILITIES,
                Tags=[{"Key": "service", "Value": self.name}],
            )["Id"]
            return change_set, self._changes(change_set)

    def execute(self, change_set: str) -> None:
        """Carry it out and wait. Raises Refused with the reasons when CloudFormation took it back."""
        exists = self.described() is not None
        begun = datetime.now(UTC)
        with said_clearly():
            self._client.execute_change_set(ChangeSetName=change_set)
        status = self.wait("" if exists else change_set)
        if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            why = "; ".join(self.reasons(begun)) or status
            kept = "the version before keeps running" if exists else "nothing is running; make destroy clears it away"
            raise Refused(f"The deployment failed, {kept}: {why}")

    def discard(self, change_set: str) -> None:
        """Throw a change set away, and the empty stack that a first one makes."""
        with said_clearly():
            self._client.delete_change_set(ChangeSetName=change_set)
            if self.described() is None:
                self._client.delete_stack(StackName=self.name)

    def running(self) -> Version | None:
        """What is deployed now, to go back to; None = nothing is."""
        found = self.described()
        if found is None:
            return None
        with said_clearly():
            template = self._client.get_template(StackName=self.name, TemplateStage="Original")["TemplateBody"]
        # Values that are not shown cannot be given back: they stay what they are, and so does what belongs to them.
        given = {each["ParameterKey"]: each["ParameterValue"] for each in found.get("Parameters", [])}
        hidden = {key for key, value in given.items() if set(value) == {"*"}}
        kept = {key: value for key, value in given.items() if not {key, _OTHER_HALF.get(key)} & hidden}
        return Version(dict(template), kept)

    def go_back(self, template: str, version: Version) -> None:
        """Deploy what ran before; `template` is the address of its template. Raises Refused."""
        change_set, changes = self.propose(template, version.parameters)
        if changes:
            self.execute(change_set)

    def delete(self) -> str:
        """Take it down and wait; the status in the end."""
        stack = (self.described() or {}).get("StackId", self.name)
        with said_clearly():
            self._client.delete_stack(StackName=self.name)
        return self.wait(stack)

    def wait(self, stack: str = "") -> str:
        """The status in which a change ends."""
        until = time.monotonic() + LONGEST
        while True:
            with said_clearly():
                found = self._client.describe_stacks(StackName=stack if "stack/" in stack else self.name)["Stacks"][0]
            status: str = found["StackStatus"]
            if not status.endswith("_IN_PROGRESS"):
                return status
            if time.monotonic() > until:
                raise Refused(f"{self.name} has been {status} for an hour: look into the CloudFormation console.")
            time.sleep(self._poll_seconds)

    def reasons(self, since: datetime) -> list[str]:
        """Why resources failed, the first failure first."""
        pages = self._client.get_paginator("describe_stack_events").paginate(StackName=self.name)
        events = [each for page in pages for each in page["StackEvents"] if each["Timestamp"] >= since]
        return [
            f"{each['LogicalResourceId']}: {each['ResourceStatusReason']}"
            for each in reversed(events)
            if each["ResourceStatus"].endswith("_FAILED")
            and each.get("ResourceStatusReason")
            and "cancelled" not in each["ResourceStatusReason"]
        ]

    def _changes(self, change_set: str) -> list[Change]:
        while True:
            made = self._client.describe_change_set(ChangeSetName=change_set)
            if made["Status"] == "FAILED":
                why = made.get("StatusReason", "")
                if any(text.lower() in why.lower() for text in _NOTHING):
                    return []
                raise Refused(f"CloudFormation does not take the template: {why}")
            if made["Status"] == "CREATE_COMPLETE":
                break
            time.sleep(self._poll_seconds)
        pages = self._client.get_paginator("describe_change_set").paginate(ChangeSetName=change_set)
        found = [each["ResourceChange"] for page in pages for each in page["Changes"]]
        return [
            Change(each["Action"], each["LogicalResourceId"], each["ResourceType"], each.get("Replacement") == "True")
            for each in found
        ]
