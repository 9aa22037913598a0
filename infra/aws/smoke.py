"""Does what was deployed work? Asked as a user would: over HTTP, until a tick has run."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from infra.aws.account import Account
from infra.aws.refusals import Refused, said_clearly

PATIENCE = 180.0  # a schedule's first run comes within a minute or two
POLL_SECONDS = 2.0
SECONDS = 15
METRIC = "deployments"


def mint(where: Account, function: str, name: str, scopes: list[str], *, seconds: int | None = None) -> str:
    """A token from the deployed service itself. Raises Refused."""
    event = {"name": name, "scopes": scopes} | ({} if seconds is None else {"seconds": seconds})
    with said_clearly():
        answer = where.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
    content = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise Refused(f"No token could be made: {content.get('errorMessage', content)}")
    token: str = content["token"]
    return token


def smoke(where: Account, outputs: Mapping[str, str], api: str, ingest: str, *, patience: float = PATIENCE) -> None:
    """Record a sample at either address, read it, and see a tick run. Raises Refused with what did not work."""
    import requests

    begun = datetime.now(UTC)
    token = mint(where, outputs["TokenFunction"], "smoke test", ["ingest", "read"], seconds=900)
    until = time.monotonic() + patience

    def call(method: str, path: str, *, base: str = api, **request: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        try:
            answer = requests.request(method, f"{base}{path}", headers=headers, timeout=SECONDS, **request)
            return answer.status_code, answer.json()
        except requests.RequestException as error:
            return 0, str(error)

    sample = {"metricType": METRIC, "value": 1, "unit": "count", "tags": {"stack": outputs["TokenFunction"][:60]}}
    for base in (api, ingest):
        status, said = 0, None
        while status != 202:
            status, said = call("POST", "/monitoring/metrics", base=base, json=sample)
            _check(status == 202, until, f"a sample was not taken at {base} ({status}): {said}")
    status, said = call("GET", "/monitoring/metrics/realtime", params={"types": METRIC})
    if status != 200 or not said.get(METRIC):
        raise Refused(f"The smoke test failed: the sample cannot be read ({status}): {said}")
    ticked = False
    while not ticked:
        status, said = call("GET", "/monitoring/health/ready")
        ticked = status == 200 and _last_tick(said) >= begun.replace(microsecond=0)
        _check(ticked, until, f"no tick has run since {begun:%H:%M:%S} UTC ({status}): {said}")


def _check(holds: bool, until: float, what: str) -> None:
    if not holds:
        if time.monotonic() > until:
            raise Refused(f"The smoke test failed: {what}")
        time.sleep(POLL_SECONDS)


def _last_tick(said: Mapping[str, Any]) -> datetime:
    known = [check["lastTickAt"] for check in said["checks"] if check.get("lastTickAt")]
    return max((datetime.fromisoformat(each) for each in known), default=datetime.min.replace(tzinfo=UTC))
