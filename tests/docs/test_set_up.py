"""Setting up from a clone: what is missing is said in one line, and nothing comes from an address in the code."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / ".ci" / "environment.py"


def run_without(module: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the script on a Python that seems to lack a module: None among the loaded modules stands for none found."""
    code = f"import runpy, sys; sys.modules[{module!r}] = None; runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"
    return subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("module", ["ensurepip", "venv"])
def test_a_missing_part_of_python_is_one_line_that_says_what_to_install(module: str, tmp_path: Path) -> None:
    done = run_without(module, tmp_path / "environment")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert f"lacks {module}" in line
    assert "apt install python3-venv" in line
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_the_set_up_holds_no_address() -> None:
    for path in (SCRIPT, ROOT / ".ci" / "run", ROOT / "Makefile"):
        assert "://" not in path.read_text(encoding="utf-8"), path


INSTALLS_BY_NAME = re.compile(r"\b(?:pipx?3?|uv|uvx|conda|poetry)\b[^\n`]*\b(?:install|add)\b[^\n`]*?[\s\"']takedown\b")


def test_no_text_installs_takedown_by_name() -> None:
    """On the public package index the name is somebody else's; ours is installed by `pip install .` from a clone."""
    texts = [
        path for folder in ("docs", "notebooks", "sim", "detectors", "experiments", "conf", ".ci")
        for path in (ROOT / folder).rglob("*") if path.suffix in (".md", ".ipynb", ".py", ".yaml")
    ]  # fmt: skip
    texts += [path for path in ROOT.iterdir() if path.suffix in (".md", ".toml", ".yml", ".txt", ".cff", "")]
    files = [path for path in texts if path.is_file()]
    assert {"README.md", "pyproject.toml", "Makefile", "01_first_takedown.ipynb"} <= {path.name for path in files}
    found = [path.name for path in files if INSTALLS_BY_NAME.search(path.read_text(encoding="utf-8"))]
    assert found == []
    assert "pip install ." in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "by_name"),
    [
        ("pip install takedown", True),
        ("python -m pip install -U 'takedown[test]'", True),
        ("pip install .", False),
        ("`pip install .` gives the command `takedown`", False),
    ],
)
def test_installing_by_name_is_told_from_installing_a_clone(text: str, by_name: bool) -> None:
    assert bool(INSTALLS_BY_NAME.search(text)) == by_name


def test_the_hooks_before_a_commit_download_nothing() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    hooks = [hook for repository in config["repos"] for hook in repository["hooks"]]
    assert {repository["repo"] for repository in config["repos"]} == {"local"}
    assert {hook["language"] for hook in hooks} == {"system"}
    installed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    names = {re.split(r"[\[>=<]", requirement)[0] for requirement in installed["test"]}
    assert {hook["entry"].split()[0] for hook in hooks} <= names
