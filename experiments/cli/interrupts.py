"""Ctrl-C while the command starts: it is left at once.

An interrupt that Python raises while modules are imported, or in a call from compiled code, is at times swallowed
there. So until a task begins, which keeps what it has done, the signal itself ends the command. This module imports
nothing that takes time.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

INTERRUPTED = 130  # exit status


class _Leave:
    """A handler of the signal that says so and leaves."""

    def __init__(self, clear: Callable[[], None] | None) -> None:
        self.clear = clear

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.clear is not None:
            self.clear()
        print("takedown: interrupted", file=sys.stderr)
        leave()


def leave() -> None:
    """Leave with the status of an interrupt, whatever Python thinks of it: it may die of the signal at its end."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(INTERRUPTED)


def leave_at_once() -> None:
    """Have Ctrl-C end the command; not where it is ignored, as in the background of a shell."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _Leave(None))


def clear_before(clear: Callable[[], None]) -> None:
    """Have something cleared away before Ctrl-C ends the command, where it does."""
    if isinstance(signal.getsignal(signal.SIGINT), _Leave):
        signal.signal(signal.SIGINT, _Leave(clear))


def raise_again() -> None:
    """Have Ctrl-C raise `KeyboardInterrupt` again, for what keeps what it has done."""
    if isinstance(signal.getsignal(signal.SIGINT), _Leave):
        signal.signal(signal.SIGINT, signal.default_int_handler)
