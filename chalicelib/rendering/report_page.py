"""A report as one self-contained HTML page, light and dark: no script, nothing to load."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from chalicelib.domain.recommendation_rules import write_impact
from chalicelib.domain.report_verdict import biggest_changes, dates_of, title_of, verdict_of
from chalicelib.domain.reports import EndpointFigures, Report
from chalicelib.rendering.report_chart import BY_CSS, line_chart, top_of
from chalicelib.rendering.report_style import STYLE
from chalicelib.rendering.report_words import (
    LABELS,
    figure_rows,
    write_coverage,
    write_edge,
    write_figure,
    write_moment,
    write_scale,
    write_trend,
)

CHARTED = ("response_time", "error_rate", "throughput", "cpu_usage", "memory_usage")


def report_page(report: Report) -> str:
    """The whole page."""
    sections = [
        _summary(report),
        _figures(report),
        _charts(report),
        _recommendations(report),
        _endpoints(report),
        _hosts(report),
        _alerts(report),
        _impact(report),
        _coverage(report),
    ]
    title = escape(title_of(report))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<style>{STYLE}</style></head><body><main>{''.join(sections)}</main></body></html>"
    )


def _summary(report: Report) -> str:
    verdict = verdict_of(report)
    period = str(report.range.period).capitalize()
    parts = [
        f'<header><p class="verdict {verdict.name.lower()}">{escape(str(verdict))}</p>',
        f"<h1>{period} performance report</h1>",
        f"<p class=dates>{escape(dates_of(report))} · {escape(report.range.zone.key)}</p></header>",
    ]
    if changes := biggest_changes(report):
        items = "".join(f'<li class="{each.judgement}">{escape(write_trend(each))}</li>' for each in changes)
        parts.append(f'<section class="changes"><h2>Biggest changes</h2><ul>{items}</ul></section>')
    if report.recommendations:
        top = report.recommendations[0]
        parts.append(f'<section class="top {top.severity}"><h2>First of all</h2><p>{escape(top.message)}</p></section>')
    parts += [f"<p class=note>{escape(note)}</p>" for note in report.notes]
    return "".join(parts)


def _figures(report: Report) -> str:
    tiles = "".join(
        f"<div class=tile><p class=label>{row.label}</p><p class=value>{escape(row.value)}</p>"
        f'<p class="change {row.judgement}">{escape(row.change) or "&nbsp;"}'
        f"<span> {'' if not row.change else f'from {escape(row.before)}'}</span></p></div>"
        for row in figure_rows(report)
    )
    return f'<section><h2>Figures</h2><div class="tiles">{tiles}</div></section>'


def _charts(report: Report) -> str:
    parts = []
    for metric in CHARTED:
        values = [step.figures.get(metric) for step in report.steps]
        if all(value is None for value in values):
            continue
        before = report.previous.get(metric)
        top = write_scale(metric, top_of(values, before))
        first, last = (write_edge(report.steps[place].begins, report.range) for place in (0, -1))
        dashed = "" if before is None else f" · dashed: {escape(write_figure(metric, before))} before"
        parts.append(
            f"<figure><figcaption><b>{LABELS[metric]}</b> 0 to {escape(top)}{dashed}</figcaption>"
            f"{line_chart(values, BY_CSS, reference=before)}"
            f"<p class=axis><span>{first}</span><span>{last}</span></p></figure>"
        )
    return f"<section><h2>Over time</h2>{''.join(parts)}</section>" if parts else ""


def _recommendations(report: Report) -> str:
    items = "".join(
        f"<li><span class='severity {each.severity}'>{each.severity}</span>{escape(each.message)}</li>"
        for each in report.recommendations
    )
    return f'<section><h2>Recommendations</h2><ol class="said">{items}</ol></section>' if items else ""


def _endpoints(report: Report) -> str:
    def table(title: str, rows: Sequence[tuple[str, ...]]) -> str:
        return _table(title, ("Endpoint", "Requests", "Average", "p95", "Failed"), rows)

    def cells(found: Iterable[EndpointFigures]) -> list[tuple[str, ...]]:
        return [
            (e.endpoint, f"{e.requests:,}", f"{e.average:.0f} ms", f"{e.p95:.0f} ms", _percent(e.error_rate))
            for e in found
        ]

    return table("Slowest endpoints", cells(report.slowest)) + table("Most failing endpoints", cells(report.failing))


def _hosts(report: Report) -> str:
    rows = [
        (each.host, _percent(each.cpu), _percent(each.cpu_p95), _percent(each.memory)) for each in report.hosts[:10]
    ]
    return _table("Busiest hosts", ("Host", "CPU", "CPU p95", "Memory"), rows)


def _alerts(report: Report) -> str:
    statistics = report.alert_statistics
    if not statistics.fired:
        return "<section><h2>Alerts</h2><p>No alert fired.</p></section>"
    rows = [(each.rule_name, f"{each.fired}", f"{each.acknowledged}", f"{each.short}") for each in statistics.noisiest]
    sentence = f"{statistics.fired} fired, {statistics.acknowledged} were acknowledged, {statistics.resolved} resolved."
    return f"<section><h2>Alerts</h2><p>{sentence}</p></section>" + _table(
        "Rules that fired most", ("Rule", "Fired", "Acknowledged", "Under 5 min"), rows
    )


def _impact(report: Report) -> str:
    items = "".join(
        f"<li>{escape(write_impact(each.performance, each.business, each.rho, each.lag_minutes))} "
        f"<span class=dates>rho {each.rho:.2f}, p = {each.p_value:.2g}, n = {each.buckets}</span></li>"
        for each in report.impacts
    )
    return f"<section><h2>Business impact</h2><ul>{items}</ul></section>" if items else ""


def _coverage(report: Report) -> str:
    gaps = "".join(
        f"<li>{write_moment(start, report.range)} to {write_moment(end, report.range)}</li>"
        for start, end in report.coverage.gaps
    )
    return (
        f"<section><h2>Coverage</h2><p>{escape(write_coverage(report))}</p>"
        f"{f'<ul>{gaps}</ul>' if gaps else ''}</section>"
    )


def _table(title: str, heads: Iterable[str], rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    head = "".join(f"<th>{escape(each)}</th>" for each in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f"<section><h2>{escape(title)}</h2><div class=scroll><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div></section>"
    )


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}%"
