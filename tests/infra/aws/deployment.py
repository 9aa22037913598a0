"""A stack deployed from a package by CloudFormation, and the calls a user makes to it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from infra.aws.upload import upload
from tests.infra.aws.emulator import account_at, client_of

PATIENCE = 120.0


class Deployment:
    """One stack in an emulator."""

    def __init__(self, endpoint: str, name: str, parameters: dict[str, str]) -> None:
        """`endpoint` is the emulator's address."""
        self.name = name
        self._endpoint = endpoint
        self._parameters = [
            {"ParameterKey": key, "ParameterValue": value, "UsePreviousValue": False}
            for key, value in parameters.items()
        ]
        self.account = account_at(endpoint)
        self.cloudformation = self.client("cloudformation")
        self.lambdas = self.client("lambda")

    def client(self, service: str) -> Any:
        """A boto3 client of the emulator."""
        return client_of(self._endpoint, service)

    def create(self, package: Path) -> None:
        """Deploy what is in the directory `package` for the first time."""
        self.cloudformation.create_stack(**self._request(package))
        self._wait_for("CREATE_COMPLETE")

    def update(self, package: Path, *, ending: str = "UPDATE_COMPLETE") -> None:
        """Deploy another package over what is there; `ending` is the status to end in."""
        self.cloudformation.update_stack(**self._request(package))
        self._wait_for(ending)

    def delete(self) -> None:
        """Take it all down."""
        stack = self.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]["StackId"]
        self.cloudformation.delete_stack(StackName=self.name)
        self._wait_for("DELETE_COMPLETE", stack)

    def status(self, stack: str = "") -> str:
        """CloudFormation's word for the stack's state; a stack that was deleted is known by its id only."""
        found = self.cloudformation.describe_stacks(StackName=stack or self.name)
        status: str = found["Stacks"][0]["StackStatus"]
        return status

    def reasons(self) -> list[str]:
        """What CloudFormation says of resources that failed, and what the migrations said."""
        events = self.cloudformation.describe_stack_events(StackName=self.name)["StackEvents"]
        return [
            f"{e['LogicalResourceId']}: {e['ResourceStatusReason']}" for e in events if e.get("ResourceStatusReason")
        ]

    def resources(self, kind: str) -> dict[str, str]:
        """The physical ids of the resources of a kind, by logical name."""
        listed = self.cloudformation.get_paginator("list_stack_resources").paginate(StackName=self.name)
        return {
            each["LogicalResourceId"]: each["PhysicalResourceId"]
            for page in listed
            for each in page["StackResourceSummaries"]
            if each["ResourceType"] == kind
        }

    def physical(self, logical: str) -> str:
        """The physical id of a resource."""
        detail = self.cloudformation.describe_stack_resource(StackName=self.name, LogicalResourceId=logical)
        physical: str = detail["StackResourceDetail"]["PhysicalResourceId"]
        return physical

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        """Call a function directly, as an operator does."""
        answer = self.lambdas.invoke(FunctionName=self.physical(function), Payload=json.dumps(event))
        content = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, content
        return content

    def set_environment(self, function: str, **variables: str) -> None:
        """Add to a function's environment, as an operator may for a test."""
        name = self.physical(function)
        known = self.lambdas.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        self.lambdas.update_function_configuration(FunctionName=name, Environment={"Variables": {**known, **variables}})

    def mails_to(self, address: str) -> list[dict[str, Any]]:
        """What the emulated SES was given for an address."""
        by_account = requests.get(f"{self._endpoint}/_ministack/ses/messages", timeout=60).json()["messages"]
        return [mail for mails in by_account.values() for mail in mails if address in mail["To"]]

    def call(self, method: str, path: str, token: str = "", **request: Any) -> requests.Response:
        """Call the API through the emulated API Gateway."""
        url = f"{self._endpoint}/restapis/{self.physical('RestAPI')}/api/_user_request_{path}"
        return requests.request(method, url, headers={"Authorization": f"Bearer {token}"}, timeout=60, **request)

    def record(self, body: bytes, token: str, **headers: str) -> requests.Response:
        """Send a body to the ingest function's URL, which the emulator knows by its host name."""
        url = self.lambdas.get_function_url_config(FunctionName=self.physical("Ingest"))["FunctionUrl"]
        sent = {"Host": url.split("/")[2], "Authorization": f"Bearer {token}", **headers}
        return requests.post(f"{self._endpoint}/api/monitoring/metrics", body, headers=sent, timeout=60)

    def _request(self, package: Path) -> dict[str, Any]:
        return {
            "StackName": self.name,
            "TemplateURL": upload(self.account, package, f"{self.name}-code"),
            "Parameters": self._parameters,
            "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        }

    def _wait_for(self, wanted: str, stack: str = "") -> None:
        def settled() -> bool:
            return not self.status(stack).endswith("_IN_PROGRESS")

        wait_until(settled, lambda: f"{self.status(stack)}: {self.reasons()}")
        assert self.status(stack) == wanted, self.reasons()


def wait_until(holds: Callable[[], bool], what: Callable[[], str]) -> None:
    """Poll for a condition; `what` tells what is the matter when it does not come to hold."""
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, what()
        time.sleep(0.2)
