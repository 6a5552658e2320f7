"""What is wrong with a log, or with a file beside it."""

from __future__ import annotations


class LogError(ValueError):
    """A file is no log, or one that cannot be read. The message names the file, the place and what is allowed.

    Attributes
    ----------
    key : str
        The key that the file was given by; its reader says if it is another than log.
    """

    key = "log"


class BadCell(Exception):
    """A cell is not what its column holds; the reader of the file adds the place.

    Parameters
    ----------
    row : int
        Counted from 0 in what was given.
    wrong : str
        What was expected, and what was there.
    """

    def __init__(self, row: int, wrong: str) -> None:
        super().__init__(wrong)
        self.row, self.wrong = row, wrong
