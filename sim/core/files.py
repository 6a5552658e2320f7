"""Atomic output: files and folders are written under a temporary name beside the target, then renamed.

The temporary name identifies the process that writes it. What a process left that was killed is removed by
`remove_leftovers`, when the next task starts in the folder.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import BinaryIO

ABANDONED = 7 * 86_400.0  # seconds without a change after which a temporary name of another machine is taken for dead
_TEMPORARY = re.compile(r"\..+\.([0-9a-f]{12})-([0-9]+)-([0-9]+)\.tmp")


class OutputError(RuntimeError):
    """A result cannot be written or read. The message names the file and the reason."""


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file to be written in parts; it gets its final name only when the block ends without an error.

    Raises
    ------
    OutputError
        The file cannot be written; an existing file is left unchanged.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "numbers.txt"
    >>> with whole_file(target) as file:
    ...     _ = file.write(b"1 2")
    ...     target.exists()
    False
    >>> target.read_text()
    '1 2'
    """
    temporary = temporary_beside(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # a full disk may say so only here
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        with suppress(OSError):  # an unreachable folder holds no file to remove
            temporary.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file at once; `OutputError` if it cannot be."""
    with whole_file(path) as file:
        file.write(content)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yield a folder to be filled; it gets its final name only when the block ends without an error.

    Raises
    ------
    OutputError
        The folder cannot be written. If the block fails, an existing folder of that name is kept.
    """
    temporary, before = temporary_beside(path), temporary_beside(path.with_name(path.name + ".before"))
    try:
        temporary.mkdir(parents=True)
        yield temporary
        if path.exists():
            path.replace(before)  # a rename takes no time, removing gigabytes does
        temporary.replace(path)
    except OutputError as error:
        raise OutputError(str(error).replace(str(temporary), str(path))) from error
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        if before.exists() and not path.exists():
            with suppress(OSError):
                before.replace(path)
        for folder in (temporary, before):
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def scratch_folder(folder: Path, name: str) -> Iterator[Path]:
    """Yield a new hidden folder inside another; it is removed when the block ends, in whatever way.

    Raises
    ------
    OutputError
        It cannot be made.
    """
    path = temporary_beside(folder / name)
    try:
        path.mkdir(parents=True)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}.") from error
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def temporary_beside(path: Path) -> Path:
    """Return the hidden name beside a target under which this process writes it."""
    pid = os.getpid()
    return path.with_name(f".{path.name}.{_host()}-{pid}-{_started(pid) or 0}.tmp")


def remove_leftovers(*folders: Path) -> list[Path]:
    """Remove the temporary files and folders of processes that no longer exist, and return what was removed.

    What a living process is writing stays. So does what a process on another machine (of a shared disk) or in another
    container wrote, unless it was last changed more than a week ago: from here nobody can tell whether that process
    is alive.

    Parameters
    ----------
    folders : Path
        Looked at without the folders in them; one that does not exist holds nothing.
    """
    removed: list[Path] = []
    for folder in folders:
        with suppress(OSError):
            for path in sorted(folder.iterdir()):
                named = _TEMPORARY.fullmatch(path.name)
                if named is None or not _is_left_over(path, *named.groups()):
                    continue
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    with suppress(OSError):
                        path.unlink()
                removed.append(path)
    return removed


def _is_left_over(path: Path, host: str, pid: str, started: str) -> bool:
    if host == _host() and os.name == "posix":
        return not _is_alive(int(pid), int(started))
    within = [path, *path.rglob("*")] if path.is_dir() else [path]
    try:
        changed = max(entry.lstat().st_mtime for entry in within)
    except OSError:  # somebody is at work in it
        return False
    return time.time() - changed > ABANDONED


@cache
def _host() -> str:
    """Return what identifies this machine, and the container in it: the number of a process holds only there."""
    try:
        container = os.readlink("/proc/self/ns/pid")
    except OSError:
        container = ""
    return hashlib.blake2b(f"{platform.node()} {container}".encode(), digest_size=6).hexdigest()


def _started(pid: int) -> int | None:
    """Return when a process began, in clock ticks since the machine's start; None where the system does not say.

    By this a process is distinguished from a later one that was given the same number. -1 for one that has ended and
    that its parent has not fetched yet.
    """
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return -1 if state in "ZX" else int(rest[18])
    except (OSError, ValueError, IndexError):
        return None


def _is_alive(pid: int, started: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # it belongs to another user
        pass
    now = _started(pid)
    return now is None or not started or now == started
