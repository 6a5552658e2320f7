"""Text from outside (names, paths, fields of files): as it may be printed, and row by row with the line of each."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import BinaryIO


class RowError(ValueError):
    """Something is no row of a CSV; the message begins with its line."""


def shown(text: object) -> str:
    r"""Return a text on one line without control characters: what cannot be printed stands as an escape sequence.

    Escape codes would otherwise change the terminal's colours or title, line breaks the lines of a table, and half a
    surrogate pair could not be written to a file at all.

    Examples
    --------
    >>> shown("[red]\x1b[31m\n")
    '[red]\\x1b[31m\\n'
    """
    text = str(text)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def shown_lines(text: object) -> str:
    """Return the same of a text of several lines, which stay."""
    return "\n".join(map(shown, str(text).split("\n")))


def reason_of(error: BaseException) -> str:
    """Return why a file cannot be read, on one line and without a full stop: as the system says it, or the library."""
    return getattr(error, "strerror", None) or " ".join(str(error).split()).rstrip(".")


def csv_rows(file: BinaryIO, delimiter: str = ",", errors: str = "surrogateescape") -> Iterator[tuple[int, list[str]]]:
    r"""Yield the line on which each row of a CSV begins, from 1 on, and its cells; empty lines are passed over.

    Parameters
    ----------
    file : binary file
        UTF-8, with or without a mark at the beginning.
    delimiter : str
    errors : str
        What becomes of other bytes, as for `open`.

    Raises
    ------
    RowError
        A row is none, such as one with a quote that is never closed.

    Examples
    --------
    >>> list(csv_rows(io.BytesIO(b'a,b\n\n"1\n2",3\n')))
    [(1, ['a', 'b']), (3, ['1\n2', '3'])]
    """
    reader = csv.reader(io.TextIOWrapper(file, "utf-8-sig", errors, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for row in reader:
            if row:
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise RowError(f"line {line}: must be a row of CSV; {error}") from error
