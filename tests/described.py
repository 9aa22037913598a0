"""Holds every call that a test makes against the API's own description: what it documents is what it does."""

from __future__ import annotations

import json
from functools import cache
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

SCHEMAS = "urn:schemas"
FEW = 20  # elements of a list that are looked at: the others are made alike
# A body that is refused, or answered by the gateway's rules rather than ours, need not be as the description says.
GOOD = range(200, 300)


def check(method: str, resource: str, sent: Any, status: int, headers: dict[str, str], answered: str | bytes) -> None:
    """Whether a call to a route fits its description; `sent` is a decoded JSON body or None."""
    described = operation(method, resource)
    if described is None:  # Chalice's own 405
        return
    where = f"{method} {resource}"
    assert str(status) in described["responses"], f"{where} answers {status}, which is not described"
    content = described["responses"][str(status)].get("content", {})
    if not answered:
        assert not content or any("protobuf" in media for media in content), (
            f"{where} answers {status} without its body"
        )
        return
    media = headers.get("Content-Type", "").partition(";")[0]
    assert media in content, f"{where} answers {status} as {media}, which is not described"
    if not media.endswith("json"):
        return
    shown = json.loads(answered)
    wrong = _errors(_answer_validator(method, resource, status, media), shown)
    assert not wrong, f"{where} answers {status} with a body that is not described: {wrong}"
    # Of samples the good ones are taken also when others are not.
    if status in GOOD and sent is not None and not (isinstance(shown, dict) and shown.get("rejected")):
        wrong = _errors(_body_validator(method, resource), sent)
        assert not wrong, f"{where} took a body that is not described: {wrong}"


@cache
def _answer_validator(method: str, resource: str, status: int, media: str) -> Draft202012Validator:
    return validator((operation(method, resource) or {})["responses"][str(status)]["content"][media]["schema"])


@cache
def _body_validator(method: str, resource: str) -> Draft202012Validator:
    body = (operation(method, resource) or {}).get("requestBody", {"content": {}})
    return validator(body["content"].get("application/json", {}).get("schema", {}))


def operation(method: str, resource: str) -> dict[str, Any] | None:
    """What the description says of a route."""
    found: dict[str, Any] | None = document()["paths"].get(resource, {}).get(method.lower())
    return found


@cache
def document() -> dict[str, Any]:
    """The description, its references to answers resolved."""
    import app
    from chalicelib.api.openapi.document import build_document
    from chalicelib.api.reference import SERVER, routes_of

    found: dict[str, Any] = json.loads(json.dumps(build_document(routes_of(app.app), SERVER)))
    shared = found["components"]["responses"]
    for methods in found["paths"].values():
        for each in methods.values():
            each["responses"] = {
                status: shared[answer["$ref"].rpartition("/")[2]] if "$ref" in answer else answer
                for status, answer in each["responses"].items()
            }
    return found


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    """Judges by a schema of the description; also refuses fields that it does not name."""
    return Draft202012Validator(_strict(schema), registry=_registry())


def _errors(judge: Draft202012Validator, instance: Any) -> list[str]:
    return [f"{each.json_path}: {each.message[:200]}" for each in islice(judge.iter_errors(_few(instance)), 5)]


@cache
def _registry() -> Registry[Any]:
    schemas = {name: _strict(each) for name, each in document()["components"]["schemas"].items()}
    content = {"$id": SCHEMAS, "components": {"schemas": schemas}}
    registry: Registry[Any] = Registry().with_resource(SCHEMAS, DRAFT202012.create_resource(content))
    return registry


def _strict(schema: Any) -> Any:
    """The schema with references to our registry, and no fields beside those that it names."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: each if name == "enum" else _strict(each) for name, each in schema.items()}
    if isinstance(found.get("$ref"), str):
        found["$ref"] = SCHEMAS + found["$ref"]
    if isinstance(found.get("properties"), dict) and isinstance(found.get("type"), str | list):
        found.setdefault("additionalProperties", False)
    return found


def _few(instance: Any) -> Any:
    if isinstance(instance, list):
        return [_few(each) for each in instance[:FEW]]
    if isinstance(instance, dict):
        return {name: _few(each) for name, each in instance.items()}
    return instance
