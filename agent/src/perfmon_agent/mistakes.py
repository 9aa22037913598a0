"""What is wrong with a configuration."""

from __future__ import annotations


class ConfigurationError(Exception):
    """One sentence that says what is wrong and what to do."""
