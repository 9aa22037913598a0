"""The words of JSON Schema that the API's schemas are written in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Schema = dict[str, Any]


def text(about: str = "", **more: Any) -> Schema:
    """A string."""
    return _told({"type": "string"}, about, more)


def number(about: str = "", **more: Any) -> Schema:
    """A finite number."""
    return _told({"type": "number"}, about, more)


def whole(about: str = "", *, least: int | None = None, most: int | None = None) -> Schema:
    """A whole number, within bounds where they are given."""
    shape: Schema = {"type": "integer"} if least is None else {"type": "integer", "minimum": least}
    return _told(shape, about, {} if most is None else {"maximum": most})


def flag(about: str = "") -> Schema:
    """True or false."""
    return _told({"type": "boolean"}, about, {})


def instant(about: str = "") -> Schema:
    """An instant in answers: ISO 8601 in UTC with milliseconds."""
    return _told({"type": "string", "format": "date-time"}, about, {})


def moment(about: str = "") -> Schema:
    """An instant in requests."""
    said = "ISO 8601 with a zone, or epoch milliseconds"
    return {"type": ["string", "number"], "description": f"{about}; {said}" if about else said.capitalize()}


def one_of(values: Iterable[str], about: str = "") -> Schema:
    """One of some texts."""
    return _told({"type": "string", "enum": [str(value) for value in values]}, about, {})


def array(items: Schema, about: str = "", **more: Any) -> Schema:
    """A list."""
    return _told({"type": "array", "items": items}, about, more)


def mapping(values: Schema, about: str = "", **more: Any) -> Schema:
    """An object with any keys."""
    return _told({"type": "object", "additionalProperties": values}, about, more)


def record(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None, about: str = "") -> Schema:
    """An object as it is answered. More fields may come with later versions."""
    shape = {"type": "object", "properties": {**required, **(optional or {})}, "required": [*required]}
    return _told(shape, about, {})


def body(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None, about: str = "") -> Schema:
    """An object as it is sent: unknown fields are refused, an optional one that is null has its default."""
    optional = {name: or_null(schema) for name, schema in (optional or {}).items()}
    shape: Schema = {"type": "object", "properties": {**required, **optional}, "additionalProperties": False}
    return _told(shape, about, {"required": [*required]} if required else {})


def or_null(schema: Schema) -> Schema:
    """The same, or null."""
    kind = schema.get("type")
    if kind is None or "enum" in schema:
        plain = {key: value for key, value in schema.items() if key != "description"}
        return _told({"anyOf": [plain, {"type": "null"}]}, schema.get("description", ""), {})
    return schema | {"type": [*([kind] if isinstance(kind, str) else kind), "null"]}


def any_of(*schemas: Schema) -> Schema:
    """Any of several."""
    return {"anyOf": [*schemas]}


def ref(name: str) -> Schema:
    """A schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def page(name: str, item: Schema, first: Mapping[str, Schema] | None = None) -> Schema:
    """A page of a list: the things, and the cursor for those that follow. `first`: what only the first page has."""
    following = or_null(text("Cursor: `after` of the next call; null at the end"))
    return record({name: array(item), "next": following}, first)


@dataclass(frozen=True, slots=True)
class Operation:
    """What a route's declaration does not say: what it takes and what it answers.

    `answers` by status; None = an empty body. `parameters` describes query parameters beyond the usual ones, by name;
    `required` names those that must be there. `body_media`, `answer_media` and `error_media` are what the body, the
    answer and errors can be beside JSON.
    """

    answers: Mapping[int, Schema | None]
    body: Schema | None = None
    parameters: Mapping[str, Schema] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    errors: tuple[int, ...] = ()
    body_media: Mapping[str, Schema] = field(default_factory=dict)
    answer_media: Mapping[str, Schema] = field(default_factory=dict)
    error_media: Mapping[str, Schema] = field(default_factory=dict)
    is_versioned: bool = False  # answers an ETag; a change may carry If-Match
    notes: str = ""


def _told(schema: Schema, about: str, more: Mapping[str, Any]) -> Schema:
    told: Schema = {**schema, **more}
    return told | {"description": about} if about else told
