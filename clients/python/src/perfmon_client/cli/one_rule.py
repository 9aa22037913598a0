"""What is done to one rule, known by its id or its name: look, switch, delete, try on the past."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from perfmon_client.cli.naming import id_of
from perfmon_client.cli.rules import RULES
from perfmon_client.cli.session import AsJson, below, connect, print_json, told
from perfmon_client.cli.showing import moment, plain, show_table, tags_text
from perfmon_client.cli.spans import span
from perfmon_client.http import Http

Rule = Annotated[str, typer.Argument(help="Its id or its name.")]
History = Annotated[str, typer.Option("--from", help="How far back, like 7d.")]
_SHOWN = 5  # of what other thresholds would cost


def show(rule: Rule, as_json: AsJson = False) -> None:
    """Show all fields of a rule."""
    found = connect_to(rule)[2]
    if as_json:
        print_json(found)
        return
    for field, value in found.items():
        if value not in (None, "", [], {}):
            typer.echo(plain(f"{field}: {tags_text(value) if isinstance(value, dict) else value}"))


def enable(rule: Rule, as_json: AsJson = False) -> None:
    """Switch a rule on; it is judged from the next tick on."""
    _switch(rule, on=True, as_json=as_json)


def disable(rule: Rule, as_json: AsJson = False) -> None:
    """Switch a rule off; its alerts end."""
    _switch(rule, on=False, as_json=as_json)


def delete(rule: Rule, as_json: AsJson = False) -> None:
    """Delete a rule: its alerts end, their history stays."""
    http, path, found = connect_to(rule)
    http.delete(path)
    told(plain(f"deleted {found['id']}: {found['name']}"), {"deleted": found["id"]}, as_json=as_json)


def backtest(rule: Rule, from_: History = "7d", as_json: AsJson = False) -> None:
    """Say when a rule would have fired, and how often it would have paged."""
    span(from_)
    http, _, found = connect_to(rule)
    tried = http.post(f"{RULES}/backtest", {"ruleId": found["id"], "from": f"-{from_}"}, repeat=True)
    if as_json:
        print_json(tried)
        return
    about = ", judged every five minutes only" if tried["approximate"] else ""
    typer.echo(f"{tried['pages']} pages, {tried['firings']} firings, {tried['minutesFiring']:g} minutes firing{about}")
    show_table(
        ("group", "at", "became", "reason"),
        (
            (tags_text(group["tags"]) or "all", moment(each["at"]), each["to"], each["reason"])
            for group in tried["groups"]
            for each in group["transitions"]
            if each["to"] != "pending"
        ),
        "it would not have fired",
    )


def suggest(
    metric: Annotated[str, typer.Argument(help="The metric type.")],
    condition: Annotated[str, typer.Option(help="greater_than or less_than.")] = "greater_than",
    aggregation: Annotated[str, typer.Option(help="avg, max, p95, …")] = "avg",
    window: Annotated[int, typer.Option(help="Seconds that a figure is made of.", min=1)] = 60,
    group_by: Annotated[str | None, typer.Option(help="Tags, separated by commas: an alert for each.")] = None,
    pages: Annotated[float, typer.Option(help="At most so many pages a week.")] = 1,
    from_: History = "28d",
    as_json: AsJson = False,
) -> None:
    """Look for the most sensitive threshold that pages no more often than you want. Exits with 1 when there is none."""
    span(from_)
    rule: dict[str, Any] = {"name": f"{metric} {condition}", "metricType": metric, "condition": condition}
    rule |= {"aggregation": aggregation, "window": window}
    if group_by:
        rule["groupBy"] = group_by.split(",")
    found = connect().post(f"{RULES}/suggest", {"rule": rule, "pagesPerWeek": pages, "from": f"-{from_}"}, repeat=True)
    if as_json:
        print_json(found)
    else:
        _show_suggestion(found)
    if found["suggestion"] is None:
        raise typer.Exit(1)


def connect_to(rule: str) -> tuple[Http, str, dict[str, Any]]:
    """A connection, the path of the rule with this id or name, and the rule."""
    http = connect()
    path = below(RULES, id_of(http, RULES, "rules", rule))
    return http, path, http.get(path)


def _switch(rule: str, *, on: bool, as_json: bool) -> None:
    http, path, _ = connect_to(rule)
    changed = http.patch(path, {"enabled": on})
    told(plain(f"{'on' if on else 'off'}: {changed['name']}"), changed, as_json=as_json)


def _show_suggestion(found: dict[str, Any]) -> None:
    best = found["suggestion"]
    said = f"threshold {best['threshold']:g}, held for {best['duration']} s" if best else found["message"]
    typer.echo(plain(said))
    # Those that fit, the most sensitive first; then the others, the quietest first.
    nearest = sorted(
        found["curve"], key=lambda each: (not each["fits"], each["pagesPerWeek"] * (-1 if each["fits"] else 1))
    )
    show_table(
        ("threshold", "duration", "pages a week", "likely at most", "minutes firing"),
        (
            (
                f"{each['threshold']:g}",
                f"{each['duration']} s",
                f"{each['pagesPerWeek']:g}",
                f"{each['likelyAtMost']:.3g}",
                f"{each['minutesFiring']:g}",
            )
            for each in nearest[:_SHOWN]
        ),
        "no samples to look at",
    )
