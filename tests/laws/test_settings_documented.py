"""Every setting is explained where it is declared, and in docs/settings.md."""

from __future__ import annotations

from pathlib import Path
from typing import get_type_hints

import msgspec

from chalicelib.settings import Settings


def test_every_setting_has_a_line_in_the_documentation_with_its_default_and_meaning(project: Path) -> None:
    documentation = (project / "docs" / "settings.md").read_text()
    hints = get_type_hints(Settings, include_extras=True)
    for field in msgspec.structs.fields(Settings):
        description = next(meta.description for meta in hints[field.name].__metadata__ if meta.description)
        default = field.default if field.default != "" else "empty"
        assert f"| `{field.encode_name}` | {default} | {description} |" in documentation, field.encode_name
