"""Structured arrays of events, acts, posts and impressions, and functions that join and extend such arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

POST = 0  # kinds of act
REPOST = 1
REPORT = 2  # kinds of what readers do about a post (`REPORTED`); they are no acts
BLOCK = 3
OWN = -1  # an event's source when nobody passed the post on: the account wrote it itself
RECOMMENDED = -2  # the source when the platform recommended the post
PROMOTED = -3  # the source when somebody paid for the post to be shown

EVENT = np.dtype(
    [
        ("time", np.int32),  # seconds from the start of the run
        ("account", np.int32),
        ("post", np.int32),  # number of the post; of an organic account's new post: -1 until it is given one
        ("source", np.int32),  # the account whose act brought the post, OWN, RECOMMENDED or PROMOTED
        ("kind", np.uint8),
        ("topic", np.uint8),  # this and what follows: of a new post alone
        ("language", np.uint8),
        ("origin", np.uint8),  # truth: a sim.population.truth.Origin
        ("appeal", np.float32),
        ("stance", np.float32),
        ("narrative", np.uint8),  # truth: 0 none, else the number of the operation's narrative, from 1 on
    ],
    align=True,
)
# `before`: row of the account's act before this one that is kept, or -1.
ACT = np.dtype([("time", np.int32), ("post", np.int32), ("before", np.int32)], align=True)
POSTED = np.dtype(
    [
        ("time", np.int32),
        ("author", np.int32),
        ("reposts", np.int32),
        ("appeal", np.float32),
        ("stance", np.float32),
        ("topic", np.uint8),
        ("language", np.uint8),
        ("origin", np.uint8),
        ("flags", np.uint8),  # TRENDED, REMOVED
        ("proof", np.float32),  # ln(1 + reposts)
        ("limit", np.uint8),  # of its author, as it is now, in 255ths
        ("label", np.uint8),
        ("narrative", np.uint8),  # truth; with it 32 bytes: a post never straddles two lines of the cache
    ],
    align=True,
)
TRENDED, REMOVED = 1, 2  # has been in the recommendations; the platform has taken it down: nobody reads or reposts it
LINE = np.dtype([("act", np.int32), ("post", np.int32)], align=True)
#: An impression: an organic account reads an item of operation content.
READ = np.dtype([("time", np.int32), ("account", np.int32), ("post", np.int32), ("source", np.int32)], align=True)
#: A reader reports a post to the platform, or blocks its author; (author, post_time) is the post's identity.
REPORTED = np.dtype(
    [
        ("time", np.int32),
        ("account", np.int32),  # the reader
        ("author", np.int32),
        ("post_time", np.int32),
        ("kind", np.uint8),  # REPORT or BLOCK
    ],
    align=True,
)


def joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    """Join arrays of one structured type as they lie in memory: NumPy's own way copies them field by field."""
    raw = np.dtype((np.void, parts[0].dtype.itemsize))
    return np.concatenate([np.ascontiguousarray(part).view(raw) for part in parts]).view(parts[0].dtype)


def move_up(rows: NDArray[Any], begin: int, end: int) -> None:
    """Move the rows from `begin` to `end` to the front, as they lie in memory."""
    raw = rows.view(np.uint8)
    size = rows.dtype.itemsize
    raw[: (end - begin) * size] = raw[begin * size : end * size]


def grown(rows: NDArray[Any], needed: int) -> NDArray[Any]:
    """Return the array, or one half as large again with the same first rows."""
    if needed <= rows.size:
        return rows
    larger = aligned(max(needed, rows.size * 3 // 2), rows.dtype)
    larger[: rows.size] = rows
    return larger


def aligned(size: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return an unfilled array that begins at a line of the processor's cache, 64 bytes."""
    raw = np.empty(size * dtype.itemsize + 64, np.uint8)
    begin = -raw.ctypes.data % 64
    return raw[begin : begin + size * dtype.itemsize].view(dtype)
