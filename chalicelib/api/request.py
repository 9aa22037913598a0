"""One call as a view sees it: who, when, and what was sent, each part read with its errors."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeVar

from chalice.app import Request as ChaliceRequest

from chalicelib.api.body import check_json_type, decode_json, inflate
from chalicelib.api.texts import storable
from chalicelib.domain.errors import InvalidInput, TooLarge
from chalicelib.domain.tokens import Grant

Choice = TypeVar("Choice", bound=StrEnum)


class Request:
    """One call: who, when (epoch ms), and what was sent."""

    __slots__ = ("_grant", "_raw", "now")

    def __init__(self, raw: ChaliceRequest, grant: Grant | None, now: int) -> None:
        self._raw = raw
        self._grant = grant
        self.now = now

    @property
    def grant(self) -> Grant:
        """Whose token it is; only on routes that declare a scope."""
        assert self._grant is not None
        return self._grant

    @property
    def address(self) -> str:
        """Where the call came from."""
        return address_of(self._raw)

    @property
    def is_session(self) -> bool:
        """Whether it was authenticated by the dashboard's cookie."""
        return not self.header("authorization")

    def header(self, name: str) -> str:
        """A header's value, or ''."""
        return storable(name, self._raw.headers.get(name, ""))

    def query(self, name: str) -> str | None:
        """A query parameter's (last) value."""
        parameters = self._raw.query_params
        given = None if parameters is None else parameters.get(name)
        return None if given is None else storable(name, given)

    def whole_number(self, name: str, *, default: int, least: int, most: int) -> int:
        """A query parameter that is a whole number within bounds."""
        given = self.query(name)
        if given is None:
            return default
        if not given.isascii() or not given.isdigit() or len(given) > 15 or not least <= int(given) <= most:
            raise InvalidInput(f"{name}: must be a whole number from {least} to {most}.", field=name)
        return int(given)

    def json_body(self) -> bytes:
        """The body's JSON, inflated and bounded, still undecoded."""
        check_json_type(self.header("content-type"))
        return inflate(self.raw_body(), self.header("content-encoding"))

    def raw_body(self) -> bytes:
        """The body as it came, still compressed."""
        raw = self._raw.raw_body
        return raw if isinstance(raw, bytes) else raw.encode()

    def text_body(self, *, most: int) -> str:
        """The body as text of at most so many bytes; for forms."""
        content = self.raw_body()
        if len(content) > most:
            raise TooLarge(f"body: must be at most {most} bytes.")
        try:
            return content.decode()
        except UnicodeDecodeError:
            raise InvalidInput("body: must be UTF-8.", field="body") from None

    def json(self) -> Any:
        """The body decoded; an empty one is an empty object."""
        return decode_json(self.json_body())

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A query parameter that is true or false."""
        given = self.query(name)
        if given not in (None, "true", "false"):
            raise InvalidInput(f"{name}: must be true or false.", field=name)
        return default if given is None else given == "true"

    def choices(self, name: str, known: type[Choice]) -> list[Choice]:
        """A query parameter that names some of what is known, separated by commas; nothing given, an empty list."""
        try:
            return [known(each) for each in (self.query(name) or "").split(",") if each]
        except ValueError:
            raise InvalidInput(
                f"{name}: must be one of {', '.join(known)}, or several by commas.", field=name
            ) from None

    def expected_version(self) -> int | None:
        """The version that If-Match asks for; None = the caller does not mind."""
        given = self.header("if-match").strip()
        if given in ("", "*"):
            return None
        tag = given.removeprefix("W/").strip('"')
        if not tag.isascii() or not tag.isdigit() or len(tag) > 15:
            raise InvalidInput('If-Match: must be an ETag that was sent with the resource, like "3".', field="If-Match")
        return int(tag)


def address_of(raw: ChaliceRequest) -> str:
    """Where a call came from."""
    address: str = raw.context.get("identity", {}).get("sourceIp", "")
    return address
