"""Bodies of everything but the ingest path: pydantic's verdict as our errors."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from chalicelib.domain.errors import FieldError, InvalidInput

Model = TypeVar("Model", bound=BaseModel)


class Body(BaseModel):
    """A request's body: unknown fields are refused, field names are those of the wire."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


def parse(model: type[Model], raw: bytes) -> Model:
    """The body as a model. Raises InvalidInput with every wrong field and why."""
    try:
        return model.model_validate_json(raw or b"{}")
    except ValidationError as error:
        wrong = [
            FieldError(None, ".".join(map(str, each["loc"])) or "body", _reason(each["msg"])) for each in error.errors()
        ]
        first = wrong[0]
        raise InvalidInput(f"{first.field}: {first.reason}.", field=first.field, errors=wrong) from None


def _reason(message: str) -> str:
    return message.removeprefix("Value error, ").rstrip(".")
