"""`perfmon support-bundle`: what somebody who helps has to see, and nothing that nobody may."""

from __future__ import annotations

import json
import os
import platform
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from perfmon_client import configuration
from perfmon_client.cli.session import AsJson, listed, own_version, told
from perfmon_client.doctor import stores
from perfmon_client.doctor.examine import examine
from perfmon_client.errors import PerfmonError
from perfmon_client.http import Http
from perfmon_client.redaction import Redactor, secrets_of

LISTS = {
    "rules": ("/monitoring/alerts/rules", "rules"),
    "channels": ("/monitoring/channels", "channels"),
    "silences": ("/monitoring/silences", "silences"),
    "maintenance-windows": ("/monitoring/maintenance-windows", "maintenanceWindows"),
    "report-schedules": ("/monitoring/reports/schedules", "schedules"),
    "hosts": ("/monitoring/hosts", "hosts"),
    "targets": ("/monitoring/targets", "targets"),
    "alerts": ("/monitoring/alerts", "alerts"),
    "notifications": ("/monitoring/notifications", "notifications"),
    "catalogue": ("/monitoring/metrics/catalog", "metrics"),
}
SINGLE = {
    "ready": "/monitoring/health/ready",
    "health": "/monitoring/health/system",
    "cardinality": "/monitoring/metrics/cardinality",
}
MOST = 200  # of each list; the newest alerts and notifications come first
LOG_TAIL = 512 * 1024
# Of other variables it is only said whether they are set.
_SHOWN = ("LOG_LEVEL", "TIMEZONE", "STAGE", "PORT", "LOCAL_DIR", "AWS_REGION", "PERFMON_URL")
_OURS = ("PERFMON_", "METRIC_", "ALERT_", "SMTP_", "MAX_", "REALTIME_", "NOTIFIER_", "HEALTH_", "DATABASE_", "REDIS_")


def support_bundle(
    output: Annotated[Path, typer.Option(help="The zip to write.")] = Path("perfmon-support.zip"),
    logs: Annotated[Path, typer.Option(help="The folder with logs of `make run`; left out where it is not.")] = Path(
        ".local/logs"
    ),
    as_json: AsJson = False,
) -> None:
    """Write a zip for whoever helps: health, findings, set-up, logs; secrets and addresses are taken out of all."""
    given = configuration.read(os.environ, Path.cwd())
    api = Http(given.url, given.token, sleep=lambda _: None)
    redactor = Redactor({*secrets_of(os.environ), given.token} - {""})
    lacking: dict[str, str] = {}
    parts = dict(_parts(api, logs))
    # Only its owner reads it: what is left in it is still about people's systems.
    output.touch(mode=0o600)
    output.chmod(0o600)
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as bundle:
        with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
            for name, read in progress.track(parts.items(), total=len(parts), description="collecting"):
                try:
                    found = read()
                except (PerfmonError, OSError) as error:
                    lacking[name] = redactor.text(str(error))
                    continue
                bundle.writestr(name, redactor.log(found) if name.endswith(".log") else _json(redactor, found))
        bundle.writestr("manifest.json", _json(redactor, {**_about(given.url), "files": [*parts], "lacking": lacking}))
    words = f"{output} written: {len(parts) - len(lacking)} files, {len(lacking)} could not be collected"
    told(words, {"file": str(output), "files": len(parts) - len(lacking), "lacking": lacking}, as_json=as_json)


def _parts(api: Http, logs: Path) -> Iterator[tuple[str, Callable[[], Any]]]:
    """What goes in, each read when its turn comes, so that one that fails leaves the others."""
    yield "environment.json", partial(environment_of, os.environ)
    yield "doctor.json", partial(_findings, api, logs)
    for name, path in SINGLE.items():
        yield f"{name}.json", partial(api.get, path)
    for name, (path, key) in LISTS.items():
        yield f"{name}.json", partial(listed, api, path, key, MOST)
    for file in sorted(logs.glob("*.log")) if logs.is_dir() else []:
        yield f"logs/{file.name}", partial(tail, file)


def _findings(api: Http, logs: Path) -> list[dict[str, Any]]:
    found = examine(api, os.environ, logs, stores.now())
    return [asdict(each) | {"status": each.status.value} for each in found]


def environment_of(environment: Mapping[str, str]) -> dict[str, str]:
    """Settings by name; values only of those that are nobody's secret."""
    return {
        name: environment[name] if name in _SHOWN else "set"
        for name in sorted(environment)
        if name in _SHOWN or name.startswith(_OURS)
    }


def tail(file: Path) -> list[str]:
    """The last lines of a log, whole ones."""
    with file.open("rb") as log:
        size = log.seek(0, 2)
        log.seek(max(0, size - LOG_TAIL))
        lines = log.read().decode(errors="replace").splitlines()
    return lines[1:] if size > LOG_TAIL else lines


def _about(url: str) -> dict[str, Any]:
    return {
        "at": stores.now().isoformat(timespec="seconds"),
        "service": url,
        "client": own_version(),
        "python": platform.python_version(),
        "system": platform.platform(),
    }


def _json(redactor: Redactor, value: Any) -> str:
    return json.dumps(redactor.tree(value), indent=2, ensure_ascii=False)
