"""No link in the documentation is dead: files, folders and headings are there; and every page is in the index."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    page.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/**/*.md", "clients/*/README.md", "agent/README.md", "infra/**/*.md")
    for page in ROOT.glob(pattern)
    if "node_modules" not in page.parts
)
_LINK = re.compile(r"(?<!\\)\[[^\]]*\]\(([^)\s]+)\)")
# Pages named in a sentence: docs/api.md, clients/js/README.md
_NAMED = re.compile(
    r"(?<![\w/.-])((?:docs|clients|agent|infra|tests|chalicelib|benchmarks)/[\w./-]*\.(?:md|py|json|yml|webp))"
)


def prose(page: Path) -> str:
    """A page without its programs and quoted bits."""
    return re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The headings of a page as they are linked to."""
    headings = re.findall(r"^#{1,6} (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead(page: Path) -> list[str]:
    """The links of a page that lead nowhere."""
    found = []
    for link in _LINK.findall(re.sub(r"`[^`\n]*`", "code", prose(page))):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            found.append(link)
    return found + [name for name in _NAMED.findall(prose(page)) if not (ROOT / name).exists()]


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    assert dead(ROOT / page) == []


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# One, two: `three`\n[a](#one-two-three) [b](gone.md) [c](page.md#four) [d](https://x.example) docs/gone.md\n"
    )
    assert dead(page) == ["gone.md", "page.md#four", "docs/gone.md"]


def test_every_page_is_in_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {
        (index.parent / link.partition("#")[0]).resolve() for link in _LINK.findall(index.read_text(encoding="utf-8"))
    }
    pages = {*(ROOT / "docs").glob("*.md"), *(ROOT / "docs" / "how-to").glob("*.md")} - {index}
    assert sorted(page.name for page in pages - linked) == []
