"""Values of options, from text (flags, environment) or from the TOML file; every mistake is named with the way out."""

from __future__ import annotations

import difflib
import importlib
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfmon_agent.mistakes import ConfigurationError
from perfmon_agent.options import OPTIONS, PLUGIN_OPTIONS, Option

MAX_TAGS = 10
MAX_TAG_KEY = 64
MAX_TAG_VALUE = 256
_TRUE_OR_FALSE = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass(frozen=True)
class PluginOptions:
    """One plugin: seconds between the beginnings of two runs, and until one is ended."""

    name: str
    command: tuple[str, ...]
    interval: int
    timeout: int


def from_text(option: Option, text: str, where: str) -> Any:
    """The value of an option as a flag or a variable writes it. Raises ConfigurationError."""
    value: Any = text
    if option.kind == "whole":
        value = int(text) if text.isascii() and text.isdigit() else text
    elif option.kind == "flag":
        value = _TRUE_OR_FALSE.get(text.lower(), text)
    elif option.kind == "names":
        value = [name.strip() for name in text.split(",") if name.strip()]
    elif option.kind == "pairs":
        value = {}
        for pair in text.split(","):
            key, equals, tag = pair.partition("=")
            if not equals:
                raise ConfigurationError(f"{where}: {pair.strip()!r} must be written key=value, several with commas.")
            value[key.strip()] = tag.strip()
    return checked(option, value, where)


def checked(option: Option, value: Any, where: str) -> Any:
    """The value, if it is of the option's kind and within its bounds. Raises ConfigurationError."""
    if option.kind == "text" and isinstance(value, str):
        return value
    if option.kind == "flag" and isinstance(value, bool):
        return value
    if option.kind == "whole" and isinstance(value, int) and option.least <= value <= option.most:
        return value
    if option.kind == "names" and isinstance(value, list) and all(isinstance(name, str) and name for name in value):
        return tuple(value)
    if option.kind == "pairs" and isinstance(value, dict) and _are_tags(value):
        return value
    wanted = {
        "text": "text",
        "flag": "true or false",
        "whole": f"a whole number from {option.least} to {option.most}",
        "names": "a list of texts",
        "pairs": f"up to {MAX_TAGS} tags, keys up to {MAX_TAG_KEY} and values up to {MAX_TAG_VALUE} characters",
    }
    raise ConfigurationError(f"{where}: {value!r} must be {wanted[option.kind]}.")


def read_file(path: Path) -> tuple[dict[str, Any], tuple[PluginOptions, ...]]:
    """The options that a file sets, by their keys, and its plugins. Raises ConfigurationError."""
    content = _toml(path)
    known = {option.key: option for option in OPTIONS}
    found: dict[str, Any] = {}
    plugins = content.pop("plugins", {})
    for key, value in _flat(content, known):
        if key not in known:
            raise ConfigurationError(f"{path}: there is no option {key!r}{suggestion(key, [*known, 'plugins'])}")
        found[key] = checked(known[key], value, f"{path}: {key}")
    if not isinstance(plugins, dict):
        raise ConfigurationError(f"{path}: plugins: write a section [plugins.NAME] for each.")
    return found, tuple(_plugin(name, section, path) for name, section in plugins.items())


def suggestion(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about a name that is not known."""
    candidates = list(known)
    # The mistake may be in the section, or the section left out: compare the last parts as well.
    close = difflib.get_close_matches(name, candidates, 1) or [
        each
        for each in candidates
        if difflib.get_close_matches(name.rpartition(".")[2], [each.rpartition(".")[2]], 1, 0.8)
    ]
    return f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(sorted(candidates))}."


def _plugin(name: str, section: Any, path: Path) -> PluginOptions:
    where = f"{path}: plugins.{name}"
    if not isinstance(section, dict):
        raise ConfigurationError(f"{where}: write a section [plugins.{name}] with its command.")
    known = {option.key: option for option in PLUGIN_OPTIONS}
    for key in section:
        if key not in known:
            raise ConfigurationError(f"{where}: there is no option {key!r}{suggestion(key, known)}")
    values = {key: checked(known[key], value, f"{where}.{key}") for key, value in section.items()}
    if not values.get("command"):
        raise ConfigurationError(f'{where}: needs its command, like command = ["/usr/local/bin/{name}"].')
    return PluginOptions(name, **{option.key: values.get(option.key, option.default) for option in PLUGIN_OPTIONS})


def _flat(content: Mapping[str, Any], known: Mapping[str, Option], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in content.items():
        key = prefix + name
        if isinstance(value, dict) and key not in known:
            yield from _flat(value, known, f"{key}.")
        else:
            yield key, value


def _toml(path: Path) -> dict[str, Any]:
    try:
        toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    except ImportError:
        message = f"{path}: reading TOML needs Python 3.11, or `pip install tomli`; flags and variables do without."
        raise ConfigurationError(message) from None
    try:
        content: dict[str, Any] = toml.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"The configuration cannot be read: {error}") from None
    except ValueError as error:  # TOMLDecodeError and UnicodeDecodeError
        raise ConfigurationError(f"{path} is not TOML: {error}") from None
    return content


def _are_tags(value: Mapping[Any, Any]) -> bool:
    return len(value) <= MAX_TAGS and all(
        isinstance(key, str) and isinstance(tag, str) and 0 < len(key) <= MAX_TAG_KEY and 0 < len(tag) <= MAX_TAG_VALUE
        for key, tag in value.items()
    )


def toml(value: Any) -> str:
    """The value of an option as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{toml(key)} = {toml(tag)}" for key, tag in value.items()) + " }"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
