"""The package alone, as Lambda runs it: unpacked beside boto3 and AWS's runtime client, and nothing else."""

from __future__ import annotations

import json
import statistics
import subprocess
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from chalicelib.domain.jobs import Job, Notice, Outcome, Receipt, Target
from chalicelib.domain.mail import Mail, MailJob
from chalicelib.queues import write_mail_job
from infra.aws.package import PACKAGE, ROOT, TEMPLATE
from infra.aws.template import FUNCTION
from infra.local.event import api_gateway_event
from infra.local.function_events import scheduled_event, sqs_event
from infra.local.routes import Routes
from tests.function_url import function_url_event
from tests.infra.aws.conftest import Stores
from tests.infra.aws.emulator import client_of, python_of
from tests.infra.aws.lambda_runtime import FunctionFailed, RunningFunction

pytestmark = pytest.mark.xdist_group("zip")  # one package, unpacked once
Start = Callable[[str], RunningFunction]
# Seconds of CPU until the first answer of a new container.
LIMITS = {"live": 0.5, "ingest": 0.5, "query": 1.5}


@pytest.fixture(scope="session")
def python() -> Path:
    """A Python that has what Lambda's has."""
    return python_of(ROOT, ".venv-runtime", "requirements-lambda-runtime.txt")


@pytest.fixture(scope="session")
def code(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked package."""
    directory = tmp_path_factory.mktemp("task")
    with zipfile.ZipFile(package / PACKAGE) as archive:
        archive.extractall(directory)
    return directory


@pytest.fixture(scope="session")
def routes(package: Path) -> Routes:
    """The paths of the API, as the template tells API Gateway."""
    api = json.loads((package / TEMPLATE).read_text())["Resources"]["RestAPI"]
    return Routes(api["Properties"]["DefinitionBody"]["paths"])


@pytest.fixture(scope="module")
def tick_queue(endpoint: str) -> Iterator[str]:
    """The name of a queue that nobody reads."""
    client = client_of(endpoint, "sqs")
    name = f"ticks-{uuid.uuid4().hex[:8]}"
    url = client.create_queue(QueueName=name)["QueueUrl"]
    yield name
    client.delete_queue(QueueUrl=url)


@pytest.fixture(scope="module")
def notifier_parts(endpoint: str) -> Iterator[dict[str, str]]:
    """The settings that name the notifier's queues and its table, all of them empty."""
    sqs, dynamodb = client_of(endpoint, "sqs"), client_of(endpoint, "dynamodb")
    unique = uuid.uuid4().hex[:8]
    jobs, receipts, claims = f"jobs-{unique}.fifo", f"receipts-{unique}", f"claims-{unique}"
    urls = [
        sqs.create_queue(QueueName=jobs, Attributes={"FifoQueue": "true"})["QueueUrl"],
        sqs.create_queue(QueueName=receipts)["QueueUrl"],
    ]
    dynamodb.create_table(
        TableName=claims,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield {"NOTIFICATION_QUEUE": jobs, "RECEIPT_QUEUE": receipts, "CLAIMS_TABLE": claims}
    for url in urls:
        sqs.delete_queue(QueueUrl=url)
    dynamodb.delete_table(TableName=claims)


@pytest.fixture
def start(
    python: Path, code: Path, stores: Stores, endpoint: str, tick_queue: str, notifier_parts: dict[str, str]
) -> Iterator[Start]:
    """Starts containers of functions, whose stores are migrated and whose AWS has a queue for ticks."""
    environment = {
        "DATABASE_URL": stores.database_url,
        "REDIS_URL": stores.redis_url,
        "AWS_ENDPOINT_URL": endpoint,
        "TICK_QUEUE": tick_queue,
        "EVENT_BUS_NAME": "default",
        # The machine may bring no time zones: the package has them.
        "PYTHONTZPATH": "",
        "TIMEZONE": "Europe/Berlin",
        **notifier_parts,
    }
    with ExitStack() as running:

        def start(handler: str) -> RunningFunction:
            return running.enter_context(RunningFunction(python, code, handler, environment))

        start("app.migrate").invoke({})
        yield start


def request(method: str, path: str, routes: Routes, *, token: str = "", body: Any = None, query: str = "") -> Any:
    """API Gateway's event for a request."""
    headers = [("Authorization", f"Bearer {token}"), ("Content-Type", "application/json"), ("Host", "perfmon.test")]
    content = b"" if body is None else json.dumps(body).encode()
    return api_gateway_event(
        method, path, query, headers, content, "127.0.0.1", routes, [], request_id="request-1", now=time.time()
    )


def sample() -> dict[str, Any]:
    """A sample of now."""
    return {"metricType": "cpu_usage", "value": 12.5, "unit": "percent", "tags": {"host": "zip"}}


def test_every_function_of_the_template_starts_and_answers(
    start: Start, routes: Routes, package: Path, stores: Stores
) -> None:
    instant = int(time.time()) // 10 * 10_000 + 20_000  # later than the one that schedule_ticks does itself
    message = {"MessageId": "1", "ReceiptHandle": "r", "Body": json.dumps({"instant": instant})}
    test = Job("ntf_1", 1, 0, Target("chn_1", "sink", {}, {}), Notice(at=1, reason="test"))
    job = {"MessageId": "2", "ReceiptHandle": "r", "Body": msgspec.json.encode(test).decode()}
    done = Receipt("ntf_1", 0, 1, 1, Outcome.SENT)
    receipt = {"MessageId": "3", "ReceiptHandle": "r", "Body": msgspec.json.encode(done).decode()}
    report = MailJob("rep_1", ("ann@example.com",), Mail("Report", "All is well.", "<p>All is well.</p>"))
    mail = {"MessageId": "4", "ReceiptHandle": "r", "Body": write_mail_job(report)}
    happened = {
        "MessageId": "5",
        "ReceiptHandle": "r",
        "Body": json.dumps([{"number": 1, "type": "t", "at": 1, "data": {}}]),
    }
    too_late = {"MessageId": "6", "ReceiptHandle": "r", "Body": json.dumps({"at": 1, "token": "", "jobs": []})}
    scraped = {
        "MessageId": "7",
        "ReceiptHandle": "r",
        "Body": json.dumps([{"target_id": "tgt_1", "at": 1, "state": "up"}]),
    }
    scheduled = scheduled_event("every", datetime.now(UTC), "event-1")
    events: dict[str, tuple[Any, Callable[[Any], bool]]] = {
        "app.app": (request("GET", "/monitoring/health/ready", routes), lambda answer: answer["statusCode"] == 200),
        "app.schedule_ticks": (scheduled, lambda answer: answer["ordered"] >= 7),
        "app.tick": (sqs_event([message], "arn:aws:sqs:us-east-1:123456789012:ticks"), lambda answer: answer is None),
        "app.notify": (
            sqs_event([job], "arn:aws:sqs:us-east-1:123456789012:jobs.fifo"),
            lambda answer: answer == {"batchItemFailures": []},
        ),
        "app.canary": (scheduled, lambda answer: answer == {"arrived": True}),
        "app.note_receipt": (
            sqs_event([receipt], "arn:aws:sqs:us-east-1:123456789012:r"),
            lambda answer: answer is None,
        ),
        "app.mail_report": (
            sqs_event([mail], "arn:aws:sqs:us-east-1:123456789012:m"),
            lambda answer: answer is None,
        ),
        "app.publish_events": (
            sqs_event([happened], "arn:aws:sqs:us-east-1:123456789012:e"),
            lambda answer: answer is None,
        ),
        "app.plan_scrapes": (scheduled, lambda answer: answer == {"planned": 0}),
        "app.pull": (sqs_event([too_late], "arn:aws:sqs:us-east-1:123456789012:p"), lambda answer: answer is None),
        "app.note_scrapes": (
            sqs_event([scraped], "arn:aws:sqs:us-east-1:123456789012:s"),
            lambda answer: answer is None,
        ),
        "app.compact": (scheduled, lambda answer: set(answer) == {"small", "full", "samples"}),
        "app.ingest": (
            function_url_event("GET", "/api/monitoring/metrics"),
            lambda answer: answer["statusCode"] == 404,
        ),
        "app.record_health": (scheduled, lambda answer: answer["status"] in {"healthy", "warning"}),
        "app.make_reports": (scheduled, lambda answer: answer == {"built": 0, "sent": 0, "failed": 0}),
        "app.migrate": ({}, lambda answer: answer == {"applied": []}),
        "app.mint_token": ({"name": "zip"}, lambda answer: len(answer["token"]) > 40),
    }
    template = json.loads((package / TEMPLATE).read_text())["Resources"].values()
    assert {each["Properties"]["Handler"] for each in template if each["Type"] == FUNCTION} == set(events)

    for handler, (event, is_right) in events.items():
        answer = start(handler).invoke(event)
        assert is_right(answer), (handler, answer)
    with psycopg.connect(stores.database_url) as connection:
        assert connection.execute("SELECT extract(epoch FROM last)::bigint * 1000 FROM tick").fetchall() == [(instant,)]


def test_a_sample_goes_in_and_comes_out_of_one_container(start: Start, routes: Routes) -> None:
    token = start("app.mint_token").invoke({"name": "round trip"})["token"]
    api = start("app.app")

    recorded = api.invoke(request("POST", "/monitoring/metrics", routes, token=token, body=sample()))
    live = api.invoke(request("GET", "/monitoring/metrics/realtime", routes, token=token, query="types=cpu_usage"))
    refused = api.invoke(request("POST", "/monitoring/metrics", routes, token="wrong", body=sample()))

    assert recorded["statusCode"] == 202
    assert 12.5 in [point["value"] for point in json.loads(live["body"])["cpu_usage"]]
    assert refused["statusCode"] == 401


def test_a_function_that_cannot_be_imported_says_so(start: Start) -> None:
    with pytest.raises(FunctionFailed, match="no_such_function"):
        start("app.no_such_function").invoke({})


def test_the_first_answers_come_soon(start: Start, routes: Routes) -> None:
    token = start("app.mint_token").invoke({"name": "stopwatch"})["token"]
    window = "metricType=cpu_usage&from=-5m&to=now"
    requests = {
        "live": request("GET", "/monitoring/health/live", routes),
        "ingest": request("POST", "/monitoring/metrics", routes, token=token, body=sample()),
        "query": request("GET", "/monitoring/metrics/query", routes, token=token, query=window),
    }
    for name, event in requests.items():
        first_answers = []
        for _ in range(3):
            api = start("app.app")
            answer = api.invoke(event)
            first_answers.append(api.spent)
            assert answer["statusCode"] in (200, 202), answer
        print(f"first answer of {name}: {statistics.median(first_answers) * 1000:.0f} ms")  # pytest -rP shows it
        assert min(first_answers) < LIMITS[name], (name, first_answers)


def test_no_source_is_compiled_at_a_cold_start(python: Path, code: Path) -> None:
    imports = "import app, numpy, pcodec, psycopg, pydantic, chalicelib.api.metrics, chalicelib.tsdb.aggregate"

    # when a Python that tells where it has its code from imports the package
    told = subprocess.run(
        [python, "-v", "-c", imports],
        cwd=code,
        env={"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    ).stderr

    # then all of it was bytecode
    origins = [line.split("code object from ")[1] for line in told.splitlines() if "code object from" in line]
    ours = [origin.strip("'") for origin in origins if str(code) in origin]
    assert len(ours) > 100
    assert [origin for origin in ours if not origin.endswith(".pyc")] == []
