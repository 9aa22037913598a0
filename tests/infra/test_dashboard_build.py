"""The dashboard's build: done when something changed, and never a reason not to start."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra import dashboard


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of sources, and a place for the bundle."""
    made = tmp_path / "dashboard"
    (made / "src").mkdir(parents=True)
    (made / "src" / "main.tsx").write_text("1")
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    monkeypatch.setattr(dashboard, "SOURCE", made)
    monkeypatch.setattr(dashboard, "BUNDLE", bundle)
    monkeypatch.setattr(dashboard, "STAMP", bundle / ".built-from")
    return made


def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A command called npm that does this."""
    folder = tmp_path / "bin"
    folder.mkdir()
    command = folder / "npm"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_it_is_built_once_and_again_when_a_source_changes(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm(tmp_path, monkeypatch, f"echo $1 >> {tmp_path}/calls")
    assert dashboard.main() == dashboard.main() == 0
    assert (tmp_path / "calls").read_text().split() == ["install", "run"]
    (source / "node_modules").mkdir()
    (source / "node_modules" / "x.js").write_text("not a source")
    assert dashboard.is_built()
    (source / "src" / "main.tsx").write_text("2")
    assert not dashboard.is_built()


def test_a_build_that_fails_is_told_in_one_sentence(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    npm(tmp_path, monkeypatch, "echo registry out of reach >&2; exit 1")
    assert dashboard.main() == 0
    said = capsys.readouterr().out
    assert "could not be built: npm install failed: registry out of reach. The API works without it" in said
    assert not dashboard.is_built()


def test_without_node_it_says_what_to_do(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dashboard, "_npm", lambda: None)
    assert dashboard.main() == 0
    assert "no Node.js on this machine" in capsys.readouterr().out
