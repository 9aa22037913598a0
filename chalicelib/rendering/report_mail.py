"""A report as a mail: tables and inline styles, because Outlook and Gmail know little else; charts as inline PNG."""

from __future__ import annotations

from html import escape

from chalicelib.domain.mail import Mail, Picture
from chalicelib.domain.report_verdict import Verdict, biggest_changes, dates_of, title_of, verdict_of
from chalicelib.domain.reports import Report
from chalicelib.rendering.report_chart import HEIGHT, ON_WHITE, WIDTH, line_chart, top_of
from chalicelib.rendering.report_words import (
    LABELS,
    figure_rows,
    write_coverage,
    write_edge,
    write_figure,
    write_scale,
    write_trend,
)

CHARTED = ("response_time", "error_rate", "throughput", "cpu_usage")
_SHARPER = 2  # pixels a point: screens of telephones have two or three
_INK, _MUTED, _RULE = "#111827", "#6b7280", "#e5e7eb"
_GREEN, _AMBER, _RED = "#15803d", "#b45309", "#b91c1c"
_COLOURS = {"better": _GREEN, "worse": _RED, "medium": _AMBER, "high": _RED, "critical": _RED}  # the rest is muted
_VERDICTS = {
    Verdict.GOOD: _GREEN,
    Verdict.NOTES: _AMBER,
    Verdict.ATTENTION: _AMBER,
    Verdict.CRITICAL: _RED,
    Verdict.NO_DATA: _MUTED,
}
_FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"


def report_mail(report: Report) -> Mail:
    """The mail; its subject is the report's title."""
    charts = [_chart(report, metric) for metric in CHARTED]
    found = [chart for chart in charts if chart is not None]
    body = "".join(
        [
            _head(report),
            _changes(report),
            _first_of_all(report),
            _figures(report),
            *(html for html, _ in found),
            _recommendations(report),
            _small(write_coverage(report)),
            *map(_small, report.notes),
        ]
    )
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title_of(report))}</title></head>"
        f'<body style="margin:0;padding:0;background:#f3f4f6;color:{_INK}">'
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f3f4f6"><tr>'
        '<td align="center" style="padding:12px 8px">'
        '<table role="presentation" width="600" cellpadding="0" cellspacing="0"'
        f' style="width:100%;max-width:600px;background:#ffffff;border-radius:8px;{_FONT}">{body}</table>'
        "</td></tr></table></body></html>"
    )
    return Mail(title_of(report), _text(report), html, tuple(picture for _, picture in found))


def _row(content: str, padding: str = "8px 20px") -> str:
    return f'<tr><td style="padding:{padding};{_FONT};font-size:15px;line-height:22px;color:{_INK}">{content}</td></tr>'


def _heading(text: str) -> str:
    return f'<p style="margin:0 0 4px;font-size:12px;line-height:18px;color:{_MUTED}"><b>{text.upper()}</b></p>'


def _small(text: str) -> str:
    return _row(f'<span style="font-size:13px;color:{_MUTED}">{escape(text)}</span>', "2px 20px 10px")


def _head(report: Report) -> str:
    verdict = verdict_of(report)
    colour = _VERDICTS[verdict]
    period = str(report.range.period).capitalize()
    return _row(
        f'<p style="margin:0;font-size:17px;line-height:24px;color:{colour}"><b>{str(verdict).capitalize()}</b></p>'
        f'<p style="margin:0;font-size:22px;line-height:28px"><b>{period} performance report</b></p>'
        f'<p style="margin:0;font-size:14px;color:{_MUTED}">{escape(dates_of(report))}'
        f" · {escape(report.range.zone.key)}</p>",
        "18px 20px 8px",
    )


