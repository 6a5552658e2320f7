"""The names, types and ranges of what a platform's staff see, and the check of each array against them.

Compiled loops take account numbers for places in memory, without looking: one out of range would be read or written
beside the array. So everything that comes into an observation is checked here, once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

MAX_ACCOUNTS = 2**31 - 1  # account numbers are int32

KNOWN_GOOD, UNKNOWN, KNOWN_BAD = -1, 0, 1
POST, REPOST, REPORT, BLOCK = 0, 1, 2, 3


class ObservationError(ValueError):
    """What was asked of an observation, or put into it, is not allowed. The message says what is."""


@dataclass(frozen=True)
class Values:
    """What an array holds: `b` truth values, `i` whole numbers, `f` finite numbers; whole ones from `low` up to `high`.

    `high` is excluded; 0 stands for the number of accounts.
    """

    kind: str
    low: int | None = None
    high: int | None = None
    dtype: type = np.int64  # of an array without elements, whose own says nothing


_FLAG, _WHOLE, _COUNT = Values("b", dtype=np.bool_), Values("i"), Values("i", 0)

#: The account columns stand a second time in `sim.population.accounts.AccountTable`: what staff see must not depend on
#: the world, by the import contracts, nor the world on it. A test holds the two lists together.
COLUMNS = {
    "registered": _FLAG, "created": _WHOLE, "language": _COUNT, "utc_offset": _WHOLE, "follower_count": _COUNT,
    "following_count": _COUNT, "post_count": _COUNT, "default_image": _FLAG, "empty_bio": _FLAG, "verified": _FLAG,
    "access": _COUNT, "network": _COUNT, "client": _COUNT, "phone_verified": _FLAG,
    "known_accounts": Values("i", KNOWN_GOOD, KNOWN_BAD + 1, np.int8),
}  # fmt: skip
EVENTS = {
    "time": Values("f"), "account": Values("i", 0, 0, np.int32), "kind": Values("i", POST, REPOST + 1, np.int8),
    "post": _WHOLE, "author": Values("i", -1, 0, np.int32), "url": _WHOLE, "hashtags": _WHOLE, "text": _WHOLE,
}  # fmt: skip
REPORTS = {
    "time": Values("f"), "account": EVENTS["account"], "kind": Values("i", REPORT, BLOCK + 1, np.int8), "post": _WHOLE,
    "author": Values("i", 0, 0, np.int32),
}  # fmt: skip

_WORDS = {"b": "truth values", "i": "whole numbers", "f": "finite numbers"}
_TYPES = {"b": "b", "i": "iu", "f": "iuf"}

#: Arrays that were found good and can never change, with what they were checked for: a column serves many steps.
_GOOD: WeakValueDictionary[tuple[Any, ...], NDArray[Any]] = WeakValueDictionary()


def plain_array(where: str, given: Any) -> NDArray[Any]:
    """Return what was given as an array of one dimension; refuse masked ones, whose gaps nobody would look at."""
    if isinstance(given, np.ma.MaskedArray):
        raise ObservationError(f"{where} must not be a masked array; fill its gaps or leave them out.")
    try:
        return np.asarray(given)
    except ValueError as error:
        raise ObservationError(f"{where} must be an array of one dimension: {error}") from error


def sealed(where: str, given: Any, values: Values, length: int, n_accounts: int) -> NDArray[Any]:
    """Return an array as an observation keeps it: checked, and on bytes, so that nobody can make it writable.

    Parameters
    ----------
    where : str
        What it is, for messages.
    given : array of shape (length,)
        What rests on bytes already is handed on as it is, and not looked through again while it exists.
    values : Values
        What it must hold.
    length, n_accounts : int

    Raises
    ------
    ObservationError
        A shape, type or value is not allowed.
    """
    array = plain_array(where, given)
    if array.shape != (length,):
        raise ObservationError(f"{where} must have shape ({length},); got {array.shape}.")
    if not length:
        return np.frombuffer(b"", array.dtype if array.dtype.kind in _TYPES[values.kind] else values.dtype)
    if array.dtype.kind not in _TYPES[values.kind] or array.dtype.itemsize > 8:
        raise ObservationError(f"{where} must hold {_WORDS[values.kind]}; got type {array.dtype}.")
    kept = isinstance(array.base, bytes) and array.dtype.isnative
    key = id(array), array.dtype.str, length, values, n_accounts
    if kept and _GOOD.get(key) is array:
        return array
    _check_values(where, array, values, n_accounts)
    if not kept:
        dtype = array.dtype.newbyteorder("=")
        array = np.frombuffer(array.astype(dtype, copy=False).tobytes(), dtype)
        key = id(array), *key[1:]
    _GOOD[key] = array
    return array


def _check_values(where: str, array: NDArray[Any], values: Values, n_accounts: int) -> None:
    """Refuse the first value out of range."""
    if values.kind == "b":
        return
    low, high, whole = values.low, n_accounts if values.high == 0 else values.high, array.dtype.kind != "f"
    if not whole and np.isfinite(array).all():
        return
    # The least and the greatest say it all, without an array of truth values.
    if whole and (low is None or array.min() >= low) and (high is None or array.max() < high):
        return
    bad = ~np.isfinite(array)
    if low is not None:
        bad |= array < low
    if high is not None:
        bad |= array >= high
    allowed = "" if low is None else f" in [{low}, {'inf' if high is None else high})"
    at = int(np.argmax(bad))
    raise ObservationError(f"{where} must hold {_WORDS[values.kind]}{allowed}; got {array[at]} at place {at}.")


def check_authors(kind: NDArray[Any], account: NDArray[Any], author: NDArray[Any]) -> None:
    """Refuse posts of somebody else: reposts whose `kind` was left 0 would be taken for posts."""
    wrong = np.flatnonzero((kind == POST) & (author != account) & (author != -1))
    if wrong.size:
        at = wrong[0]
        raise ObservationError(
            f"an event of kind POST ({POST}) must have its account as author, or -1; got account {account[at]}, author "
            f"{author[at]} at place {at} (a repost is of kind {REPOST})."
        )


def check_times(what: str, time: NDArray[Any], start: int, end: int) -> None:
    """Refuse times that run backwards or lie outside the step; `what` is an event or a report."""
    if (time[1:] < time[:-1]).any():
        raise ObservationError(f"{what}s must come in time order; {what} field 'time' runs backwards.")
    if time.size and (time[0] < start or time[-1] >= end):
        raise ObservationError(f"{what}s must lie in the step [{start}, {end}); got {time[0]} to {time[-1]}.")
