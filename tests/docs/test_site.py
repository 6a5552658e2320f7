"""The site of the documentation: every page has its place in it, and reading it asks for nothing from the network."""

from __future__ import annotations

import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SITE = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
REFERENCES = [
    name for path in DOCS.glob("reference/*.md")
    for name in re.findall(r"^::: (\S+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
]  # fmt: skip
# What a browser fetches by itself: not a link, which it follows when it is clicked.
FETCHED = re.compile(
    r"""<(?:script|img|iframe|source|link)\b[^>]*?\b(?:src|href)=["']?(?:https?:)?//[^"'\s>]+"""
    r"""|url\(["']?(?:https?:)?//[^)]+|@import\s+["'](?:https?:)?//[^"']+"""
)


def entries(nav: Any) -> Iterator[str]:
    """Yield the files that a navigation names."""
    if isinstance(nav, str):
        yield nav
    else:
        for part in nav.values() if isinstance(nav, dict) else nav:
            yield from entries(part)


def test_the_navigation_names_every_page_and_lesson_once() -> None:
    lessons = sorted(f"notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb"))
    assert sorted(entries(SITE["nav"])) == sorted([*PAGES, *lessons, "CHANGELOG.md"])


@pytest.mark.parametrize("name", REFERENCES)
def test_the_reference_names_what_exists(name: str) -> None:
    pkgutil.resolve_name(name)


@pytest.mark.parametrize("page", PAGES)
def test_a_list_stands_apart_from_the_paragraph_before_it(page: str) -> None:
    """Else the site runs them together, though other readers of Markdown do not."""
    lines = re.sub(r"```.*?```", "", (DOCS / page).read_text(encoding="utf-8"), flags=re.DOTALL).splitlines()
    item = re.compile(r"(- |\d+\. )")
    at_once = [
        after for before, after in pairwise(lines)
        if item.match(after) and before.strip() and not before.startswith((" ", "#", "|")) and not item.match(before)
    ]  # fmt: skip
    assert at_once == []


@pytest.mark.slow
@pytest.mark.skipif(find_spec("mkdocs") is None, reason="the extra docs is not installed: make docs")
def test_the_site_is_built_without_a_warning_and_fetches_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    built = [path for path in tmp_path.rglob("*") if path.suffix in (".html", ".css")]
    assert {"index.html", "sim.html", "01_first_takedown.html"} <= {path.name for path in built}
    fetched = {path.name: FETCHED.findall(path.read_text(encoding="utf-8")) for path in built}
    assert {name: found for name, found in fetched.items() if found} == {}


def test_what_a_browser_fetches_is_told_from_a_link() -> None:
    assert FETCHED.search('<link rel="stylesheet" href="https://fonts.example/css">')
    assert FETCHED.search("<script async src=//cdn.example/x.js>")
    assert FETCHED.search("@font-face { src: url(https://fonts.example/a.woff2) }")
    assert not FETCHED.search('<a href="https://doi.org/10.1145/1">paper</a><img src="figures/a.png">')
