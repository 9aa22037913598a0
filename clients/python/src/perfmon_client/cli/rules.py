"""`perfmon rules`: alert rules as files: plan, apply, test, export; and Prometheus rules turned into them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from perfmon_client.cli.rule_files import Change, changes_between, read_files, read_tests, write_rules
from perfmon_client.cli.session import AsJson, connect, print_json
from perfmon_client.http import Http

app = typer.Typer(no_args_is_help=True)
RULES = "/monitoring/alerts/rules"
Files = Annotated[list[Path], typer.Argument(help="YAML files, or folders of them.", exists=True)]
Prune = Annotated[bool, typer.Option("--prune", help="Delete rules of the service that no file names.")]


@app.command("list")
def list_rules(as_json: AsJson = False) -> None:
    """List the rules of the service."""
    rules = _existing(connect())
    if as_json:
        print_json(rules)
        return
    table = Table("id", "name", "severity", "on", "error", box=None)
    for rule in rules:
        error = escape(rule["lastError"] or "")
        table.add_row(
            escape(rule["id"]), escape(rule["name"]), rule["severity"], "on" if rule["enabled"] else "off", error
        )
    Console().print(table)


@app.command()
def plan(
    files: Files,
    prune: Prune = False,
    backtest: Annotated[str, typer.Option(help="Also try both forms on so much history, like 7d.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show what `apply` would change. Exits with 1 when it would change something."""
    http = connect()
    changes = _changes(http, files, prune=prune)
    shown = [change.shown() for change in changes]
    if backtest:
        for change, each in zip(changes, shown, strict=True):
            each["pages"] = {side: _pages(http, rule, backtest) for side, rule in change.sides().items()}
    if as_json:
        print_json(shown)
    else:
        _print(shown)
    raise typer.Exit(1 if changes else 0)


@app.command()
def apply(files: Files, prune: Prune = False) -> None:
    """Make the rules of the service those of the files. Rules are known by their names; others stay unless pruned."""
    http = connect()
    changes = _changes(http, files, prune=prune)
    _print([change.shown() for change in changes])
    for change in changes:
        if change.before is None:
            http.post(RULES, change.after)
        elif change.after is None:
            http.delete(f"{RULES}/{change.before['id']}")
        else:
            http.patch(f"{RULES}/{change.before['id']}", change.amendment())
    typer.echo(f"{len(changes)} applied")


@app.command("test")
def run_tests(files: Files, as_json: AsJson = False) -> None:
    """Run the tests in the files: rules on series written down. Exits with 1 when one fails."""
    http = connect()
    results = []
    for each in read_tests(files):
        found = http.post(f"{RULES}/test", each.body)
        results.append({"name": each.name, "passed": found["passed"], "expectations": found["expectations"]})
    if as_json:
        print_json(results)
    for result in results if not as_json else []:
        typer.echo(f"{'passed' if result['passed'] else 'FAILED'}  {result['name']}")
        for each in result["expectations"]:
            if not each["passed"]:
                where = " ".join(f"{key}={value}" for key, value in each["tags"].items())
                found = each["found"] or "none"
                typer.echo(f"        at {each['at']} s {where}: expected {each['expected'] or 'none'}, found {found}")
    if not all(result["passed"] for result in results):
        raise typer.Exit(1)


@app.command()
def export() -> None:
    """Print the rules of the service as YAML, for files to begin with."""
    typer.echo(write_rules(_existing(connect())), nl=False)


@app.command("import-prometheus")
def import_prometheus(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)]) -> None:
    """Print the alerting rules of a Prometheus rules file as rules here; those that do not convert say why."""
    found = connect().post(f"{RULES}/import", yaml.safe_load(file.read_text(encoding="utf-8")))
    converted = [each["rule"] for each in found["rules"] if each["rule"] is not None]
    for each in found["rules"]:
        for note in each["notes"] if each["rule"] is not None else [each["reason"]]:
            typer.echo(f"{each['name']}: {note}", err=True)
    typer.echo(write_rules(converted), nl=False)


def _existing(http: Http) -> list[dict[str, Any]]:
    page = http.get(RULES)
    rules: list[dict[str, Any]] = page["rules"]
    while page["next"]:
        page = http.get(RULES, after=page["next"])
        rules += page["rules"]
    return rules


def _changes(http: Http, files: list[Path], *, prune: bool) -> list[Change]:
    # The service itself says what a rule in a file amounts to, with all defaults, or what is wrong with it.
    wanted = [http.post(f"{RULES}?dryRun=true", rule) for rule in read_files(files)]
    return changes_between(_existing(http), wanted, prune=prune)


def _pages(http: Http, rule: dict[str, Any] | None, history: str) -> int:
    if rule is None or not rule["enabled"]:
        return 0
    return int(http.post(f"{RULES}/backtest", {"rule": rule, "from": f"-{history}"})["pages"])


def _print(changes: list[dict[str, Any]]) -> None:
    for change in changes:
        typer.echo(f"{change['change']}  {change['name']}")
        for field, (before, after) in change["fields"].items():
            typer.echo(f"    {field}: {before!r} -> {after!r}")
        if "pages" in change:
            pages = change["pages"]
            typer.echo(f"    pages: {pages['before']} -> {pages['after']}")
    if not changes:
        typer.echo("nothing to change")
