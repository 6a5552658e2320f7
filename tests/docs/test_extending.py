"""What docs/extending.md shows works as it stands: a detector in a user's own file, run by every task."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.experiments.tiny import TINY

PAGE = (Path(__file__).parents[2] / "docs" / "extending.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"```(?:python|yaml) (\S+)\n(.*?)```", PAGE, re.DOTALL))
COMMANDS = re.findall(r"^takedown.*$", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that holds the page's files, as a user's would."""
    folder = tmp_path_factory.mktemp("mine")
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def python(folder: Path, *arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_page_has_the_files_that_it_speaks_of() -> None:
    assert list(FILES) == [
        "my_detectors.py", "test_my_detectors.py", "my_conf/detector/repeater.yaml",
        "my_conf/detector/patient_repeater.yaml", "my_policies.py", "my_conf/enforcement/top_share.yaml",
        "my_actions.py", "my_tactics.py",
    ]  # fmt: skip
    assert len(COMMANDS) == 6


def test_the_class_holds_to_the_protocol(folder: Path) -> None:
    python(folder, "test_my_detectors.py")


@pytest.mark.slow
@pytest.mark.parametrize("number", range(6))
def test_its_commands_run(folder: Path, number: int) -> None:
    words = [word for word in shlex.split(COMMANDS[number])[1:] if not word.startswith("scenario.scale")]
    small = ["compare.choose_seeds=2", "compare.report_seeds=2"] if "task=compare" in words else []
    out = python(folder, "-m", "experiments", *words, *TINY, *small, f"hydra.run.dir=run{number}")
    assert "repeater" in out
    if "task=compare" in words:
        assert "patient_repeater" in set(pd.read_parquet(folder / f"run{number}" / "summary.parquet")["detector"])
    else:
        table = pd.read_parquet(folder / f"run{number}" / "results.parquet")
        assert "repeater" in set(table["detector"])
