"""Takes out of text and JSON what nobody else may read: secrets by their form, by their name, and those that are known.

Addresses of people keep their domain, addresses of servers their host. When in doubt it goes: what is read by somebody
who helps need not be complete.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

GONE = "[redacted]"
_NAMES = re.compile(
    r"(?i)token|secret|passw|passphrase|pwd|_pass$|^pass$|api_?-?key|routing_?key|private|public_?key|credential"
    r"|authorization|cookie|signature|^headers$|dsn$|access_?key|^bearer"
)
_FORMS = (
    (re.compile(r"-----BEGIN [^-]+-----.*?(-----END [^-]+-----|\Z)", re.DOTALL), GONE),
    (re.compile(r"(?i)\b(bearer|basic)\s+[^\s\"',;]+"), rf"\1 {GONE}"),
    # postgresql://user:password@host/name and the like keep their host, http addresses nothing else
    (re.compile(r"(?i)\b(https?://)(?:[^\s/@\"'<>]*@)?([^\s/?#\"'<>]+)[^\s\"'<>]*"), rf"\1\2/{GONE}"),
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]{1,20}://)[^\s/\"'<>]*@([^\s\"'<>?#]+)[^\s\"'<>]*"), rf"\1{GONE}@\2"),
    (re.compile(r"\b(?:pm_|whsec_|xox[a-z]-|xapp-|gh[opsur]_|glpat-|sk[-_]|AKIA|ASIA)[\w./+=-]{6,}"), GONE),
    (re.compile(r"\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?"), GONE),
    (
        re.compile(
            r"(?i)((?:\w*(?:token|secret|passw(?:or)?d|passphrase|pwd|api[_-]?key|access[_-]?key|routing[_-]?key"
            r"|credential|authorization|cookie|signature)\w*|\bpass)[\"'\\]*\s*[:=]\s*)(\"[^\"]*\"|'[^']*'|[^\s,;}\"']+)"
        ),
        rf"\1{GONE}",
    ),
    (re.compile(r"[\w.+%-]+@((?:[\w-]+\.)+[A-Za-z]{2,})"), r"…@\1"),
)
_LONG = re.compile(r"(?<![\w/+-])[A-Za-z0-9+/_-]{32,}={0,2}")
# Ids: of requests, and of the service's own things.
_ID = re.compile(
    r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?:alert|chn|ntf|rep|rule|sil|tgt|tok|win)_[0-9a-f]+"
)
_SHORTEST = 4  # a known secret that is shorter would take half of the text with it


class Redactor:
    """`known`: secrets that are taken out wherever they stand, also encoded as in an address or in JSON."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        forms = {
            form
            for secret in known
            if len(secret) >= _SHORTEST
            for form in (secret, quote(secret, safe=""), quote(secret), json.dumps(secret)[1:-1])
        }
        ordered = sorted(forms, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def text(self, text: str) -> str:
        """The text without secrets."""
        if self._known is not None:
            text = self._known.sub(GONE, text)
        for pattern, instead in _FORMS:
            text = pattern.sub(instead, text)
        return _LONG.sub(_keep_ids, text)

    def tree(self, value: Any) -> Any:
        """JSON without secrets, in keys as well; what has the name of a secret goes as a whole."""
        if isinstance(value, Mapping):
            return {
                self.text(str(key)): GONE if each and _NAMES.search(str(key)) else self.tree(each)
                for key, each in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.tree(each) for each in value]
        return self.text(value) if isinstance(value, str) else value

    def log(self, lines: Iterable[str]) -> str:
        """A log: lines of JSON as such, anything else as text; a key over several lines goes as one."""
        whole, instead = _FORMS[0]
        return "\n".join(map(self._line, whole.sub(instead, "\n".join(lines)).splitlines()))

    def _line(self, line: str) -> str:
        try:
            said = json.loads(line)
        except ValueError:
            return self.text(line)
        return json.dumps(self.tree(said), ensure_ascii=False) if isinstance(said, dict | list) else self.text(line)


def secrets_of(environment: Mapping[str, str]) -> set[str]:
    """The values that are secret by their variable's name, and the passwords in addresses."""
    found = set()
    for name, value in environment.items():
        if _NAMES.search(name) and not name.endswith("_FILE"):
            found.add(value)
        try:
            password = urlsplit(value).password if "://" in value else None
        except ValueError:
            continue
        if password:
            found |= {password, unquote(password)}
    return found


def _keep_ids(found: re.Match[str]) -> str:
    """Long words stay only where they are no keys: ids, and words without digits."""
    word = found[0]
    is_word = not any(each.isdigit() for each in word) and (word.islower() or "_" in word)
    return word if is_word or _ID.fullmatch(word) else GONE
