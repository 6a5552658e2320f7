"""Setting up from a clone: what is missing is said in one line, and nothing comes from an address in the code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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
