"""What the host agent costs, beside prometheus-node-exporter, netdata and collectd in the same minutes.

`python -m benchmarks.agent_budget [SECONDS]`; each reads every ten seconds. Whichever of the others is not installed is
left out (Debian: apt-get install prometheus-node-exporter netdata-core collectd-core). The goal: 1 % of a core, 45 MB.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import requests

from benchmarks import cpu

INTERVAL = 10
WARM_UP_SECONDS = 30
GOAL_PERCENT, GOAL_MB = 1.0, 45.0
AGENT = Path(__file__).parent.parent / "agent" / "src"

COLLECTD = """\
Interval {interval}
BaseDir "{folder}"
PIDFile "{folder}/collectd.pid"
TypesDB "/usr/share/collectd/types.db"
LoadPlugin cpu
LoadPlugin csv
LoadPlugin df
LoadPlugin disk
LoadPlugin interface
LoadPlugin load
LoadPlugin memory
LoadPlugin processes
LoadPlugin swap
LoadPlugin uptime
<Plugin csv>
  DataDir "{folder}/csv"
</Plugin>
"""
NETDATA = """\
[global]
  run as user = {user}
[db]
  mode = ram
  update every = {interval}
[directories]
  cache = {folder}/cache
  lib = {folder}/lib
  log = {folder}/log
[web]
  bind to = 127.0.0.1:{port}
[plugins]
  go.d = no
  ebpf = no
"""


class TakesEverything(BaseHTTPRequestHandler):
    """The API, as far as an agent sees it."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Read it all and say thank you."""
        self.rfile.read(int(self.headers["Content-Length"]))
        answer = b'{"accepted":1,"rejected":0}'
        self.send_response(202)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 -- its name in the base class
        """Silent."""


@dataclass(frozen=True)
class Rival:
    """A program that is measured; `scraped` is the page that somebody must fetch, as it is used."""

    name: str
    process: subprocess.Popen[bytes]
    scraped: str = ""


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(command: Sequence[str], **environment: str) -> subprocess.Popen[bytes]:
    """A program without its words."""
    return subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def agent(folder: Path, url: str) -> Rival:
    """Ours, with all probes."""
    own = {"PYTHONPATH": str(AGENT), "PERFMON_TOKEN": "pm_x", "PERFMON_URL": url, "PERFMON_INTERVAL": str(INTERVAL)}
    own["PERFMON_SPOOL_DIRECTORY"] = str(folder / "spool")
    return Rival("perfmon-agent", start([sys.executable, "-m", "perfmon_agent"], **own))


def node_exporter(folder: Path, program: str) -> Rival:
    """Prometheus's, fetched every ten seconds."""
    address = f"127.0.0.1:{free_port()}"
    return Rival("node_exporter", start([program, f"--web.listen-address={address}"]), f"http://{address}/metrics")


def netdata(folder: Path, program: str) -> Rival:
    """Netdata without its plugins in Go and in the kernel, its database in memory, at our interval, not each second."""
    for each in ("cache", "lib", "log"):
        (folder / each).mkdir()
    file = folder / "netdata.conf"
    user = psutil.Process().username()
    file.write_text(NETDATA.format(folder=folder, interval=INTERVAL, port=free_port(), user=user))
    return Rival("netdata", start([program, "-D", "-c", str(file)]))


def collectd(folder: Path, program: str) -> Rival:
    """Collectd with the plugins that read what we read, writing files."""
    file = folder / "collectd.conf"
    file.write_text(COLLECTD.format(folder=folder, interval=INTERVAL))
    return Rival("collectd", start([program, "-f", "-C", str(file)]))


OTHERS: dict[str, Callable[[Path, str], Rival]] = {
    "prometheus-node-exporter": node_exporter,
    "netdata": netdata,
    "collectd": collectd,
}


@contextlib.contextmanager
def rivals(folder: Path) -> Iterator[list[Rival]]:
    """All that is installed, running."""
    api = ThreadingHTTPServer(("127.0.0.1", 0), TakesEverything)
    threading.Thread(target=api.serve_forever, daemon=True).start()
    running = [agent(folder, f"http://127.0.0.1:{api.server_port}/api")]
    for program, begin in OTHERS.items():
        # These live where an ordinary user's PATH does not lead.
        found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
        if found is None:
            print(f"{program} is not installed")
            continue
        own = folder / program
        own.mkdir()
        running.append(begin(own, found))
    try:
        for each in running:
            wait_until_ready(each)
        yield running
    finally:
        for each in running:
            each.process.terminate()
        for each in running:
            try:
                each.process.wait(20)
            except subprocess.TimeoutExpired:
                each.process.kill()
                each.process.wait()
        api.shutdown()
        api.server_close()


def wait_until_ready(rival: Rival) -> None:
    """Until its page is there, if it has one."""
    deadline = time.monotonic() + 30
    while rival.scraped:
        with contextlib.suppress(requests.ConnectionError):
            requests.get(rival.scraped, timeout=INTERVAL)
            return
        if time.monotonic() > deadline:
            raise SystemExit(f"{rival.name} does not answer")
        time.sleep(0.1)


def memory(pid: int) -> float:
    """Resident megabytes of a process and all its children."""
    process = psutil.Process(pid)
    return sum(each.memory_info().rss for each in (process, *process.children(recursive=True))) / 1e6


def scrape(running: Sequence[Rival], seconds: float) -> None:
    """Fetch the pages of those that have one, every ten seconds."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        for each in running:
            if each.scraped:
                requests.get(each.scraped, timeout=INTERVAL).raise_for_status()
        time.sleep(min(INTERVAL, left))


def main(seconds: float) -> int:
    """Measure and print; 1 if our own goal was missed."""
    with tempfile.TemporaryDirectory() as name, rivals(Path(name)) as running:
        scrape(running, WARM_UP_SECONDS)
        before = [cpu.of(each.process.pid) for each in running]
        began = time.monotonic()
        scrape(running, seconds)
        elapsed = time.monotonic() - began
        print(f"{cpu.machine()}; {elapsed:.0f} s, every {INTERVAL} s, {len(psutil.pids())} processes on the machine\n")
        print("| | CPU, percent of a core | resident MB |\n|---|---|---|")
        missed = False
        for each, spent in zip(running, before, strict=True):
            if each.process.poll() is not None:
                raise SystemExit(f"{each.name} ended with {each.process.returncode}")
            percent = 100 * (cpu.of(each.process.pid) - spent) / elapsed
            megabytes = memory(each.process.pid)
            print(f"| {each.name} | {percent:.2f} | {megabytes:.0f} |")
            if each is running[0]:
                missed = percent > GOAL_PERCENT or megabytes > GOAL_MB
    print(f"\ngoal of ours: {GOAL_PERCENT} %, {GOAL_MB:.0f} MB: {'missed' if missed else 'met'}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 180.0))
