"""Signals that end the command: Ctrl-C (SIGINT), SIGTERM, as a batch system sends it, and SIGHUP, of a closed terminal.

A `KeyboardInterrupt` raised while modules are imported, or in a call from compiled code, is sometimes swallowed there.
So until the task begins, the signal handler itself ends the command; a task then saves its finished work, and where the
exception was swallowed, in a `__del__` say, the signal is sent again. This module imports nothing slow.
"""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any, TextIO

from sim.core.interruption import behind

INTERRUPTED = 130  # exit status after Ctrl-C
HUNG_UP = 129  # and of a closed terminal
# By number: on Windows there is no SIGHUP. A shell's exit status of a signal is 128 and its number.
_ENDING = {
    number: 128 + number
    for number in (getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP")) if number is not None
}  # fmt: skip
STATUSES = frozenset(_ENDING.values())


class Ended(KeyboardInterrupt):
    """The command is asked to end; `status` is the exit status that goes with the signal."""

    def __init__(self, status: int) -> None:
        super().__init__("interrupted")
        self.status = status


def status_of(error: BaseException) -> int:
    """Return the exit status of an interruption, also where it was raised from an `Ended` or while one was handled."""
    ended = behind(error, Ended)
    return INTERRUPTED if ended is None else ended.status


class _Leave:
    """A signal handler that prints one line and exits."""

    def __init__(self, clear: Callable[[], None] | None) -> None:
        self.clear = clear

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.clear is not None:
            self.clear()
        with suppress(OSError):  # the terminal may be gone
            print("takedown: interrupted", file=sys.stderr)
        leave(_ENDING[number])


class _Raise:
    """A signal handler that raises `Ended`, so that a task saves what is finished."""

    def __init__(self) -> None:
        self._terminals = [number for number in (1, 2) if os.isatty(number)]

    def __call__(self, number: int, frame: FrameType | None) -> None:
        for stream in self._terminals:
            if not os.isatty(stream):  # the terminal was closed: what is printed from here on must not fail
                _discard(stream)
        raise Ended(_ENDING[number])


def _send_again(swallowed: sys.UnraisableHookArgs) -> None:
    """Take the place of `sys.unraisablehook`: a signal that came where no exception can be raised comes once more."""
    if not isinstance(swallowed.exc_value, Ended) or not hasattr(signal, "pthread_kill"):  # Windows has none
        sys.__unraisablehook__(swallowed)
        return
    # A moment later, from another thread: raised here, the exception would be swallowed like the first one. To the main
    # thread, whose waiting ends by it.
    main, number = threading.main_thread().ident or 0, swallowed.exc_value.status - 128
    again = threading.Timer(0.05, signal.pthread_kill, [main, number])
    again.daemon = True
    again.start()


class _Terminal(io.FileIO):
    """A terminal that may be closed: the kernel refuses what is written to it a moment before it sends SIGHUP.

    What nobody can read any more is discarded, and the signal ends the command.
    """

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError as error:
            if error.errno != errno.EIO or self.isatty():
                raise
        _discard(self.fileno())
        return memoryview(data).nbytes


def _discard(stream: int) -> None:
    """Send what is written to a stream, given by its number, nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream)
    os.close(nowhere)


def outlives_its_terminal(stream: TextIO) -> TextIO:
    """Return a stream to the same terminal whose writing does not fail once it is closed; others as they are.

    Parameters
    ----------
    stream : text stream
        Such as `sys.stderr`; None where it was closed from the start.
    """
    if stream is None or not stream.isatty():
        return stream
    stream.flush()
    raw = _Terminal(stream.fileno(), "w", closefd=False)
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding=stream.encoding, errors=stream.errors, line_buffering=True)


def leave(status: int = INTERRUPTED) -> None:
    """Exit at once, past Python's own clean-up, which may end in another status."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with suppress(OSError):
                stream.flush()
    os._exit(status)


def leave_at_once() -> None:
    """Make signals end the command, unless they are ignored, as Ctrl-C is in the background of a shell."""
    for number in _ENDING:
        if signal.getsignal(number) in (signal.default_int_handler, signal.SIG_DFL):
            signal.signal(number, _Leave(None))


def clear_before(clear: Callable[[], None]) -> None:
    """Run a clean-up function before a signal ends the command."""
    for number in _ENDING:
        if isinstance(signal.getsignal(number), _Leave):
            signal.signal(number, _Leave(clear))


def raise_again() -> None:
    """Make signals raise `Ended`, a `KeyboardInterrupt`, for tasks that save finished work when interrupted."""
    handler = _Raise()
    sys.unraisablehook = _send_again
    for number in _ENDING:
        if isinstance(signal.getsignal(number), _Leave):
            signal.signal(number, handler)
            if _ENDING[number] == HUNG_UP:
                sys.stdout, sys.stderr = outlives_its_terminal(sys.stdout), outlives_its_terminal(sys.stderr)
