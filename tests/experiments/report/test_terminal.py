"""The command line's first import is a light one, and its progress shows names as they stand."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from experiments.report import terminal

ROOT = Path(__file__).parents[3]


def test_the_terminal_is_imported_without_what_takes_long():
    slow = ("pandas", "scipy", "matplotlib", "numba", "mesa", "sim.model")
    code = f"import sys, experiments.report.terminal\nprint([name for name in {slow} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_progress_shows_the_name_of_a_stage_as_it_stands(monkeypatch):
    out = io.StringIO()
    monkeypatch.setattr(
        terminal, "console", lambda error: Console(file=out, force_terminal=True, width=80, color_system=None)
    )
    with terminal.step_progress("comparing") as progress:
        progress.plan(2)
        progress.stage("[red]x[/] \x1b]0;title")
        progress.advance()
    assert "[red]x[/] \\x1b]0;title" in out.getvalue()
    assert "\x1b]0;" not in out.getvalue()
