"""Ids that have lost digits: a spreadsheet keeps fifteen, a floating-point number seventeen, and puts zeros after."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from experiments.score.errors import LogError

_LEAST_LONG = 3  # ids of 17 digits or more, of which nothing can be said otherwise


def check_digits(
    ids: Any, posts: NDArray[np.int64], place: Callable[[int], str], account: NDArray[np.int32], post: NDArray[np.int64]
) -> None:
    """Refuse ids of accounts or posts whose last digits are zeros too often.

    Parameters
    ----------
    ids : Arrow array of string (accounts,)
    posts : int64
        Ids of posts.
    place : callable
        From a row to its file and line.
    account, post : (rows,)
        Of the rows as read.

    Raises
    ------
    LogError
        Names a row in which one stands.
    """
    digits = ids.filter(pc.match_substring_regex(ids, r"^[1-8]\d{16,18}$"))
    lost = lost_id(digits.cast(pa.int64()).to_numpy(zero_copy_only=False))
    if lost is not None:
        number = pc.index(ids, str(lost)).as_py()
        rows = np.flatnonzero(account == number)
        _refuse("accounts", lost, place(int(rows[0])) if rows.size else "an author")
    lost = lost_id(np.unique(posts))
    if lost is not None:
        _refuse("posts", lost, place(int(np.argmax(post == lost))))


def lost_id(values: NDArray[np.int64]) -> int | None:
    """Return one of the ids that show that digits were lost; None where nothing shows it.

    Examples
    --------
    >>> lost_id(np.array([1163239150187440000, 1163239150187450000, 1163239150187460000]))
    1163239150187440000
    >>> lost_id(np.array([1163239150187446272, 1163239150187450368, 1163239150187454464])) is None
    True
    """
    long = values[values >= 10**16]
    if long.size < _LEAST_LONG:
        return None
    size = np.floor(np.log10(long.astype(np.float64))).astype(np.int64) + 1
    for kept, share, least in ((15, 0.5, _LEAST_LONG), (17, 0.9, 20)):
        # A digit more or less than log10 says changes nothing: where digits were lost it was two or more.
        unit = 10 ** np.maximum(size - kept, 0)
        rounded = (long % unit == 0) & (unit > 1)
        if np.count_nonzero(unit > 1) >= least and rounded.sum() > share * np.count_nonzero(unit > 1):
            return int(long[np.argmax(rounded)])
    return None


def _refuse(what: str, lost: int, place: str) -> None:
    raise LogError(
        f"{place}: ids of {what} must have all their digits; most end in zeros, such as {lost}: a spreadsheet or a "
        "column of floats has rounded them. Read the original as text."
    )
