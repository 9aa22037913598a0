"""Reads fields out of a JSON object and collects everything that is wrong with them, each under its name.

Used where the same object may come from an HTTP body or a file: a caller gets all mistakes at once, not the first.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from chalicelib.domain.errors import FieldError, InvalidInput
from chalicelib.domain.patterns import InvalidPattern
from chalicelib.domain.selectors import Selection, check_expression
from chalicelib.domain.series import MAX_TAG_KEY, MAX_TAG_VALUE, MAX_TAGS

_UNSTORABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_UNSTORABLE_IN_A_LINE = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
Choice = TypeVar("Choice", bound=StrEnum)
Found = TypeVar("Found")


class Fields:
    """One JSON object. A field that is absent or null has its default; `finish` refuses what nobody asked for."""

    def __init__(self, given: object, *, path: str = "", errors: list[FieldError] | None = None) -> None:
        self.errors: list[FieldError] = [] if errors is None else errors
        self._path = path
        self._asked: set[str] = set()
        self._given: Mapping[str, object] = {}
        if isinstance(given, Mapping):
            self._given = given
        else:
            self.errors.append(FieldError(None, path or "body", "must be an object"))

    def refuse(self, name: str, reason: str) -> None:
        """Note that a field is wrong."""
        self.errors.append(FieldError(None, self._name(name), reason))

    def has(self, name: str) -> bool:
        """Whether the field is given and not null."""
        return self._given.get(name) is not None

    def raw(self, name: str) -> object:
        """The value as it came; None when it is not given."""
        return self._value(name)

    def skip(self, name: str) -> None:
        """Let a field pass unread: something else has judged it."""
        self._asked.add(name)

    def text(self, name: str, *, most: int, default: str | None = None, multiline: bool = False) -> str:
        """A text of 1 to `most` characters on one line; required unless it has a default, may be '' if that is ''."""
        value = self._value(name)
        if value is None:
            if default is None:
                self.refuse(name, "is missing")
            return default or ""
        if not isinstance(value, str):
            self.refuse(name, "must be a text")
        elif wrong := wrong_text(value, multiline=multiline):
            self.refuse(name, wrong)
        elif not (0 if default == "" else 1) <= len(value.strip()) or len(value) > most:
            self.refuse(name, f"must be 1 to {most} characters long")
        else:
            return value
        return default or ""

    def zone(self, name: str, *, default: str) -> str:
        """The name of an IANA time zone."""
        zone = self.text(name, most=64, default=default)
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):  # OSError: names of directories, like "Europe"
            self.refuse(name, "must be an IANA time zone, like UTC or Europe/Berlin")
        return zone

    def number(self, name: str, *, low: float = -math.inf, high: float = math.inf) -> float | None:
        """A finite number; None when it is not given."""
        value = self._value(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse(name, "must be a number")
            return None
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            self.refuse(name, "must be a finite number")
        elif not low <= number <= high:
            self.refuse(name, f"must be {low:g} to {high:g}")
        else:
            return number
        return None

    def whole(self, name: str, *, default: int, low: int, high: int, meaning: str = "seconds") -> int:
        """A whole number within bounds."""
        found = self.whole_or_none(name, low=low, high=high, meaning=meaning)
        return default if found is None else found

    def whole_or_none(self, name: str, *, low: int, high: int, meaning: str = "seconds") -> int | None:
        """A whole number within bounds; None when it is not given."""
        value = self._value(name)
        if value is None:
            return None
        is_whole = isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1
        if not is_whole or not low <= value <= high:  # type: ignore[operator] # is_whole says that it is a number
            self.refuse(name, f"must be a whole number of {meaning} from {low} to {high}")
            return None
        return int(value)  # type: ignore[call-overload, no-any-return] # the same

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false."""
        value = self._value(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.refuse(name, "must be true or false")
            return default
        return value

    def choice(self, name: str, choices: type[Choice], default: Choice | None = None) -> Choice | None:
        """One of an enumeration's values; None when it is missing or wrong and there is no default."""
        value = self._value(name)
        if value is None:
            return default
        if isinstance(value, str) and value in set(choices):
            return choices(value)
        self.refuse(name, f"must be one of {', '.join(choices)}")
        return default

    def texts(self, name: str, *, most: int, check: Callable[[str], str | None]) -> tuple[str, ...]:
        """A list of texts; `check` says what is wrong with one. Repeated ones are kept once."""
        value = self._value(name)
        if value is None:
            return ()
        if not isinstance(value, list | tuple) or len(value) > most:
            self.refuse(name, f"must be a list of at most {most}")
            return ()
        for place, each in enumerate(value):
            wrong = "must be a text" if not isinstance(each, str) else wrong_text(each) or check(each)
            if wrong:
                self.refuse(f"{name}.{place}", wrong)
        return tuple(dict.fromkeys(each for each in value if isinstance(each, str)))

    def selection(self, name: str) -> Selection:
        """Tags with what they must be: `{"env": "prod", "host": "~web-.*"}`; sorted."""
        value = self._value(name)
        if value is None:
            return ()
        if not isinstance(value, Mapping) or len(value) > MAX_TAGS:
            self.refuse(name, f"must be an object of at most {MAX_TAGS} tags")
            return ()
        for key, expression in value.items():
            if wrong := _wrong_expression(key, expression):
                self.refuse(f"{name}.{key}", wrong)
        return tuple(sorted((str(key), str(expression)) for key, expression in value.items()))

    def objects(self, name: str, *, most: int, read: Callable[[Fields], Found]) -> tuple[Found, ...]:
        """A list of objects, each read by `read`."""
        value = self._value(name)
        if value is None:
            return ()
        if not isinstance(value, list | tuple) or not 1 <= len(value) <= most:
            self.refuse(name, f"must be a list of 1 to {most}")
            return ()
        found = []
        for place, each in enumerate(value):
            inner = Fields(each, path=self._name(f"{name}.{place}"), errors=self.errors)
            found.append(read(inner))
            inner.refuse_unknown()
        return tuple(found)

    def refuse_unknown(self) -> None:
        """Note every field that nothing asked for."""
        for name in sorted(set(self._given) - self._asked, key=str):
            self.refuse(str(name)[:100], "is not a field here")

    def finish(self) -> None:
        """Raises InvalidInput with everything that is wrong, unknown fields included."""
        self.refuse_unknown()
        if self.errors:
            first = self.errors[0]
            raise InvalidInput(f"{first.field}: {first.reason}.", field=first.field, errors=self.errors)

    def _value(self, name: str) -> object:
        self._asked.add(name)
        return self._given.get(name)

    def _name(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name


def wrong_tag_key(key: str) -> str | None:
    """What is wrong with a tag's key."""
    return None if 1 <= len(key) <= MAX_TAG_KEY else f"must be 1 to {MAX_TAG_KEY} characters long"


def wrong_text(text: str, *, multiline: bool = False) -> str | None:
    """What no UTF-8 database can hold, and what would break a mail's header out of its line."""
    if (_UNSTORABLE if multiline else _UNSTORABLE_IN_A_LINE).search(text):
        return "must hold no control characters" if multiline else "must hold no line breaks or control characters"
    return None


def _wrong_expression(key: object, expression: object) -> str | None:
    if not isinstance(key, str) or not isinstance(expression, str):
        return "must be a text"
    if wrong := wrong_text(key) or wrong_text(expression):
        return wrong
    # Two more than a value may have: room for "!~". Patterns have their own, larger limit.
    if len(expression) > MAX_TAG_VALUE + 2 and not expression.removeprefix("!").startswith("~"):
        return f"must be at most {MAX_TAG_VALUE} characters long"
    try:
        check_expression(expression)
    except InvalidPattern as error:
        return f"{error}"
    return wrong_tag_key(key)
