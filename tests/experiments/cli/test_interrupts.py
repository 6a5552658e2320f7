"""Signals that come where Python swallows what a handler raises."""

from __future__ import annotations

import subprocess
import sys

from tests.processes import ROOT

#: A signal that comes while an object is disposed of: an exception cannot leave `__del__`.
SCRIPT = """
import os, signal, time
from experiments.cli import interrupts

class Disposed:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        for _ in range(1000):
            pass

interrupts.leave_at_once()
interrupts.raise_again()
try:
    del [Disposed()][0]
    print("swallowed", flush=True)
    time.sleep(30)
except KeyboardInterrupt as error:
    print("saved", interrupts.status_of(error))
"""


def test_a_signal_that_was_swallowed_comes_again():
    run = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (run.stdout, run.stderr, run.returncode) == ("swallowed\nsaved 143\n", "", 0)
