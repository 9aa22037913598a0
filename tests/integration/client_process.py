"""A client under load: records through the Lambda handler, retries what is refused, and writes down what was accepted.

Run as `python -m tests.integration.client_process NAME FILE STOP`: ends when the file STOP exists; each line of FILE is
one accepted request's samples, as [[metric type, time, value], …].
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from tests.call import Api

GIVE_UP_AFTER = 60.0


def main(name: str, accepted: Path, stop: Path) -> None:
    """Send pairs of equal events, and snapshots, one request after the other."""
    api = Api(os.environ["TOKEN"])
    number = 0
    with accepted.open("w", buffering=1) as out:
        while not stop.exists():
            now = time.time_ns() // 1_000_000
            number += 1
            if number % 2:
                # Two events that differ in nothing are two events.
                event = {"metricType": f"events_{name}", "value": number, "timestamp": now}
                body: object = [event, event]
                samples = [[f"events_{name}", now, number]] * 2
            else:
                metrics = {f"sampled_{name}_{i}": number + i for i in range(5)}
                body = {"snapshots": [{"tags": {"host": name}, "timestamp": now, "metrics": metrics}]}
                samples = [[metric, now, value] for metric, value in metrics.items()]
            send(api, body, key=f"{name}-{number}")
            out.write(json.dumps(samples) + "\n")


def send(api: Api, body: object, key: str) -> None:
    """Send until it is accepted."""
    until = time.monotonic() + GIVE_UP_AFTER
    while True:
        reply = api.post("/monitoring/metrics", body, Idempotency_Key=key)
        if reply.status == 202:
            return
        if reply.status != 503 or "Retry-After" not in reply.headers or time.monotonic() > until:
            raise SystemExit(f"{reply.status}: {reply.body}")
        time.sleep(0.02)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
