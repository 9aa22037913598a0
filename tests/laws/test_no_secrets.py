"""No secret in the tree: what looks like one of a known kind, or like a long random text with a telling name."""

from __future__ import annotations

import math
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

KNOWN = {
    "a key of AWS": r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b",
    "a private key": r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s*[A-Za-z0-9+/]{40}",
    "a token of Slack": r"\bxox[abprs]-\d{8,}-[0-9A-Za-z-]{20,}",
    "a webhook of Slack": r"hooks\.slack\.com/services/T[A-Z0-9]{8,}/B[A-Z0-9]{8,}/[A-Za-z0-9]{20,}",
    "a token of GitHub": r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,})",
    "a token of npm or PyPI": r"\b(?:npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,})",
    "a key of Google or Stripe": r"\b(?:AIza[A-Za-z0-9_-]{35}|[sr]k_live_[A-Za-z0-9]{20,})",
    "a signed token": r"\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{20,}",
    "a password in an address": r"://[^\s:/@'\"{}<>]{1,40}:(?!\*|\.{3}|[{$%<])[^\s:/@'\"{}<>]{12,}@[a-z0-9.-]+\.[a-z]{2,}",
    "one of our own": r"\bpm_[0-9a-f]{64}\b",
}
QUOTED = re.compile(r"[:=]\s*['\"](?!/)([A-Za-z0-9+/_=-]{24,})['\"]")
TELLING = re.compile(r"(?:password|passwd|secret|token|api_?key|private_?key)\w*['\"]?\s*$", re.IGNORECASE)
FILES = re.compile(r"(?:^|/)(?:\.env(?:\.\w+)?|id_(?:rsa|ed25519|ecdsa)|.*\.(?:pem|p12|pfx|key|keystore|jks))$")
RANDOM_BITS = 3.5  # of entropy a character


def found_in(text: str) -> list[str]:
    """What kinds of secrets a text holds."""
    kinds = [kind for kind, pattern in KNOWN.items() if re.search(pattern, text)]
    named = [
        each[1] for each in QUOTED.finditer(text) if TELLING.search(text[max(0, each.start() - 40) : each.start()])
    ]
    return kinds + ["a random text with a telling name" for value in named if is_random(value)]


def is_random(text: str) -> bool:
    """Whether a program made it up: words have fewer different letters and hardly a digit among them."""
    return entropy(text) > RANDOM_BITS and any(map(str.isdigit, text)) and any(map(str.isalpha, text))


def entropy(text: str) -> float:
    """Bits a character, by how often each comes."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


def test_nothing_in_the_tree_looks_like_a_secret(project: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=project, capture_output=True, check=True
    )
    names = listed.stdout.decode().splitlines()
    assert len(names) > 100
    assert [name for name in names if FILES.search(name)] == []
    held = {name: found_in(text) for name in names if (text := _text(project / name))}
    assert {name: kinds for name, kinds in held.items() if kinds} == {}


# Written in parts, so that this file keeps its own law.
@pytest.mark.parametrize(
    "secret",
    [
        "AKIA" + "ABCDEFGHIJKLMNOP",
        "-----BEGIN RSA PRIVATE " + "KEY-----\n" + "MIIEpAIBAAKCAQEA" * 4,
        "xoxb-" + "123456789012-" + "abcdefghijklmnopqrstuvwx",
        "https://hooks.slack.com/services/" + "T01234567/B01234567/" + "abcdefghijklmnopqrstuvwx",
        "ghp_" + "a1B2" * 9,
        "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0NTY3ODkwIn0" + ".dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
        "postgresql://perfmon:" + "correct-horse-battery@" + "db.example.com/perfmon",
        "pm_" + "0123456789abcdef" * 4,
        "api_key = '" + "q9Xk2Lr8Tz5Wv1Bn7Mc4Jd6Hs3" + "'",
    ],
)
def test_the_law_sees_what_it_is_about(secret: str) -> None:
    assert found_in(f"before {secret} after")


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
        return ""
