"""CPU of recording samples: the ingest handler at the Lambda boundary with authentication, and Valkey's beside it.

`python -m benchmarks.ingest`. Events are made beforehand, as API Gateway hands them over; the client's and the HTTP
server's cost are not in. Valkey runs with appendfsync everysec, as ElastiCache has no append-only file at all.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import cpu
from benchmarks.fleet import INTERVAL_MS, Fleet
from infra.local.postgres import Postgres
from infra.local.valkey import Valkey

HOSTS, METRICS, ROUNDS = 200, 50, 5
GOALS = {"snapshots of 50": 1.8, "requests of 5,000": 0.3}


def event(body: str, token: str) -> dict[str, Any]:
    """What API Gateway hands over for a recorded body."""
    path = "/monitoring/metrics"
    return {
        "resource": path,
        "path": path,
        "httpMethod": "POST",
        "headers": {
            "Accept": "*/*",
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Host": "abc.execute-api.eu-west-1.amazonaws.com",
            "User-Agent": "perfmon-agent/0.1",
            "X-Forwarded-For": "203.0.113.1",
        },
        "multiValueHeaders": {},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": path,
            "httpMethod": "POST",
            "requestId": "r",
            "identity": {"sourceIp": "203.0.113.1"},
        },
        "body": body,
        "isBase64Encoded": False,
    }


def flat(snapshots: list[dict[str, Any]]) -> dict[str, Any]:
    """The same samples as a flat list."""
    return {
        "metrics": [
            {"metricType": name, "value": value, "tags": each["tags"], "timestamp": each["timestamp"]}
            for each in snapshots
            for name, value in each["metrics"].items()
        ]
    }


def bodies(round_number: int) -> dict[str, list[str]]:
    """The workload of one round in its three forms; every round brings new times and values."""
    fleet = Fleet(HOSTS, METRICS, seed=round_number)
    begin = time.time_ns() // 1_000_000 // INTERVAL_MS * INTERVAL_MS - (ROUNDS - round_number) * 20 * INTERVAL_MS
    steps = [list(fleet.snapshots(begin + step * INTERVAL_MS)) for step in range(10)]
    groups = [step[i : i + 100] for step in steps for i in range(0, HOSTS, 100)]

    def text(body: object) -> str:
        return json.dumps(body, separators=(",", ":"))

    return {
        "snapshots of 50": [text({"snapshots": [each]}) for step in steps for each in step],
        "requests of 5,000": [text({"snapshots": group}) for group in groups],
        "flat requests of 5,000": [text(flat(group)) for group in groups],
    }


def measure(postgres: Postgres, valkey: Valkey) -> dict[str, list[tuple[float, float]]]:
    """(handler, Valkey) CPU seconds per million samples of each round, by form; the first round warms up."""
    os.environ |= {"DATABASE_URL": postgres.url, "REDIS_URL": valkey.url, "LOG_LEVEL": "error"}
    import app

    app.migrate({}, None)
    token = app.mint_token({"name": "benchmark", "scopes": ["ingest"]}, None)["token"]
    figures: dict[str, list[tuple[float, float]]] = {}
    assert valkey.pid is not None
    for round_number in range(ROUNDS + 1):
        for form, texts in bodies(round_number).items():
            events = [event(text, token) for text in texts]
            gc.collect()
            gc.freeze()
            handler, server = cpu.own(), cpu.of(valkey.pid)
            for each in events:
                assert app.app(each, None)["statusCode"] == 202
            handler, server = cpu.own() - handler, cpu.of(valkey.pid) - server
            millions = 10 * HOSTS * METRICS / 1e6
            if round_number:
                figures.setdefault(form, []).append((handler / millions, server / millions))
        figures.setdefault("a bare XADD instead", []).append(
            _bare(valkey, len(bodies(round_number)["snapshots of 50"]))
        )
    return figures


def _bare(valkey: Valkey, requests: int) -> tuple[float, float]:
    """The floor of the 50-sample case: as many round trips with a frame of that size, and nothing else."""
    from chalicelib.storage.valkey.connection import Valkey as Connection

    assert valkey.pid is not None
    connection = Connection(valkey.url)
    frame = os.urandom(880)
    handler, server = cpu.own(), cpu.of(valkey.pid)
    for _ in range(requests):
        connection.run(("XADD", "bare", "*", "f", frame))
    handler, server = cpu.own() - handler, cpu.of(valkey.pid) - server
    connection.run(("DEL", "bare"))
    connection.close()
    return handler / (requests * METRICS / 1e6), server / (requests * METRICS / 1e6)


def import_cost() -> float:
    """CPU milliseconds of `import app` in a fresh process, the median of nine."""
    program = "import os, app; t = os.times(); print((t.user + t.system) * 1000)"
    bare = "import os; t = os.times(); print((t.user + t.system) * 1000)"

    def run(text: str) -> float:
        done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
        return float(done.stdout)

    return cpu.median([run(program) - run(bare) for _ in range(9)])


def main() -> None:
    """Measure and print a table."""
    print(f"{cpu.machine()}; {time.strftime('%Y-%m-%d')}; {HOSTS} hosts x {METRICS} metrics; CPU-s per million samples")
    print(f"{'':24}{'handler':>9}{'Valkey':>9}{'both':>9}{'goal':>7}")
    with tempfile.TemporaryDirectory() as directory:
        postgres = Postgres(Path(directory) / "postgres", fsync=False)
        valkey = Valkey(Path(directory) / "valkey", appendfsync="everysec")
        postgres.start()
        valkey.start()
        try:
            for form, rounds in measure(postgres, valkey).items():
                handler, server = (cpu.median([each[i] for each in rounds]) for i in (0, 1))
                goal = GOALS.get(form)
                print(f"{form:24}{handler:9.2f}{server:9.2f}{handler + server:9.2f}{goal or '':>7}")
        finally:
            valkey.stop()
            postgres.stop()
    print(f"{'import app':24}{import_cost():9.0f} ms of CPU{'goal 150 ms':>20}")


if __name__ == "__main__":
    main()
