"""Containers are shared, but a function stays where it is known."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from infra.local import frames
from infra.local.function_events import sqs_event
from infra.local.pool import Pool
from tests.infra.local.running_gateway import SAMPLE_APP

MIGRATE = frames.Function("migrate", "app.migrate", 60)
JOB = frames.Function("job", "app.job", 60)


def test_a_function_goes_to_the_idle_container_that_has_run_it_before(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    slow = {
        "MessageId": "1",
        "ReceiptHandle": "1",
        "Body": json.dumps({"name": "slow", "seconds": 0.2}),
        "Attributes": {"ApproximateReceiveCount": "1"},
    }

    async def run() -> None:
        pool = Pool(SAMPLE_APP, smallest=2, largest=2, waiting=0, environment={"SAMPLE_NOTES": str(notes)})

        def invoke(function: frames.Function, event: Any) -> Any:
            return pool.invoke(function, function.name, event, request_id="1", seconds=30)

        await pool.start()
        try:
            await asyncio.gather(invoke(JOB, sqs_event([slow], "arn:jobs")), invoke(MIGRATE, {}))  # the job ends last
            for _ in range(3):
                await invoke(MIGRATE, {})
        finally:
            await pool.close()

    asyncio.run(run())
    pids = [(note["kind"], note["pid"]) for note in map(json.loads, notes.read_text().splitlines())]
    assert len({pid for kind, pid in pids if kind == "migrate"}) == 1
    assert {pid for kind, pid in pids if kind == "job"}.isdisjoint({pid for kind, pid in pids if kind == "migrate"})
