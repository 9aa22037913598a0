"""The API's reference as one page, written of the OpenAPI document: nothing to run and nothing to load."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

_STYLE = """
:root{color-scheme:light dark;--line:#d5d9e0;--soft:#f5f6f8;--text:#1d2430;--dim:#5b6472;--link:#1a56c4}
@media (prefers-color-scheme:dark){:root{--line:#343b47;--soft:#1c2129;--text:#e4e8ee;--dim:#a0a9b7;--link:#8ab4ff}
body{background:#14181e}}
*{box-sizing:border-box}body{margin:0;font:15px/1.5 system-ui,sans-serif;color:var(--text)}
a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
main{max-width:62rem;margin:0 auto;padding:1rem}nav ul{columns:18rem;list-style:none;padding:0}
h2{margin-top:2.5rem;border-bottom:1px solid var(--line)}code{font:13px/1.5 ui-monospace,monospace}
details{border:1px solid var(--line);border-radius:6px;margin:.5rem 0}details>div{padding:0 1rem 1rem}
summary{padding:.5rem 1rem;cursor:pointer;background:var(--soft);border-radius:6px;overflow-wrap:anywhere}
.method{display:inline-block;min-width:4.2rem;font-weight:600}.dim{color:var(--dim)}
table{border-collapse:collapse;width:100%;margin:.5rem 0}
td,th{border-top:1px solid var(--line);padding:.25rem .5rem .25rem 0;text-align:left;vertical-align:top}
td{overflow-wrap:anywhere}h4{margin:1rem 0 .25rem}
pre{background:var(--soft);border-radius:6px;padding:.5rem 1rem;overflow-x:auto;margin:.5rem 0}
"""
_REF = "#/components/schemas/"


def api_page(document: Mapping[str, Any]) -> str:
    """The page; everything in it is escaped."""
    return "".join(_page(document))


def _page(document: Mapping[str, Any]) -> Iterator[str]:
    info = document["info"]
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width,initial-scale=1">'
    yield f"<title>{escape(info['title'])}: API</title><style>{_STYLE}</style></head><body><main>"
    yield f"<h1>{escape(info['title'])}: API</h1><p>{_marked(info['description'])}</p>"
    yield f"<p>All paths are below <code>{escape(document['servers'][0]['url'])}</code>. "
    yield 'For programs: <a href="openapi.json">openapi.json</a> (OpenAPI 3.1).</p>'
    yield "<p>Calls name a token, but for those that are open to everybody; <code>PERFMON_URL</code> ends in "
    yield f"<code>/api</code>:</p>{_command('GET', '/monitoring/health/system')}"
    by_tag: dict[str, list[tuple[str, str, Mapping[str, Any]]]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            by_tag[operation["tags"][0]].append((method.upper(), path, operation))
    yield "<nav><ul>"
    for tag in by_tag:
        yield f'<li><a href="#{_anchor(tag)}">{escape(tag)}</a></li>'
    yield '<li><a href="#schemas">Schemas</a></li></ul></nav>'
    for tag in document["tags"]:
        yield f'<h2 id="{_anchor(tag["name"])}">{escape(tag["name"])}</h2>'
        yield f'<p class="dim">{escape(tag["description"])}</p>'
        for method, path, operation in by_tag[tag["name"]]:
            yield from _operation(method, path, operation, document["components"]["responses"])
    yield '<h2 id="schemas">Schemas</h2>'
    for name, schema in document["components"]["schemas"].items():
        yield f'<h4 id="{escape(name)}">{escape(name)}</h4>{_schema(schema)}'
    yield "</main></body></html>"


def _operation(method: str, path: str, operation: Mapping[str, Any], answers: Mapping[str, Any]) -> Iterator[str]:
    yield f'<details id="{escape(operation["operationId"])}"><summary><span class="method">{method}</span>'
    yield f'<code>{escape(path)}</code> <span class="dim">{_marked(operation["summary"])}</span></summary><div>'
    yield f"<p>{_marked(operation['description'])}</p>"
    if operation["parameters"]:
        yield "<h4>Parameters</h4><table>"
        for each in operation["parameters"]:
            needed = ", required" if each["required"] else ""
            yield _row(each["name"], f"{each['in']}{needed}", each["schema"])
        yield "</table>"
    if "requestBody" in operation:
        yield "<h4>Body</h4>"
        content = operation["requestBody"]["content"]
        yield from _content(content)
        if "example" in content.get("application/json", {}):
            yield _command(method, path, content["application/json"]["example"])
    yield "<h4>Answers</h4><table>"
    for status, named in operation["responses"].items():
        answer = answers[named["$ref"].rpartition("/")[2]] if "$ref" in named else named
        content = "".join(_content(answer.get("content", {}))) if status < "300" else ""
        yield f"<tr><td><code>{status}</code></td><td>{_marked(answer['description'])}{content}</td></tr>"
    yield "</table></div></details>"


def _command(method: str, path: str, body: object = None) -> str:
    """A call as one would make it in a shell; with the variables of `perfmon`; what is to be filled in is large."""
    filled = re.sub(r"\{(\w+)\}", lambda found: found[1].upper(), path)
    parts = [f'curl -X {method} "$PERFMON_URL{filled}"', '-H "Authorization: Bearer $PERFMON_TOKEN"']
    if body is not None:
        sent = shlex.quote(json.dumps(body, ensure_ascii=False))
        parts += ['-H "Content-Type: application/json"', f"-d {sent}"]
    shown = escape(" \\\n  ".join(parts))
    return f"<pre><code>{shown}</code></pre>"


def _content(content: Mapping[str, Any]) -> Iterator[str]:
    for media, described in content.items():
        yield f'<div class="dim"><code>{escape(media)}</code></div>{_schema(described["schema"])}'


def _schema(schema: Mapping[str, Any]) -> str:
    properties = schema.get("properties")
    if not properties:
        return f"<div>{_kind(schema)} {_about(schema)}</div>"
    required = schema.get("required", ())
    rows = (_row(name, "required" if name in required else "", each) for name, each in properties.items())
    return f"<div>{_about(schema)}</div><table>{''.join(rows)}</table>"


def _row(name: str, remark: str, schema: Mapping[str, Any]) -> str:
    inner = schema.get("items", schema)
    deeper = _schema(inner) if inner.get("properties") else ""
    dim = f' <span class="dim">{escape(remark)}</span>' if remark else ""
    return f"<tr><td><code>{escape(name)}</code>{dim}</td><td>{_kind(schema)} {_about(schema)}{deeper}</td></tr>"


def _kind(schema: Mapping[str, Any]) -> str:
    """What a value is, in a few words, with links to schemas that have a name."""
    if "$ref" in schema:
        name = escape(schema["$ref"].removeprefix(_REF))
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_kind(each) for each in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"<code>{escape(str(each))}</code>" for each in schema["enum"])
    kind = schema.get("type", "anything")
    words = [kind] if isinstance(kind, str) else list(kind)
    if "array" in words:
        words[words.index("array")] = f"list of {_kind(schema['items'])}"
        return " or ".join(words)
    return escape(" or ".join(words)) + _bounds(schema)


def _bounds(schema: Mapping[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if low is not None:
        return f" from {low}"
    return f" of up to {schema['maxLength']} characters" if "maxLength" in schema else ""


def _about(schema: Mapping[str, Any]) -> str:
    return _marked(schema["description"]) if "description" in schema else ""


def _marked(text: str) -> str:
    """Text with `code` in it."""
    parts = [escape(part) for part in text.split("`")]
    return "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))


def _anchor(name: str) -> str:
    return escape(name.lower().replace(" ", "-"))
