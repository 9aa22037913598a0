"""`python -m infra.storm [--seed N] [--rounds N] [FAULT ...]`: the storm and its verdict; 1 when a promise broke."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import requests

from infra.storm.disks import CannotMount, small_disks
from infra.storm.faults import FAULTS, Fault
from infra.storm.hooks import Hooks
from infra.storm.load import AGENT, QUEUE, Load
from infra.storm.service import Service, running
from infra.storm.verdict import Finding, judge

CALM = 6.0  # seconds before, between and after
RECOVERY = 60.0


class Watcher:
    """Asks twice a second whether the service is ready."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._stopping = threading.Event()
        self.is_ready = True
        self.has_said_no = False
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def end(self) -> None:
        """Stop asking."""
        self._stopping.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopping.wait(0.5):
            try:
                url = f"{self._service.address}/api/monitoring/health/ready"
                self.is_ready = requests.get(url, timeout=10).status_code == 200
            except requests.RequestException:
                self.is_ready = False
            self.has_said_no |= not self.is_ready


def main() -> int:
    """The command; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.storm", description="Break everything, under load.")
    parser.add_argument("faults", nargs="*", metavar="FAULT", help=f"only these, of: {', '.join(FAULTS)}")
    parser.add_argument("--rounds", type=int, default=1, help="how often each comes (default: 1)")
    parser.add_argument("--seed", type=int, default=1, help="decides the order (default: 1)")
    arguments = parser.parse_args()
    if unknown := set(arguments.faults) - set(FAULTS):
        parser.error(f"no such fault: {', '.join(sorted(unknown))}")
    faults = [FAULTS[name] for name in arguments.faults or FAULTS]
    with ExitStack() as opened:
        directory = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        try:
            opened.enter_context(small_disks(directory, {fault.disk for fault in faults if fault.disk}))
        except CannotMount as error:
            left_out = [fault.name for fault in faults if fault.disk]
            print(f"left out, because no file system can be made here ({error}): {', '.join(left_out)}")
            faults = [fault for fault in faults if not fault.disk]
        order = faults * arguments.rounds
        random.Random(arguments.seed).shuffle(order)  # noqa: S311 -- an order, no secret
        findings = storm(opened.enter_context(running(directory, agent=AGENT)), order)
    print("\n| promise | found | |\n|---|---|---|")
    for each in findings:
        print(f"| {each.promise} | {each.found} | {'kept' if each.is_kept else '**BROKEN**'} |")
    return 0 if all(each.is_kept for each in findings) else 1


def storm(service: Service, order: list[Fault]) -> list[Finding]:
    """Break one thing after the other while clients send; what was found after."""
    hooks = Hooks()
    channel = service.call("POST", "/channels", {"name": "storm", "type": "webhook", "config": {"url": hooks.url}})
    rule = {"name": "queue too long", "metricType": QUEUE, "condition": "greater_than", "threshold": 10}
    terms = {"aggregation": "last", "groupBy": ["host"], "noData": "keep", "channels": [channel["id"]]}
    service.call("POST", "/alerts/rules", rule | terms)
    load, watcher = Load(service), Watcher(service)
    load.begin()
    findings = []
    try:
        time.sleep(CALM)
        for fault in order:
            findings += _strike(service, fault, watcher, load)
    finally:
        load.end()
        watcher.end()
    sent = f"{load.events} events, {len(load.levels)} levels, {len(load.crossings)} crossings"
    print(f"{sent}; {load.refused} tries refused")
    try:
        return [*findings, *judge(service, load, hooks)]
    finally:
        hooks.close()


def _strike(service: Service, fault: Fault, watcher: Watcher, load: Load) -> list[Finding]:
    before, watcher.has_said_no = load.events, False
    with fault.cause(service):
        time.sleep(fault.seconds)
    healed = time.monotonic()
    while not watcher.is_ready and time.monotonic() < healed + RECOVERY:
        time.sleep(0.1)
    after = time.monotonic() - healed
    time.sleep(CALM)
    said = "not ready" if watcher.has_said_no else "ready all along"
    print(f"{fault.name}: {said}, back after {after:.1f} s, {load.events - before} events accepted", flush=True)
    findings = [Finding(f"{fault.name}: it comes back by itself", f"after {after:.1f} s", is_kept=watcher.is_ready)]
    if fault.shows:
        findings.append(Finding(f"{fault.name}: health tells it", said, is_kept=watcher.has_said_no))
    return findings


if __name__ == "__main__":
    sys.exit(main())
