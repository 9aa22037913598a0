"""The real package, deployed by CloudFormation on an AWS emulator: a sample goes in over HTTP and comes out again."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest
import requests

from infra.aws.package import build
from infra.local.function_events import scheduled_event
from infra.local.postgres import Postgres
from infra.local.valkey import Valkey
from tests.infra.aws.emulator import emulator

pytestmark = pytest.mark.xdist_group("deploy")  # one package, one emulator
NAME, BUCKET = "perfmon-test", "perfmon-test-code"
PATIENCE = 120.0


class Stack:
    """A deployed stack, and the calls a user makes to it."""

    def __init__(self, endpoint: str, package: Path, postgres: Postgres, valkey: Valkey) -> None:
        self._endpoint = endpoint
        self._package = package
        self._parameters = {
            "DatabaseUrl": postgres.url,
            "RedisUrl": valkey.url,
            "AwsEndpointUrl": endpoint,
        }
        self.cloudformation = self.client("cloudformation")
        self.lambdas = self.client("lambda")

    def client(self, service: str) -> Any:
        """A boto3 client of the emulator."""
        return boto3.client(
            service,
            endpoint_url=self._endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def deploy(self, *, version: str, update: bool = False) -> None:
        """Create or update the stack with the package under a version's key."""
        s3 = self.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.upload_file(str(self._package / "deployment.zip"), BUCKET, f"{version}.zip")
        template = json.loads((self._package / "sam.json").read_text())
        for resource in template["Resources"].values():
            if "CodeUri" in resource.get("Properties", {}):
                resource["Properties"]["CodeUri"] = f"s3://{BUCKET}/{version}.zip"
                resource["Properties"]["Description"] = version
        act = self.cloudformation.update_stack if update else self.cloudformation.create_stack
        act(
            StackName=NAME,
            TemplateBody=json.dumps(template),
            Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in self._parameters.items()],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        wanted = "UPDATE_COMPLETE" if update else "CREATE_COMPLETE"
        wait_until(lambda: self.status() == wanted, lambda: f"{self.status()}: {self.reasons()}")

    def status(self) -> str:
        """CloudFormation's word for the stack's state."""
        status: str = self.cloudformation.describe_stacks(StackName=NAME)["Stacks"][0]["StackStatus"]
        return status

    def reasons(self) -> list[str]:
        """Why resources failed."""
        events = self.cloudformation.describe_stack_events(StackName=NAME)["StackEvents"]
        return [
            f"{e['LogicalResourceId']}: {e['ResourceStatusReason']}" for e in events if e.get("ResourceStatusReason")
        ]

    def physical(self, logical: str) -> str:
        """The physical id of a resource."""
        detail = self.cloudformation.describe_stack_resource(StackName=NAME, LogicalResourceId=logical)
        physical: str = detail["StackResourceDetail"]["PhysicalResourceId"]
        return physical

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        """Call a function directly, as a deployment does."""
        answer = self.lambdas.invoke(FunctionName=self.physical(function), Payload=json.dumps(event))
        content = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, content
        return content

    def call(self, method: str, path: str, token: str, **request: Any) -> requests.Response:
        """Call the API through the emulated API Gateway."""
        url = f"{self._endpoint}/restapis/{self.physical('RestAPI')}/api/_user_request_{path}"
        return requests.request(method, url, headers={"Authorization": f"Bearer {token}"}, timeout=60, **request)


def wait_until(holds: Callable[[], bool], what: Callable[[], str]) -> None:
    """Poll for a condition."""
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, what()
        time.sleep(0.2)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL of its own: the emulator's schedules write to it whenever they like."""
    server = Postgres(tmp_path_factory.mktemp("postgres"), fsync=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, database: Postgres) -> Iterator[Stack]:
    """The package for this machine's processor, built and deployed on empty stores."""
    directory = tmp_path_factory.mktemp("aws")
    architecture = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
    build(directory / "package", architecture=architecture)
    project = Path(__file__).parent.parent.parent.parent
    buffer = Valkey(directory / "valkey", appendfsync="no")
    buffer.start()
    try:
        with emulator(project, directory) as endpoint:
            deployed = Stack(endpoint, directory / "package", database, buffer)
            deployed.deploy(version="1")
            assert "0001_journey" in deployed.invoke("Migrate", {})["applied"]
            yield deployed
    finally:
        buffer.stop()


def test_a_sample_goes_in_over_http_is_drained_by_the_tick_and_comes_out(stack: Stack, database: Postgres) -> None:
    token = stack.invoke("MintToken", {"name": "first", "scopes": ["admin"]})["token"]

    # when the specification's metric is recorded
    metric = {
        "metricType": "response_time",
        "value": 250,
        "unit": "ms",
        "tags": {"endpoint": "/api/projects", "method": "GET"},
        "timestamp": "2024-01-15T10:30:00.000Z",
    }
    recorded = stack.call("POST", "/monitoring/metrics", token, json=metric)
    live = stack.call("GET", "/monitoring/metrics/realtime", token, params={"types": "response_time"})

    # then it can be read live
    assert (recorded.status_code, recorded.json()) == (202, {"accepted": 1, "rejected": 0})
    assert live.json() == {"response_time": [metric]}

    # and when the schedule orders ticks, which come back through the queue, it is in PostgreSQL
    ordered = stack.invoke("ScheduleTicks", scheduled_event("every-minute", datetime.now(UTC), "event-1"))
    assert ordered["ordered"] >= 7

    def ticks() -> int:
        with psycopg.connect(database.url) as connection:
            rows = connection.execute("SELECT extract(epoch FROM last)::bigint FROM tick").fetchall()
        return int(rows[0][0])

    first = ticks()
    wait_until(lambda: ticks() > first, lambda: "a tick comes through the queue")
    with psycopg.connect(database.url) as connection:
        assert connection.execute("SELECT samples FROM drain").fetchall() == [(1,)]
    window = {"metricType": "response_time", "from": "2024-01-15T10:00:00Z", "to": "2024-01-15T11:00:00Z", "step": "60"}
    found = stack.call("GET", "/monitoring/metrics/query", token, params=window).json()
    assert found["series"] == [{"tags": {}, "points": [[1705314600000, 250.0]]}]


def test_every_function_is_there_with_its_role_and_size(stack: Stack) -> None:
    resources = stack.cloudformation.list_stack_resources(StackName=NAME)["StackResourceSummaries"]
    functions = [each for each in resources if each["ResourceType"] == "AWS::Lambda::Function"]
    roles = {
        stack.lambdas.get_function(FunctionName=f["PhysicalResourceId"])["Configuration"]["Role"] for f in functions
    }
    assert len(functions) == 6
    assert len(roles) == 6


def test_an_update_brings_new_code_and_keeps_what_was_stored(stack: Stack) -> None:
    stack.deploy(version="2", update=True)
    described = stack.lambdas.get_function(FunctionName=stack.physical("APIHandler"))["Configuration"]["Description"]
    token = stack.invoke("MintToken", {"name": "second", "scopes": ["admin"]})["token"]
    listed = stack.call("GET", "/monitoring/tokens", token).json()["tokens"]
    assert described == "2"
    assert "second" in {each["name"] for each in listed}
