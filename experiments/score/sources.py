"""The files that a log comes in: by name, by pattern, a folder, a zip of many parts; each opened unpacked."""

from __future__ import annotations

import glob
import gzip
import os
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from experiments.score.errors import LogError
from sim.core.text import reason_of

UNREADABLE = (OSError, EOFError, ValueError, RuntimeError, zlib.error, zipfile.BadZipFile, pa.ArrowException)
_ENDINGS = (".csv", ".tsv", ".tab", ".txt", ".parquet", ".gz", ".zip")  # that are taken from a folder
_NAMED = "; save it as CSV (UTF-8) or Parquet"
# What files that are no log begin with.
_OTHERS = {
    b"SQLite format 3": "an SQLite database", b"\xd0\xcf\x11\xe0": "an Excel file (xls)", b"%PDF": "a PDF",
    b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"ARROW1": "an Arrow file (Feather)",
    b"\x28\xb5\x2f\xfd": "packed by zstd",
    b"BZh": "packed by bzip2", b"\xfd7zXZ": "packed by xz", b"7z\xbc\xaf": "packed by 7-Zip", b"RDX": "an R file",
    b"<": "HTML or XML", b"{": "JSON",
}  # fmt: skip


@dataclass(frozen=True)
class Source:
    """One file, or one member of a zip.

    Attributes
    ----------
    path : Path
    member : str or None
        Its name in the zip.
    """

    path: Path
    member: str | None = None

    def __str__(self) -> str:
        """Return how messages call it."""
        return str(self.path) if self.member is None else f"{self.path}: {self.member}"

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """Open it, unpacked where it is gzip or in a zip."""
        if self.member is None:
            with self.path.open("rb") as file, _unpacked(file) as plain:
                yield plain
        else:
            with (
                zipfile.ZipFile(self.path) as packed,
                packed.open(self.member) as inside,
                _unpacked(inside) as plain,
            ):
                yield plain

    @contextmanager
    def faults(self) -> Iterator[None]:
        """Say of whatever a reading library raises which file it was."""
        try:
            yield
        except LogError:
            raise
        except UNREADABLE as error:
            raise LogError(f"{self}: cannot be read: {reason_of(error)}.") from error


@contextmanager
def _unpacked(file: Any) -> Iterator[BinaryIO]:
    start = file.read(2)
    file.seek(0)
    if start == b"\x1f\x8b":
        with gzip.open(file, "rb") as plain:
            yield plain
    else:
        yield file


def sources(names: Sequence[str], what: str = "log") -> list[Source]:
    """Return the files that names stand for, each once, in the order given; those of a folder or pattern by name.

    Parameters
    ----------
    names : sequence of str
        Of files, folders or patterns such as `io_*.csv`.
    what : str
        The key that they were given by, for messages.

    Raises
    ------
    LogError
        There is no such file, a file comes twice, or it is of a kind that is no table.
    """
    found: list[Source] = []
    for name in names:
        if not name.strip() or "\0" in name:
            raise LogError(f"{what} must name files; got {name!r}.")
        for path in _paths(name):
            found += _members(path)
    seen: set[tuple[str, str | None]] = set()
    for source in found:
        key = os.path.realpath(source.path), source.member
        if key in seen:
            raise LogError(f"{source}: must be given once; got it twice.")
        seen.add(key)
        with source.faults():
            _check_kind(source)
    return found


def _paths(name: str) -> list[Path]:
    path = Path(name).expanduser()
    if path.is_dir():
        inside = sorted(
            file for file in path.rglob("*")
            if file.is_file() and file.suffix.lower() in _ENDINGS and not file.name.startswith((".", "_"))
        )  # fmt: skip
        if not inside:
            raise LogError(f"{path}: a folder must hold files that end in {', '.join(_ENDINGS)}; got none.")
        return inside
    if path.exists():
        return [path]
    if glob.has_magic(name):
        matching = [Path(one) for one in sorted(glob.glob(str(path), recursive=True)) if Path(one).is_file()]
        if not matching:
            raise LogError(f"{name}: no file has a name like that.")
        return matching
    raise LogError(f"{name}: there is no such file.")


def _members(path: Path) -> list[Source]:
    source = Source(path)
    with source.faults():
        with path.open("rb") as file:
            start = file.read(4)
        if start != b"PK\x03\x04":
            if start == b"PK\x05\x06":
                raise LogError(f"{path}: a zip must hold a file; got none.")
            return [source]
        with zipfile.ZipFile(path) as packed:
            infos = [info for info in packed.infolist() if not info.is_dir()]
            if any(info.filename == "[Content_Types].xml" for info in infos):
                raise LogError(f"{path}: must be a table; got an Excel or Office file{_NAMED}.")
            if any(info.flag_bits & 1 for info in infos):
                raise LogError(f"{path}: a zip must not be encrypted; unpack it first.")
            names = sorted(
                info.filename for info in infos
                if "__MACOSX" not in info.filename and not Path(info.filename).name.startswith(".")
            )  # fmt: skip
    if not names:
        raise LogError(f"{path}: a zip must hold a file; got none.")
    return [Source(path, name) for name in names]


def _check_kind(source: Source) -> None:
    """Refuse what begins as another kind of file does."""
    with source.opened() as file:
        start = file.read(4096)
    if not start.strip():
        raise LogError(f"{source}: must have a header and rows; got an empty file.")
    for begins, kind in _OTHERS.items():
        if start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(begins):
            raise LogError(f"{source}: must be a table; got {kind}{_NAMED}.")
    if b"\0" in start and not start.startswith(b"PAR1"):
        wide = max(start[::2].count(0), start[1::2].count(0)) > len(start) // 4
        raise LogError(f"{source}: must be a table; got {'UTF-16' if wide else 'zero bytes'}{_NAMED}.")
