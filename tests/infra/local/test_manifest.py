"""What the app declares, as the pool is told of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from chalice.app import Chalice, Rate

from infra.local.container_process import Container
from infra.local.failures import StackError
from infra.local.frames import Resource
from infra.local.manifest import manifest
from tests.infra.local.running_gateway import SAMPLE_APP


def test_the_apps_functions_are_found_with_their_time_limits() -> None:
    app = Chalice("named", configure_logs=False)
    app.api.binary_types = ["image/png"]
    app.route("/a/{b}", methods=["GET", "PUT"])(lambda b: b)
    app.schedule(Rate(5, Rate.MINUTES), name="sweep")(lambda event: None)
    app.on_sqs_message(queue="jobs.fifo", batch_size=3, name="job", maximum_concurrency=5)(lambda event: None)

    declared = manifest(app, SAMPLE_APP)

    assert declared.app_name == "named"
    assert declared.resources == [Resource("/a/{b}", ["GET", "PUT"], None)]
    assert declared.binary_types == ["image/png"]
    (schedule,) = declared.schedules
    assert (schedule.function.name, schedule.function.seconds, schedule.expression) == ("sweep", 60, "rate(5 minutes)")
    (queue,) = declared.queues
    assert (queue.queue, queue.batch_size, queue.concurrency) == ("jobs.fifo", 3, 5)
    assert queue.function.seconds == 2  # sample_app/.chalice/config.json


def test_a_container_introduces_the_app_of_its_directory_and_runs_its_functions(tmp_path: Path) -> None:
    container = Container(SAMPLE_APP, dict(os.environ), tmp_path / "log")
    try:
        assert container.call("app.migrate", {}) == {"applied": []}
        with pytest.raises(StackError, match=r"^app\.migrat failed\. AttributeError"):
            container.call("app.migrat", {})
    finally:
        container.close()


def test_an_app_that_cannot_be_imported_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("raise RuntimeError('TICK_SECONDS: is not allowed')")
    container = Container(tmp_path, dict(os.environ), tmp_path / "log")
    try:
        with pytest.raises(
            StackError, match=r"^The service does not start\. RuntimeError: TICK_SECONDS: is not allowed$"
        ):
            container.call("app.migrate", {})
    finally:
        container.close()


def test_a_function_that_takes_its_process_along_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "import os\nfrom chalice.app import Chalice\napp = Chalice('x')\ndef crash(event, context): os._exit(3)\n"
    )
    container = Container(tmp_path, dict(os.environ), tmp_path / "log")
    try:
        with pytest.raises(StackError, match="its process ended"):
            container.call("app.crash", {})
    finally:
        container.close()
