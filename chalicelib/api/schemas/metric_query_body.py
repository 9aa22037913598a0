"""A metric query as a JSON body: the same names as the parameters of the address, for queries too long for one."""

from __future__ import annotations

import json

from chalicelib.domain.errors import InvalidInput

NUMBERS = ("from", "to", "step", "topk")  # may be whole numbers as well as text


def parameters_of(body: object, known: tuple[str, ...]) -> dict[str, str | None]:
    """The body's fields as the texts that the address would carry; None for what is left out. Raises InvalidInput."""
    if not isinstance(body, dict):
        raise InvalidInput("body: must be an object.", field="body")
    for name in body:
        if name not in known:
            raise InvalidInput(
                f"{name[:64]}: is not a field of a query; known are {', '.join(known)}.", field=name[:64]
            )
    return {name: _text(name, body.get(name)) for name in known}


def _text(name: str, value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if name in NUMBERS and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if name == "tags" and isinstance(value, dict):
        return json.dumps(value)
    if name == "groupBy" and isinstance(value, list):
        keys = [key for key in value if isinstance(key, str) and "," not in key]
        if len(keys) == len(value):
            return ",".join(keys)
    allowed = {"tags": "text or an object", "groupBy": "text or a list of tag keys"}
    fallback = "text or a whole number" if name in NUMBERS else "text"
    raise InvalidInput(f"{name}: must be {allowed.get(name, fallback)}.", field=name)
