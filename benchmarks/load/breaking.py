"""Ever more clients at once, each as fast as it is answered, and then rest: what gives first, and does it recover."""

from __future__ import annotations

import threading
import time
from collections import Counter

import requests

from benchmarks.load.clients import SINGLE, Counts
from benchmarks.load.watch import is_drained, look
from infra.storm.service import Service

STEPS = (4, 16, 64, 256)
SECONDS = 30.0
RECOVERY = 180.0


def overload(service: Service, counts: Counts) -> None:
    """Each step for half a minute; then wait until nothing waits and the service says that it is ready."""
    print("clients answers/s 202/s | p50 p99 max ms | others | frames heads | memory MB")
    for clients in STEPS:
        of_step = Counts()
        stopping = threading.Event()
        threads = [threading.Thread(target=_hammer, args=(service, of_step, stopping)) for _ in range(clients)]
        for thread in threads:
            thread.start()
        time.sleep(SECONDS)
        now = look(service)
        stopping.set()
        for thread in threads:
            thread.join()
        statuses = Counter({status: n for (_, status), n in of_step.statuses.items()})
        accepted = statuses.pop("202", 0)
        counts.statuses["single", "202"] += accepted
        p50, p99, worst = of_step.latency("single")
        print(
            f"{clients} {(accepted + sum(statuses.values())) / SECONDS:.0f} {accepted / SECONDS:.0f} |"
            f" {p50:g} {p99:g} {worst:g} | {dict(statuses) or 'none'} | {now.frames} {now.heads} |"
            f" {now.all_memory():.0f}",
            flush=True,
        )
    ended = time.monotonic()
    while not (is_ready := _is_ready(service)) and time.monotonic() < ended + RECOVERY:
        time.sleep(1)
    said = "ready, and nothing waits" if is_ready else "still not ready"
    print(f"{said} {time.monotonic() - ended:.1f} s after the last request")


def _is_ready(service: Service) -> bool:
    try:
        answer = requests.get(f"{service.address}/api/monitoring/health/ready", timeout=30)
    except requests.RequestException:
        return False
    return answer.status_code == 200 and is_drained(service)


def _hammer(service: Service, counts: Counts, stopping: threading.Event) -> None:
    with service.client() as session:
        number = 0
        while not stopping.is_set():
            number += 1
            body = {"metricType": SINGLE, "value": number % 300, "unit": "ms", "tags": {"endpoint": "/overload"}}
            began = time.monotonic()
            try:
                answer = session.post(f"{service.address}/api/monitoring/metrics", json=body, timeout=60)
                status = str(answer.status_code)
            except requests.RequestException as error:
                status = type(error).__name__
            counts.add("single", status, time.monotonic() - began)
