"""Read an archive's files, in chunks, as typed columns; a bad row is named, and nothing is made of half a file.

CSV, plain or packed with gzip or zip, or Parquet; distinguished by their first bytes. Columns go by name: their order
changed between 2018 and 2019. A file is read at the speed of Arrow; only where that fails, or a cell is not what its
column holds, are the rows of a CSV walked in Python to find the line.
"""

from __future__ import annotations

import datetime as dt
import gzip
import io
import os
import reprlib
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from sim.archive.manifest import check_listed
from sim.archive.schema import TWEET_COLUMNS, USER_COLUMNS, ArchiveError, as_text, unguarded
from sim.core.text import RowError, csv_rows, reason_of

_BLOCK = 1 << 23  # bytes of a CSV that are read at a time
_ROWS = 65_536  # of a Parquet file
_UNREADABLE = (OSError, EOFError, ValueError, RuntimeError, zlib.error, zipfile.BadZipFile, pa.ArrowException)


@dataclass(frozen=True)
class _Kind:
    """What the cells of a column hold: a pattern, the Arrow type, and the same in words."""

    pattern: str
    type: Any
    words: str
    check: Callable[[str], object] = str  # raises ValueError for what has the pattern and is none


_TEXT = _Kind(r"(?s).*", pa.string(), "a text")
_ID = _Kind(r"[^\x00]+", pa.string(), "an id, not empty and without a zero byte")
_NUMBER = _Kind(r"[0-9]{1,18}", pa.int64(), "a whole number")
_TWEETID = _Kind(r"[0-9]{1,18}|[1-8][0-9]{18}", pa.int64(), "a whole number below 9 * 10**18")
_COUNT = _Kind(r"[0-9]{0,18}", pa.int64(), "a whole number, or nothing")
_FLAG = _Kind(r"(?i)true|false", pa.bool_(), "true or false")
# Years that libraries can reckon with: a day after the year 9999 there is none, and nanoseconds end in 2262.
_DAY, _YEARS = r"(?:19[7-9]\d|2[01]\d\d)-\d{2}-\d{2}", "of the years 1970 to 2199"
_DATE = _Kind(_DAY, pa.date32(), f"a date YYYY-MM-DD {_YEARS}", dt.date.fromisoformat)
_TIME = _Kind(
    _DAY + r" \d{2}:\d{2}(:\d{2})?", pa.timestamp("s"), f"a time YYYY-MM-DD HH:MM {_YEARS}", dt.datetime.fromisoformat
)
_KINDS = {
    "tweetid": _TWEETID, "userid": _ID, "follower_count": _NUMBER, "following_count": _COUNT,
    "account_creation_date": _DATE, "tweet_time": _TIME, "is_retweet": _FLAG,
    "quote_count": _COUNT, "reply_count": _COUNT, "like_count": _COUNT, "retweet_count": _COUNT,
}  # fmt: skip
_LATE = ("poll_choices",)  # columns that some releases of 2020 and 2021 lack


