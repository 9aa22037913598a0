"""`perfmon rules`: alert rules as files: plan, apply, test, export; and Prometheus rules turned into them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from perfmon_client.cli.rule_files import Change, changes_between, read_files, read_tests, read_yaml, write_rules
from perfmon_client.cli.session import AsJson, connect, listed, print_json, told
from perfmon_client.cli.showing import plain, show_table, tags_text
from perfmon_client.cli.spans import span
from perfmon_client.errors import ApiError
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
    show_table(
        ("id", "name", "severity", "on", "error"),
        (
            (each["id"], each["name"], each["severity"], "on" if each["enabled"] else "off", each["lastError"])
            for each in rules
        ),
        "no rules",
    )


@app.command()
def plan(
    files: Files,
    prune: Prune = False,
    backtest: Annotated[str, typer.Option(help="Also try both forms on so much history, like 7d.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show what `apply` would change. Exits with 1 when it would change something."""
    if backtest:
        span(backtest)
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
def apply(files: Files, prune: Prune = False, as_json: AsJson = False) -> None:
    """Make the rules of the service those of the files. Rules are known by their names; others stay unless pruned."""
    http = connect()
    changes = _changes(http, files, prune=prune)
    shown = [change.shown() for change in changes]
    if not as_json:
        _print(shown)
    for change in changes:
        if change.before is None:
            http.post(RULES, change.after)
        elif change.after is None:
            http.delete(f"{RULES}/{change.before['id']}")
        else:
            http.patch(f"{RULES}/{change.before['id']}", change.amendment())
    told(f"{len(changes)} applied", shown, as_json=as_json)


@app.command("test")
def run_tests(files: Files, as_json: AsJson = False) -> None:
    """Run the tests in the files: rules on series written down. Exits with 1 when one fails."""
    http = connect()
    results = []
    for each in read_tests(files):
        try:
            found = http.post(f"{RULES}/test", each.body, repeat=True)
        except ApiError as error:
            raise error.about(f"test {each.name!r}") from None
        results.append({"name": each.name, "passed": found["passed"], "expectations": found["expectations"]})
    if as_json:
        print_json(results)
    for result in results if not as_json else []:
        typer.echo(plain(f"{'passed' if result['passed'] else 'FAILED'}  {result['name']}"))
        for each in result["expectations"]:
            if not each["passed"]:
                expected, found = each["expected"] or "none", each["found"] or "none"
                where = f"at {each['at']} s {tags_text(each['tags'])}".rstrip()
                typer.echo(plain(f"        {where}: expected {expected}, found {found}"))
    if not all(result["passed"] for result in results):
        raise typer.Exit(1)


@app.command()
def export(as_json: AsJson = False) -> None:
    """Print the rules of the service as YAML, for files to begin with."""
    _give(_existing(connect()), as_json=as_json)


@app.command("import-prometheus")
def import_prometheus(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)], as_json: AsJson = False
) -> None:
    """Print the alerting rules of a Prometheus rules file as rules here; those that do not convert say why."""
    content = read_yaml(file)
    if not isinstance(content, dict) or "groups" not in content:
        raise typer.BadParameter(f"{file}: is no rules file of Prometheus: it has no groups")
    found = connect().post(f"{RULES}/import", {"groups": content["groups"]}, repeat=True)
    converted = [each["rule"] for each in found["rules"] if each["rule"] is not None]
    for each in found["rules"]:
        for note in each["notes"] if each["rule"] is not None else [each["reason"]]:
            typer.echo(plain(f"{each['name']}: {note}"), err=True)
    _give(converted, as_json=as_json)


def _give(rules: list[dict[str, Any]], *, as_json: bool) -> None:
    text = write_rules(rules)
    if as_json:
        print_json(yaml.safe_load(text))
    else:
        typer.echo(text, nl=False)


def _existing(http: Http) -> list[dict[str, Any]]:
    return listed(http, RULES, "rules")


def _changes(http: Http, files: list[Path], *, prune: bool) -> list[Change]:
    # The service itself says what a rule in a file amounts to, with all defaults, or what is wrong with it.
    wanted = [_amounting_to(http, rule) for rule in read_files(files)]
    return changes_between(_existing(http), wanted, prune=prune)


def _amounting_to(http: Http, rule: dict[str, Any]) -> Any:
    try:
        return http.post(f"{RULES}?dryRun=true", rule, repeat=True)
    except ApiError as error:
        raise error.about(f"rule {rule['name']!r}") from None


def _pages(http: Http, rule: dict[str, Any] | None, history: str) -> int:
    if rule is None or not rule["enabled"]:
        return 0
    return int(http.post(f"{RULES}/backtest", {"rule": rule, "from": f"-{history}"})["pages"])


def _print(changes: list[dict[str, Any]]) -> None:
    for change in changes:
        typer.echo(plain(f"{change['change']}  {change['name']}"))
        for field, (before, after) in change["fields"].items():
            typer.echo(plain(f"    {field}: {before!r} -> {after!r}"))
        if "pages" in change:
            pages = change["pages"]
            typer.echo(f"    pages: {pages['before']} -> {pages['after']}")
    if not changes:
        typer.echo("nothing to change")
