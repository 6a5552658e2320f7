"""One table of a log, CSV or Parquet: its columns by name, its rows in pieces, and where in the file a row stands.

A file is read at the speed of Arrow. Only where that fails, or a cell is not what its column holds, are the rows of a
CSV walked in Python to find the line.
"""

from __future__ import annotations

import csv
import io
import reprlib
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from experiments.score.errors import LogError
from experiments.score.sources import Source
from sim.archive.read import Counted
from sim.archive.schema import unguarded
from sim.core.text import RowError, csv_rows

_BLOCK = 1 << 24  # bytes of a CSV that are read at a time
_ROWS = 500_000  # of a Parquet file
_DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}
_HEAD = 1 << 16  # bytes in which the header must end
_SHOWN = 6  # column names that a message shows

csv.field_size_limit(1 << 30)


class LogTable:
    """A table of a log.

    Parameters
    ----------
    source : Source

    Attributes
    ----------
    header : tuple of str
        Names of the columns, as they stand there.
    delimiter : str
        Between the cells of a CSV; empty for Parquet.

    Raises
    ------
    LogError
        The file cannot be read, or has no header.
    """

    def __init__(self, source: Source) -> None:
        self.source, self.delimiter, self._blank = source, "", 0
        with source.faults():
            with source.opened() as file:
                start = file.read(_HEAD)
            self._parquet = start.startswith(b"PAR1")
            if self._parquet:
                self.header = tuple(self._parquet_file().schema_arrow.names)
            else:
                self._read_header(start)

    def shown_header(self) -> str:
        """Return the first column names, for messages."""
        names = ", ".join(reprlib.repr(name) for name in self.header[:_SHOWN]) or "nothing"
        return names + (f" and {len(self.header) - _SHOWN} more" if len(self.header) > _SHOWN else "")

    def pieces(self, names: Sequence[str]) -> Iterator[pa.Table]:
        """Yield the rows, some hundred thousand at a time, with the named columns.

        Those of a CSV are texts; those of Parquet are of the file's types.

        Raises
        ------
        LogError
            A column is there twice, the file breaks off, or a row has too few or too many cells.
        """
        for name in names:
            if self.header.count(name) != 1:
                raise LogError(f"{self.source}: line 1 must name each column once; got {name!r} more than once.")
        with self.source.faults():
            yield from self._of_parquet(names) if self._parquet else self._of_csv(list(names))

    def fail(self, row: int, wrong: str) -> LogError:
        """Return the error of a row, counted from 0: it names the line of a CSV, the row of a Parquet file."""
        return LogError(f"{self.place(row)}: {wrong}.")

    def place(self, row: int) -> str:
        """Return file and place of a row, counted from 0."""
        if not self._parquet:
            for number, (line, _) in enumerate(self._lines()):
                if number == row + 1:
                    return f"{self.source}: line {line}"
        return f"{self.source}: row {row + 1}"

    def _parquet_file(self) -> pyarrow.parquet.ParquetFile:
        if self.source.member is None:
            with self.source.path.open("rb") as file:
                if file.read(4) == b"PAR1":
                    return pyarrow.parquet.ParquetFile(self.source.path)
        with self.source.opened() as packed:
            return pyarrow.parquet.ParquetFile(pa.BufferReader(packed.read()))

    def _of_parquet(self, names: Sequence[str]) -> Iterator[pa.Table]:
        with self._parquet_file() as file:
            for batch in file.iter_batches(batch_size=_ROWS, columns=list(names)):
                yield pa.Table.from_batches([batch])

    def _read_header(self, start: bytes) -> None:
        """Find out what stands between cells: what makes the most columns of the first line."""
        first = io.StringIO(start.decode("utf-8-sig", "replace"), newline="")
        line = ""
        for number, line in enumerate(first):
            if line.strip():
                self._blank = number  # lines before the header
                break
        else:
            raise LogError(f"{self.source}: line 1 must name the columns; got nothing.")
        if line.startswith("sep="):
            raise LogError(f"{self.source}: line 1 must name the columns; got {line.strip()!r}: remove that line.")
        if len(start) == _HEAD and not line.endswith(("\n", "\r")):
            raise LogError(f"{self.source}: line 1 must name the columns; got {_HEAD:,} bytes without an end.")
        rows = {sign: next(csv.reader([line], delimiter=sign), []) for sign in _DELIMITERS}
        self.delimiter = max(rows, key=lambda sign: len(rows[sign]))
        self.header = tuple(name.strip() for name in rows[self.delimiter])

    def _of_csv(self, names: list[str]) -> Iterator[pa.Table]:
        # Arrow is given the names, stripped of spaces, and passes over the header.
        places = [self.header.index(name) for name in names]
        columns = [f"{place}" for place in range(len(self.header))]
        wanted = [columns[place] for place in places]
        with self.source.opened() as file:
            counted = Counted(file)
            try:
                reader = pyarrow.csv.open_csv(
                    counted,
                    read_options=pyarrow.csv.ReadOptions(
                        block_size=_BLOCK, column_names=columns, skip_rows=self._blank, skip_rows_after_names=1
                    ),
                    parse_options=pyarrow.csv.ParseOptions(delimiter=self.delimiter, newlines_in_values=True),
                    convert_options=pyarrow.csv.ConvertOptions(
                        include_columns=wanted, column_types=dict.fromkeys(wanted, pa.string()), null_values=[]
                    ),
                )
                for batch in reader:
                    yield pa.table([_plain(batch.column(i)) for i in range(len(names))], names=names)
            except pa.ArrowException:
                self._find_bad_line()
                raise
            if counted.quotes % 2:
                self._find_bad_line()
                raise LogError(f"{self.source}: must close every quote that it opens; one is open at its end.")

    def _find_bad_line(self) -> None:
        """Raise `LogError` for the first line that is no row of this CSV, if there is one."""
        for line, cells in self._lines():
            where = f"{self.source}: line {line}"
            if any("\udc80" <= letter <= "\udcff" for cell in cells for letter in cell):
                raise LogError(f"{where}: must be UTF-8; got other bytes (Latin-1, or another code page).")
            if len(cells) != len(self.header):
                raise LogError(f"{where}: must have {len(self.header)} cells, as line 1 has; got {len(cells)}.")

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        """Yield line and cells of each row of a CSV, as of `csv_rows`."""
        with self.source.opened() as file:
            try:
                yield from csv_rows(file, self.delimiter)
            except RowError as error:
                raise LogError(f"{self.source}: {error}.") from error


def _plain(cells: Any) -> Any:
    """Return texts without the apostrophe that guards them from a spreadsheet; looked for only where one is."""
    return unguarded(cells) if pc.any(pc.starts_with(cells, "'"), min_count=0).as_py() else cells
