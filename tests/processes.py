"""The command as a process of its own, as a user starts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def heed_interrupts() -> None:
    """Let signals end the process again: a shell that runs the tests in the background, or `nohup`, ignores some."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def started(folder: Path, *arguments: str, flags: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    """Start the command in a folder, with flags for Python itself."""
    return subprocess.Popen(
        [sys.executable, *flags, "-m", "experiments", *arguments],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=heed_interrupts,
    )  # fmt: skip
