"""Atomic output: files and folders are written under a temporary name beside the target, then renamed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


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
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
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
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.mkdir(parents=True)
        yield temporary
        if path.exists():
            shutil.rmtree(path)
        temporary.replace(path)
    except OutputError as error:
        raise OutputError(str(error).replace(str(temporary), str(path))) from error
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
