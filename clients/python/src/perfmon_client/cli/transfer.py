"""`perfmon export` and `perfmon import`: samples as CSV, and what people have set up, from one service to another."""

from __future__ import annotations

import csv
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console
from rich.progress import Progress

from perfmon_client.cli import sample_files, setup_files
from perfmon_client.cli.rule_files import read_yaml
from perfmon_client.cli.session import AsJson, connect, print_json, told
from perfmon_client.cli.showing import plain
from perfmon_client.cli.spans import span

exporting = typer.Typer(no_args_is_help=True)
importing = typer.Typer(no_args_is_help=True)
METRICS = "/monitoring/metrics"
_MOST_TAGS = 5
Output = Annotated[Path | None, typer.Option(help="The file; left out, standard output.")]
GivenFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The file.")]


@exporting.command("samples")
def export_samples(
    metric: Annotated[str, typer.Argument(help="The metric type.")],
    from_: Annotated[
        str, typer.Option("--from", help="now, -1h, epoch milliseconds, or ISO 8601 with a zone.")
    ] = "-1h",
    to: Annotated[str, typer.Option(help="As --from.")] = "now",
    step: Annotated[str, typer.Option(help="A row for each series and so long.")] = "10s",
    aggregation: Annotated[str, typer.Option(help="What a step's row is of its samples.")] = "last",
    group_by: Annotated[str | None, typer.Option(help="Tags to keep, up to five; left out: all.")] = None,
    tags: Annotated[str | None, typer.Option(help="Which series: key:value, separated by commas.")] = None,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Write what a query answers as CSV, of a range of any length. --json needs --output."""
    if as_json and output is None:
        raise typer.BadParameter("--json tells what was written: name a file with --output")
    http = connect()
    width = round(span(step).total_seconds() * 1000)
    if not width:
        raise typer.BadParameter("--step must be at least 1s")
    now = time.time_ns() // 1_000_000
    keep = [each for each in group_by.split(",") if each] if group_by is not None else _tags_of(http, metric)
    query = {"metricType": metric, "step": step, "aggregation": aggregation, "groupBy": keep}
    if tags:
        query["tags"] = tags
    start, end = sample_files.instant(from_, now), sample_files.instant(to, now)
    # Under another name until it is whole: what was there before survives a failure.
    part = None if output is None else output.with_name(f"{output.name}.part")
    count = 0
    with nullcontext(sys.stdout) if part is None else part.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(sample_files.header(keep))
        with _progress() as progress:
            task = progress.add_task(plain(metric), total=max(0, end - start))
            for until, found in sample_files.read_range(http, query, start, end, width):
                rows.writerows(found)
                count += len(found)
                progress.update(task, completed=until - start)
    if not count:
        typer.echo(plain(f"{metric} has no samples in this range"), err=True)
    if output is not None and part is not None:
        part.replace(output)
        told(f"{count} samples written to {output}", {"samples": count, "file": str(output)}, as_json=as_json)


@importing.command("samples")
def import_samples(file: GivenFile, as_json: AsJson = False) -> None:
    """Record the samples of a CSV file. A second time changes nothing. Exits with 1 when some were refused."""
    http = connect()
    accepted, refused, errors = 0, 0, list[dict[str, Any]]()
    with file.open(encoding="utf-8-sig", newline="") as lines:
        total = max(1, sum(1 for _ in lines) - 1)
        lines.seek(0)
        with _progress() as progress:
            task = progress.add_task(plain(file.name), total=total)
            for batch in sample_files.batches(sample_files.read_rows(lines, file.name)):
                answer = http.post(METRICS, {"snapshots": batch}, repeat=True)
                accepted, refused = accepted + answer["accepted"], refused + answer["rejected"]
                errors += answer.get("errors", [])
                progress.advance(task, len(batch))
    for each in errors[:5]:
        typer.echo(plain(f"refused: {each['field']}: {each['reason']}"), err=True)
    told(f"{accepted} recorded, {refused} refused", {"accepted": accepted, "refused": refused}, as_json=as_json)
    if refused:
        raise typer.Exit(1)


@exporting.command("setup")
def export_setup(output: Output = None, as_json: AsJson = False) -> None:
    """Write channels (without secrets), rules, silences, maintenance windows and report schedules as YAML."""
    found = setup_files.gather(connect())
    counts = {kind: len(things) for kind, things in found.items()}
    if output is None:
        if as_json:
            print_json(found)
        else:
            typer.echo(yaml.safe_dump(found, sort_keys=False, allow_unicode=True), nl=False)
        return
    output.write_text(yaml.safe_dump(found, sort_keys=False, allow_unicode=True), encoding="utf-8")
    told(f"{_listed(counts)} written to {output}", {**counts, "file": str(output)}, as_json=as_json)


@importing.command("setup")
def import_setup(
    file: GivenFile,
    secrets: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="YAML: for a channel's name what its config lacks."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Bring in what `export setup` wrote; what is there already stays. Exits with 1 when something was left out."""
    wanted, given = _mapping(file), _mapping(secrets) if secrets else {}
    setup_files.check(wanted)
    outcome = setup_files.Outcome()
    with _progress() as progress:
        task = progress.add_task(plain(file.name), total=sum(len(each or []) for each in wanted.values()))
        for _ in setup_files.restore(connect(), wanted, given, outcome):
            progress.advance(task)
    for each in outcome.left_out:
        typer.echo(plain(f"left out: {each['kind']} {each['name']}: {each['reason']}"), err=True)
    done = f"created: {_listed(outcome.created)}; changed: {_listed(outcome.changed)}"
    told(done, outcome.shown(), as_json=as_json)
    if outcome.left_out:
        raise typer.Exit(1)


def _tags_of(http: Any, metric: str) -> list[str]:
    """All tags of a metric, which have to be few enough for a query."""
    found = [each["key"] for each in http.get("/monitoring/metrics/tags", metricType=metric)["tags"]]
    if len(found) > _MOST_TAGS:
        raise typer.BadParameter(f"{metric} has {len(found)} tags ({', '.join(found)}): keep five with --group-by")
    return found


def _mapping(file: Path) -> dict[str, Any]:
    content = read_yaml(file)
    if not isinstance(content, dict):
        raise typer.BadParameter(f"{file}: must be a mapping")
    return content


def _listed(counts: dict[str, int]) -> str:
    words = {"maintenanceWindows": "maintenance windows"}
    return ", ".join(f"{count} {words.get(kind, kind)}" for kind, count in counts.items()) or "nothing"


def _progress() -> Progress:
    """A bar where somebody watches; standard output stays for the result."""
    return Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