def _changes(report: Report) -> str:
    changes = biggest_changes(report)
    if not changes:
        return ""
    lines = "".join(
        f'<p style="margin:0 0 2px"><span style="color:{_COLOURS.get(each.judgement, _MUTED)}">&#9679;</span>'
        f" {escape(write_trend(each))}</p>"
        for each in changes
    )
    return _row(_heading("Biggest changes") + lines)


def _first_of_all(report: Report) -> str:
    if not report.recommendations:
        return ""
    top = report.recommendations[0]
    return _row(_heading("First of all") + f'<p style="margin:0"><b>{escape(top.message)}</b></p>')


def _figures(report: Report) -> str:
    cell = f"padding:6px 0;border-top:1px solid {_RULE};font-size:15px"
    rows = "".join(
        f'<tr><td style="{cell}">{row.label}</td><td align="right" style="{cell};white-space:nowrap">'
        f'<b>{escape(row.value)}</b></td><td align="right" style="{cell};width:92px;white-space:nowrap;'
        f'color:{_COLOURS.get(row.judgement, _MUTED)}">{escape(row.change)}</td></tr>'
        for row in figure_rows(report)
    )
    return _row(f'<table role="presentation" width="100%" cellpadding="0" cellspacing="0">{rows}</table>')


def _chart(report: Report, metric: str) -> tuple[str, Picture] | None:
    values = [step.figures.get(metric) for step in report.steps]
    if all(value is None for value in values):
        return None
    before = report.previous.get(metric)
    top = write_scale(metric, top_of(values, before))
    dashed = "" if before is None else " &nbsp;dashed: before"
    first, last = (write_edge(report.steps[place].begins, report.range) for place in (0, -1))
    what = f"{LABELS[metric]} from {first} to {last}, scale 0 to {top}"
    if before is not None:
        what += f", dashed: {write_figure(metric, before)} in the period before"
    name = f"chart-{metric.replace('_', '-')}"
    html = _row(
        f'<p style="margin:0;font-size:13px;line-height:18px;color:{_MUTED}">'
        f'<b style="color:{_INK}">{LABELS[metric]}</b>'
        f" &nbsp;0 to {escape(top)}{dashed}</p>"
        f'<img src="cid:{name}" width="560" alt="{escape(what)}" style="display:block;width:100%;max-width:560px;'
        'height:auto;border:0">'
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr>'
        f'<td style="font-size:12px;color:{_MUTED}">{first}</td>'
        f'<td align="right" style="font-size:12px;color:{_MUTED}">{last}</td></tr></table>'
    )
    return html, Picture(name, to_png(line_chart(values, ON_WHITE, reference=before)))


def _recommendations(report: Report) -> str:
    if len(report.recommendations) < 2:
        return ""
    items = "".join(
        f'<p style="margin:0 0 6px"><span style="color:{_COLOURS.get(each.severity, _MUTED)};font-size:12px">'
        f"<b>{str(each.severity).upper()}</b></span> {escape(each.message)}</p>"
        for each in report.recommendations[1:]
    )
    return _row(_heading("Also") + items)


def _text(report: Report) -> str:
    lines = [title_of(report), f"Time zone: {report.range.zone.key}", ""]
    if changes := biggest_changes(report):
        lines += ["Biggest changes", *(f"- {write_trend(each)}" for each in changes), ""]
    lines += ["Figures"]
    for row in figure_rows(report):
        change = f"  {row.change}, before: {row.before}" if row.change else ""
        lines.append(f"  {row.label + ':':<15} {row.value:>12}{change}")
    if report.recommendations:
        lines += ["", "Recommendations", *(f"- [{each.severity}] {each.message}" for each in report.recommendations)]
    return "\n".join([*lines, "", write_coverage(report), *report.notes, ""])


def to_png(svg: str) -> bytes:
    """The picture of an SVG that holds shapes only."""
    import resvg_py

    return bytes(
        resvg_py.svg_to_bytes(svg_string=svg, width=_SHARPER * WIDTH, height=_SHARPER * HEIGHT, skip_system_fonts=True)
    )
