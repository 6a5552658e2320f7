"""Locks between processes of one machine: a folder is written by one command at a time, a twin is run by one process.

POSIX record locks: they belong to a process, are not handed on to its children, and end with it, however it ends.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sim.core.files import OutputError

try:
    import fcntl
except ImportError:  # not a POSIX system: nobody is kept out
    fcntl = None  # type: ignore[assignment]

LOCK = ".lock"


class Occupied(OutputError):
    """Another process writes into a folder."""


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Keep other commands out of a folder while the block runs.

    Raises
    ------
    Occupied
        Another process is in it; the message names that.
    OutputError
        The folder cannot be written.
    """
    with _held(folder / LOCK, wait=False):
        yield


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Wait until no other process holds a lock file, and hold it while the block runs."""
    with _held(path, wait=True):
        yield


@contextmanager
def _held(path: Path, *, wait: bool) -> Iterator[None]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = _locked(path, wait)
    except OSError as error:
        raise OutputError(f"{path.parent} cannot be written: {error.strerror or error}.") from error
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink()  # while it is held: a process that waits for it sees that it is gone, and makes another
        os.close(file)


def _locked(path: Path, wait: bool) -> int:
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            if fcntl is not None:
                fcntl.lockf(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except (BlockingIOError, PermissionError):
            who = os.read(file, 200).decode(errors="replace").strip() or "another process"
            os.close(file)
            raise Occupied(
                f"{path.parent} is being written by {who}; wait until it has ended, or choose another folder."
            ) from None
        except BaseException:
            os.close(file)
            raise
        if _still_there(path, file):
            os.ftruncate(file, 0)
            os.write(file, f"process {os.getpid()} on {platform.node()}".encode())
            return file
        os.close(file)


def _still_there(path: Path, file: int) -> bool:
    """Return whether a path still names the file that has been opened: the last holder may have removed it."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(file))
    except FileNotFoundError:
        return False
