"""Ctrl-C while the command starts ends it at once.

A `KeyboardInterrupt` raised while modules are imported, or in a call from compiled code, is sometimes swallowed there.
So until the task begins, the signal handler itself ends the command; a task then saves its finished work. This module
imports nothing slow.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

INTERRUPTED = 130  # exit status


class _Leave:
    """A signal handler that prints one line and exits."""

    def __init__(self, clear: Callable[[], None] | None) -> None:
        self.clear = clear

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.clear is not None:
            self.clear()
        print("takedown: interrupted", file=sys.stderr)
        leave()


def leave() -> None:
    """Exit with status 130 at once, past Python's own clean-up, which may end in another status."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(INTERRUPTED)


def leave_at_once() -> None:
    """Make Ctrl-C end the command, unless it is ignored, as in the background of a shell."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _Leave(None))


def clear_before(clear: Callable[[], None]) -> None:
    """Run a clean-up function before Ctrl-C ends the command."""
    if isinstance(signal.getsignal(signal.SIGINT), _Leave):
        signal.signal(signal.SIGINT, _Leave(clear))


def raise_again() -> None:
    """Make Ctrl-C raise `KeyboardInterrupt` again, for tasks that save finished work when interrupted."""
    if isinstance(signal.getsignal(signal.SIGINT), _Leave):
        signal.signal(signal.SIGINT, signal.default_int_handler)
