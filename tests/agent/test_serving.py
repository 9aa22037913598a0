"""The page for Prometheus has the same figures, in its own format."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from perfmon_agent.exposition import CONTENT_TYPE, page
from perfmon_agent.mistakes import ConfigurationError
from perfmon_agent.reading import Reading
from perfmon_agent.serving import Page


def test_readings_are_grouped_by_name_and_everything_foreign_is_escaped() -> None:
    readings = [
        Reading("disk_usage", 12.5, "percent", {"mount": 'C:\\ "data"\n'}),
        Reading("agent_send_errors_total", 3, "count"),
        Reading("disk_usage", 7, "percent", {"mount": "/"}),
        Reading("backup.age-s", 1e21, "", {"1st-job": "ü"}),
    ]
    assert page(readings, {"host": "web-1"}).decode() == (
        "# HELP disk_usage In percent.\n"
        "# TYPE disk_usage gauge\n"
        'disk_usage{host="web-1",mount="C:\\\\ \\"data\\"\\n"} 12.5\n'
        'disk_usage{host="web-1",mount="/"} 7\n'
        "# HELP agent_send_errors_total In count.\n"
        "# TYPE agent_send_errors_total counter\n"
        'agent_send_errors_total{host="web-1"} 3\n'
        "# TYPE backup_age_s gauge\n"
        'backup_age_s{_1st_job="ü",host="web-1"} 1e+21\n'
    )


def test_of_two_series_that_become_equal_only_one_is_shown() -> None:
    shown = page([Reading("a.b", 1, ""), Reading("a-b", 2, "")], {})
    assert shown == b"# TYPE a_b gauge\na_b{} 2\n"


def test_the_page_is_at_metrics_once_there_is_a_reading() -> None:
    with Page("127.0.0.1:0") as shown:
        url = f"http://127.0.0.1:{shown.port}"
        before = requests.get(f"{url}/metrics", timeout=30)
        shown.content = b"a 1\n"
        after = requests.get(f"{url}/metrics?x=1", timeout=30)
        head = requests.head(f"{url}/metrics", timeout=30)
        elsewhere = requests.get(f"{url}/other", timeout=30)
    assert (before.status_code, after.status_code, elsewhere.status_code) == (503, 200, 404)
    assert (after.text, after.headers["Content-Type"]) == ("a 1\n", CONTENT_TYPE)
    assert (head.text, head.headers["Content-Length"]) == ("", "4")
    assert after.headers["Server"] == "perfmon-agent"


@pytest.mark.parametrize("address", ["9105", "localhost", "127.0.0.1:http", "127.0.0.1:99999", ":9105"])
def test_an_address_that_is_none_is_said(address: str) -> None:
    with pytest.raises(ConfigurationError, match=r"serve\.address"):
        Page(address)


def test_an_address_that_is_taken_is_said() -> None:
    first = Page("127.0.0.1:0")
    with first, pytest.raises(ConfigurationError, match="cannot be listened on: Address already in use"):
        Page(f"127.0.0.1:{first.port}")


def test_serve_needs_no_token_and_shows_this_host(project: Path, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "perfmon_agent", "serve", "--interval", "1", "--serve-address", "127.0.0.1:0"],
        env={"PYTHONPATH": str(project / "agent" / "src"), "PATH": os.environ["PATH"], "PERFMON_HOST": "h"},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    url = process.stderr.readline().split()[-1]
    deadline = time.monotonic() + 30
    text = ""
    while "cpu_usage{" not in text and time.monotonic() < deadline:
        text = requests.get(url, timeout=30).text
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert 'cpu_usage{host="h"} ' in text
    assert 'memory_usage{host="h"} ' in text
