"""The one error of the local stack: it says in a sentence what is wrong, and then the way out."""

from __future__ import annotations


class StackError(Exception):
    """Something a person must put right; its text is shown as it is, without a traceback."""
