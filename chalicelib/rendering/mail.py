"""An alert as a mail: text for those who read text, HTML for the others; what came from outside is escaped."""

from __future__ import annotations

from html import escape

from chalicelib.rendering.words import Message

_COLOURS = {"low": "#4a6785", "medium": "#a66a00", "high": "#c2410c", "critical": "#b91c1c"}
_OVER = "#15803d"


def text_of(message: Message) -> str:
    """The text part."""
    width = max((len(label) for label, _ in message.facts), default=0)
    lines = [message.headline, ""]
    lines += [f"{label + ':':<{width + 1}} {value}" for label, value in message.facts]
    for note in message.notes:
        lines += ["", note]
    if message.links:
        lines += ["", *(f"{label}: {url}" for label, url in message.links)]
    return "\n".join(lines) + "\n"


def html_of(message: Message) -> str:
    """The HTML part: no images, no scripts, nothing is fetched."""
    colour = _OVER if message.is_over else _COLOURS.get(message.severity, _COLOURS["medium"])
    rows = "".join(
        f'<tr><td style="padding:2px 16px 2px 0;color:#666">{escape(label)}</td><td>{escape(value)}</td></tr>'
        for label, value in message.facts
    )
    notes = "".join(f'<p style="white-space:pre-line">{escape(note)}</p>' for note in message.notes)
    links = " &nbsp; ".join(
        f'<a href="{escape(url)}" style="color:{colour}">{escape(label)}</a>' for label, url in message.links
    )
    return (
        '<!doctype html><html><body style="font:15px/1.5 system-ui,sans-serif;color:#222;margin:0;padding:16px">'
        f'<div style="border-left:4px solid {colour};padding-left:16px">'
        f'<p style="font-size:17px;margin:0 0 12px"><strong>{escape(message.headline)}</strong></p>'
        f'<table style="border-collapse:collapse">{rows}</table>{notes}'
        f'<p style="margin-top:16px">{links}</p></div></body></html>\n'
    )