class ArchiveFile:
    """One file of an archive, of accounts or of posts.

    Parameters
    ----------
    path : path

    Attributes
    ----------
    kind : str
        `users` or `tweets`, by the columns.
    columns : tuple of str
        Those that such a file must have, and `poll_choices` where it is there: releases of 2020 and 2021 lack it.

    Raises
    ------
    ArchiveError
        The file cannot be read, lacks a column of either schema, or is not what the manifest beside it says. Further
        columns are passed over.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        if not os.fspath(path):
            raise ArchiveError("a file of an archive must have a name; got ''.")
        self.path = Path(path)
        with self._faults():
            check_listed(self.path)
            with _opened(self.path) as file:
                self._is_parquet = file.read(4) == b"PAR1"
        found = self._header()
        self.kind = "tweets" if "tweetid" in found else "users"
        self.columns: tuple[str, ...] = TWEET_COLUMNS if self.kind == "tweets" else USER_COLUMNS
        self.columns = tuple(name for name in self.columns if name in found or name not in _LATE)
        missing = [name for name in self.columns if name not in found]
        twice = [name for name in self.columns if found.count(name) > 1]
        if len(missing) > len(USER_COLUMNS) // 2 and self.kind == "users":
            shown = ", ".join(reprlib.repr(name) for name in found[:4]) or "nothing"
            raise ArchiveError(
                f"{self.path}: line 1 must name the {len(USER_COLUMNS)} columns of a users file or the "
                f"{len(TWEET_COLUMNS)} of a tweets file; got {shown}."
            )
        if missing or twice:
            wrong = f"without {', '.join(missing)}" if missing else f"with {', '.join(twice)} more than once"
            raise ArchiveError(
                f"{self.path}: line 1 must name the {len(self.columns)} columns of a {self.kind} file, once each; "
                f"got it {wrong}."
            )

    def chunks(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """Yield the rows, some thousands at a time, with these columns (all of the schema's by default).

        Texts are strings, counts int64 (null where the cell is empty), `tweetid` int64, `is_retweet` bool,
        `account_creation_date` date32, `tweet_time` timestamp in UTC. What a chunk holds is right; whether the file is,
        is known at its end.

        Raises
        ------
        ArchiveError
            The file breaks off, a row has too few or too many cells, or a cell is not what its column holds. Names
            the line on which the row begins (of a Parquet file: the row, from 1 on), and what was expected.
        """
        names = list(self.columns if columns is None else columns)
        row = 0
        with self._faults():
            for texts in self._parquet_texts(names) if self._is_parquet else self._csv_texts(names):
                yield pa.table({name: self._typed(name, texts.column(name), row) for name in names})
                row += texts.num_rows

    def table(self) -> pa.Table:
        """Return the whole file, as `chunks` gives it; for files that fit into memory."""
        nothing = pa.table({name: pa.array([], _KINDS.get(name, _TEXT).type) for name in self.columns})
        return pa.concat_tables([nothing, *self.chunks()])

    def place(self, row: int) -> str:
        """Return where a row is, counted from 0: `line 7` of a CSV, `row 6` of a Parquet file."""
        if not self._is_parquet:
            for number, (line, _) in enumerate(self._lines()):
                if number == row + 1:  # after the header
                    return f"line {line}"
        return f"row {row + 1}"

    def _typed(self, name: str, column: Any, first: int) -> Any:
        """Return texts as what the column holds, or say which is the first that is none."""
        kind = _KINDS.get(name, _TEXT)
        column = column.combine_chunks()
        fits = pc.match_substring_regex(column, f"^(?:{kind.pattern})$")
        try:
            if pc.all(fits, min_count=0).as_py():
                if kind.type == pa.bool_():
                    return pc.equal(pc.utf8_lower(column), "true")
                if kind is _COUNT:
                    column = pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
                return column.cast(kind.type)
        except pa.ArrowInvalid:  # such as 30 February
            pass
        for number, (text, fit) in enumerate(zip(column.to_pylist(), fits.to_pylist(), strict=True)):
            if not fit or not _passes(kind, text):
                place = self.place(first + number)
                raise ArchiveError(f"{self.path}: {place}: {name} must be {kind.words}; got {reprlib.repr(text)}.")
        raise ArchiveError(f"{self.path}: {name} must be {kind.words}; some cell is not.")

    def _header(self) -> list[str]:
        with self._faults():
            if self._is_parquet:
                return list(pyarrow.parquet.read_schema(self.path).names)
            return next(self._lines(), (1, list[str]()))[1]

    def _parquet_texts(self, names: list[str]) -> Iterator[pa.Table]:
        with pyarrow.parquet.ParquetFile(self.path) as file:
            for batch in file.iter_batches(batch_size=_ROWS, columns=names):
                yield pa.table({name: pa.chunked_array([self._text(name, batch.column(name))]) for name in names})

    @staticmethod
    def _text(name: str, column: Any) -> Any:
        if _KINDS.get(name) is _DATE and pa.types.is_timestamp(column.type):
            column = column.cast(pa.date32())  # to which only midnight can be cast
        return as_text(column)

    def _csv_texts(self, names: list[str]) -> Iterator[pa.Table]:
        with _opened(self.path) as file:
            source = Counted(file)
            try:
                reader = pyarrow.csv.open_csv(
                    source,
                    read_options=pyarrow.csv.ReadOptions(block_size=_BLOCK),
                    parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
                    convert_options=pyarrow.csv.ConvertOptions(
                        include_columns=names, column_types=dict.fromkeys(names, pa.string()), null_values=[]
                    ),
                )
                for batch in reader:
                    table = pa.Table.from_batches([batch])
                    yield pa.table({name: unguarded(table.column(name)) for name in names})
            except pa.ArrowException:
                self._find_bad_line()
                raise
            if source.quotes % 2:
                self._find_bad_line()
                raise ArchiveError(f"{self.path}: must close every quote that it opens; one is open at its end.")

    def _find_bad_line(self) -> None:
        """Raise `ArchiveError` for the first line that is no row of this CSV, if there is one."""
        width = 0
        for line, cells in self._lines():
            width = width or len(cells)
            if len(cells) != width:
                raise ArchiveError(f"{self.path}: line {line}: must have {width} cells; got {len(cells)}.")
            if any("\udc80" <= letter <= "\udcff" for cell in cells for letter in cell):
                raise ArchiveError(f"{self.path}: line {line}: must be UTF-8; got other bytes.")

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        """Yield line and cells of each row of a CSV, as of `csv_rows`."""
        with _opened(self.path) as file:
            try:
                yield from csv_rows(file)
            except RowError as error:
                raise ArchiveError(f"{self.path}: {error}.") from error

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Say of whatever a reading library raises which file it was."""
        try:
            yield
        except ArchiveError:
            raise
        except _UNREADABLE as error:
            raise ArchiveError(f"{self.path}: cannot be read: {reason_of(error)}.") from error


def _passes(kind: _Kind, text: str) -> bool:
    try:
        kind.check(text)
    except ValueError:
        return False
    return True


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file, unpacked where it is a zip or gzip file."""
    with path.open("rb") as file:
        start = file.read(4)
        file.seek(0)
        if start[:2] == b"\x1f\x8b":
            with gzip.open(file, "rb") as unpacked:
                yield unpacked  # type: ignore[misc]
        elif start == b"PK\x03\x04":
            with zipfile.ZipFile(file) as packed:
                inside = [name for name in packed.namelist() if not name.endswith("/") and "__MACOSX" not in name]
                if len(inside) != 1:
                    raise ArchiveError(f"{path}: a zip must hold one file; got {len(inside)}.")
                with packed.open(inside[0]) as unpacked:
                    yield unpacked  # type: ignore[misc]
        else:
            yield file


class Counted(io.RawIOBase):
    """The bytes of a CSV as Arrow needs them, and the number of quotes in them.

    A line end is put after the last byte: a header without one is an empty file to Arrow. Where the quotes are odd in
    number the file breaks off inside a cell, and Arrow would leave out the last rows without a word.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._ended, self.quotes = file, False, 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.quotes += data.count(b'"')
        if data or self._ended or size == 0:
            return data
        self._ended = True
        return b"\n"
