"""Every file, folder, module and name of ours that the documentation names exists."""

from __future__ import annotations

import pkgutil
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
PATH = re.compile(r"(?<![\w./-])(?:sim|detectors|experiments|conf|tests|notebooks|docs)/[\w./-]*")
NAME = re.compile(r"(?<![\w./-])(?:sim|detectors|experiments|tests)(?:\.\w+)+")
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


def paths_in(text: str) -> set[str]:
    """Return the paths of files and folders, relative to the root, that stand in code spans and blocks."""
    return {found.rstrip(".") for code in CODE.findall(text) for found in PATH.findall(code)}


def names_in(text: str) -> set[str]:
    """Return the dotted names of modules and what is in them that stand in code spans and blocks."""
    return {found for code in CODE.findall(text) for found in NAME.findall(code)}


def exists(name: str) -> bool:
    """Whether a dotted name can be imported."""
    try:
        pkgutil.resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True


@pytest.mark.parametrize("page", PAGES)
def test_the_files_that_a_page_names_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert [path for path in sorted(paths_in(text)) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_the_modules_and_names_that_a_page_names_can_be_imported(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert [name for name in sorted(names_in(text)) if not exists(name)] == []


@pytest.mark.parametrize("page", PAGES)
def test_the_links_of_a_page_lead_to_files(page: str) -> None:
    # The site has the notebooks beside its pages (`.ci/site.py`), the repository has them at the top.
    places = ((ROOT / page).parent, *([ROOT] if page == "docs/index.md" else []))
    links = LINK.findall((ROOT / page).read_text(encoding="utf-8"))
    assert [link for link in links if not any((place / link).exists() for place in places)] == []


def test_a_path_and_a_name_that_do_not_exist_are_found() -> None:
    text = "See `sim/no_such_file.py`, [a page](no_such_page.md) and `sim.no_such_module.Thing`; `sim/model.py` exists."
    assert paths_in(text) == {"sim/no_such_file.py", "sim/model.py"}
    assert names_in(text) == {"sim.no_such_module.Thing"}
    assert not exists("sim.no_such_module.Thing")
    assert not exists("sim.model.NoSuchThing")
    assert exists("sim.model.InfluenceModel")
    assert LINK.findall(text) == ["no_such_page.md"]
