"""Log lines as JSON objects with stable keys, one a line; what is passed as `extra` becomes keys."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
# What ends a line, commands a terminal, turns the order of letters around or has no encoding; JSON itself escapes less.
_UNPRINTED = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class JsonLines(logging.Formatter):
    """Time, level, logger, message, the extras, and a traceback if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """One line; values that JSON cannot hold appear as their text."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update((key, value) for key, value in vars(record).items() if key not in _OWN)
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        written = json.dumps(line, default=str, ensure_ascii=False)
        return _UNPRINTED.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


def configure(level: str) -> None:
    """Send everything of ours from `level` on to standard output; libraries speak from warnings on."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for ours in ("chalicelib", "app"):
        logging.getLogger(ours).setLevel(level.upper())
