"""The page behind an acknowledge link: what the alert is about, and the one button that acts."""

from __future__ import annotations

from html import escape

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; color: #1f2933; background: #f4f5f7; margin: 0; padding: 24px 16px }}
main {{ max-width: 480px; margin: 0 auto; background: #fff; border-radius: 8px; padding: 24px }}
h1 {{ font-size: 20px; margin: 0 0 8px; overflow-wrap: anywhere }}
label {{ display: block; margin: 16px 0 4px }}
input {{ font: inherit; width: 100%; box-sizing: border-box; padding: 8px; border: 1px solid #9aa5b1;
  border-radius: 4px }}
button {{ font: inherit; margin-top: 20px; padding: 10px 20px; border: 0; border-radius: 4px; background: #1d4ed8;
  color: #fff; cursor: pointer }}
@media (prefers-color-scheme: dark) {{
  body {{ color: #e4e7eb; background: #16191d }} main {{ background: #23272e }}
  input {{ color: inherit; background: #16191d }}
}}
</style></head><body><main><h1>{title}</h1>{body}</main></body></html>
"""


def asking_page(message: str, severity: str) -> str:
    """Asks whether to acknowledge."""
    body = (
        f"<p>{escape(message)}</p><p>Severity: {escape(severity)}. Acknowledging stops repeats and escalation; you are"
        ' still told when it is resolved.</p><form method="post"><label for="by">Your name</label>'
        '<input id="by" name="by" maxlength="80" autocomplete="name" required>'
        '<label for="comment">Comment (optional)</label><input id="comment" name="comment" maxlength="500">'
        '<button type="submit">Acknowledge</button></form>'
    )
    return _PAGE.format(title="Acknowledge this alert?", body=body)


def telling_page(title: str, text: str) -> str:
    """Says what is the case."""
    return _PAGE.format(title=escape(title), body=f"<p>{escape(text)}</p>")
