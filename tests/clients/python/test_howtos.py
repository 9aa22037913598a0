"""docs/how-to: its rules pass their own tests and are taken by the service, and so are its targets."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.call import Api
from tests.clients.python.shell import Shell

PAGES = sorted((Path(__file__).parents[3] / "docs" / "how-to").glob("*.md"))


def blocks(page: Path, language: str) -> list[str]:
    """What is written in a language on a page."""
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


def test_every_rule_passes_its_test_and_can_be_applied(shell: Shell, tmp_path: Path) -> None:
    rules = [text for page in PAGES for text in blocks(page, "yaml") if "rules" in yaml.safe_load(text)]
    assert len(rules) >= 5
    for number, text in enumerate(rules):
        (tmp_path / f"{number}.yml").write_text(text)
        assert len(yaml.safe_load(text)["tests"]) >= 1
    results = shell("rules", "test", str(tmp_path), "--json")
    assert [each for each in results.json() if not each["passed"]] == []
    assert shell.good("rules", "apply", str(tmp_path)).out.endswith(f"{len(rules)} applied\n")


@pytest.mark.parametrize("page", ["prometheus", "cloudwatch"])
def test_every_target_is_taken(shell: Shell, page: str) -> None:
    import app

    api = Api(app.mint_token({"name": "targets", "scopes": ["admin"]}, None)["token"])
    (file,) = (each for each in PAGES if each.stem == page)
    found = [json.loads(text) for text in blocks(file, "json")]
    assert found
    for target in found:
        reply = api.post("/monitoring/targets", target)
        assert reply.status == 201, reply.body
