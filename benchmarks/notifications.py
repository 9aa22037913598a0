"""What a notification costs this code, without SQS and DynamoDB: `python -m benchmarks.notifications`.

Signed webhooks over real HTTP to a receiver in a process of its own; claims and queues are kept in memory.
"""

from __future__ import annotations

import multiprocessing
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection

from chalicelib.channels.addresses import Guard
from chalicelib.channels.http import Http
from chalicelib.channels.webhook import Webhook
from chalicelib.domain.deliveries import Claim, Delivered
from chalicelib.domain.jobs import Job, Notice, Receipt, Target
from chalicelib.queues import job_of
from chalicelib.sealing import BoxSealer, BoxUnsealer, new_keys
from chalicelib.services.deliver import Deliver

MESSAGES = 1000


class Memory:
    """Claims, receipts and dead letters in memory."""

    def __init__(self) -> None:
        self.sent = 0

    def begin(self, job: Job, now: int, lease_ms: int) -> Claim:
        """Every notification is new."""
        return Claim(is_mine=True, state="sending", tries=1, started_at=now)

    def finish(
        self,
        job: Job,
        claim: Claim,
        state: str,
        now: int,
        *,
        error: str | None = None,
        delivered: Delivered | None = None,
    ) -> None:
        """Count what arrived."""
        self.sent += state == "sent"

    def send(self, receipt: Receipt) -> None:
        """A receipt."""

    def put(self, job: Job, line: str) -> None:
        """A dead letter."""


def receive(pipe: Connection) -> None:
    """Receives webhooks until it is ended; tells its port first."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name in the base class
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    pipe.send(server.server_port)
    server.serve_forever()


def main() -> None:
    """Measure and print."""
    import msgspec

    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=receive, args=(theirs,), daemon=True)
    process.start()
    public, private = new_keys()
    secrets = {"url": f"http://127.0.0.1:{ours.recv()}/hook", "secret": "whsec_" + "QUJD" * 10}
    target = Target("chn_1", "webhook", {}, BoxSealer(public).seal(secrets))
    bodies = []
    for number in range(MESSAGES):
        notice = Notice(
            at=0, reason="firing", alert_id=f"alert_{number}", rule_name="High CPU", message="cpu_usage is 97%"
        )
        bodies.append(msgspec.json.encode(Job(f"ntf_{number}", number, 0, target, notice)).decode())
    memory = Memory()
    deliver = Deliver(
        memory,
        Webhook(Http(Guard(allow_loopback=True))),
        BoxUnsealer(private),
        memory,
        memory,
        clock=lambda: time.time_ns() // 1_000_000,
        chance=lambda: 0.5,
    )
    began, cpu = time.perf_counter(), time.process_time()
    for body in bodies:
        deliver.run(job_of(body), "line")
    took, used = time.perf_counter() - began, time.process_time() - cpu
    process.terminate()
    assert memory.sent == MESSAGES
    print(f"{MESSAGES} webhooks: {MESSAGES / took:.0f} a second, {used / MESSAGES * 1000:.2f} ms of CPU each")


if __name__ == "__main__":
    main()
