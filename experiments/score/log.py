"""A log as detectors need it: acts in time order, accounts numbered from 0 on, and what they are called outside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.archive.schema import milliseconds_of
from sim.observation import POST, REPOST

LEAST_SNOWFLAKE = 10**16  # ids of a smaller number hold no time that anybody could have posted at
_BEFORE = 0.99  # share of reposts that must come after the time in the id of the post, or these are no such ids
_ROUNDED = 60  # seconds by which a log's times may be too early: those of the archives are to the minute


@dataclass(frozen=True)
class Log:
    """Acts, in time order.

    Attributes
    ----------
    ids : Arrow array of string (accounts,)
        As given, by number.
    time : int64 (acts,)
        Seconds since 1970-01-01 UTC.
    account : int32 (acts,)
        Who acts.
    kind : int8 (acts,)
        `POST` or `REPOST`.
    post : int64 (acts,)
        Label of the post written or reposted.
    author : int32 (acts,)
        Who wrote it; -1 where that is not known.
    traces : dict of str to int64 (acts,)
        url, hashtags, text, as far as there are columns for them; 0 is none.
    language : int64 (accounts,) or None
        Where there is a column for it.
    numbers : bool
        Whether the labels of posts are their ids.
    notes : list of str
        What the reader of a report must know of how the log was read.
    labels : int64 (accounts,) or None
        1 for those to be found, 0 for others, -1 where nobody says; where labels or controls were given.
    """

    ids: Any
    time: NDArray[np.int64]
    account: NDArray[np.int32]
    kind: NDArray[np.int8]
    post: NDArray[np.int64]
    author: NDArray[np.int32]
    traces: dict[str, NDArray[np.int64]]
    language: NDArray[np.int64] | None
    numbers: bool
    notes: list[str] = field(default_factory=list)
    labels: NDArray[np.int64] | None = None

    @property
    def n_accounts(self) -> int:
        """Accounts that act, or are named as authors."""
        return len(self.ids)

    @property
    def start(self) -> int:
        """Second of the first act."""
        return int(self.time[0])

    @property
    def end(self) -> int:
        """Second after the last act."""
        return int(self.time[-1]) + 1

    @property
    def hours(self) -> float:
        """From the first act to the last."""
        return (self.end - self.start) / 3600.0

    def acting(self) -> NDArray[np.bool_]:
        """Return which accounts act: bool (accounts,)."""
        return np.bincount(self.account, minlength=self.n_accounts) > 0

    def fields(self) -> dict[str, str]:
        """Return what the log lacks of what an observation can hold: the field, and why."""
        lacks = {}
        for name in ("url", "hashtags", "text"):
            if name not in self.traces:
                lacks[name] = f"a column for {name}"
            elif not self.traces[name].any():
                lacks[name] = f"a value in the column for {name}"
        if not (self.kind == REPOST).any():
            lacks["post"] = lacks["author"] = "reposts (a column for post)"
        return lacks

    def originals(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]] | None:
        """Return the posts that were reposted and are not in the log: label, second, author (-1: not known).

        Their times are in their ids, if these are snowflake ids. None where they are not, and none of the posts that
        were reposted is in the log.
        """
        reposts = self.kind == REPOST
        own = np.unique(self.post[~reposts])
        outside = reposts & ~_among(self.post, own)
        if not outside.any():
            return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int32)
        label, first = np.unique(self.post[outside], return_index=True)
        rows = np.flatnonzero(outside)
        if self.numbers and np.mean(label >= LEAST_SNOWFLAKE) > _BEFORE:
            written = milliseconds_of(self.post[rows]) // 1000
            if np.mean(written <= self.time[rows] + _ROUNDED) > _BEFORE:
                known = label >= LEAST_SNOWFLAKE
                seconds = np.minimum(milliseconds_of(label) // 1000, self.time[rows[first]])
                return label[known], seconds[known], self.author[rows[first]][known]
        return None if outside.sum() == reposts.sum() else (label[:0], label[:0], self.author[:0])


def _among(values: NDArray[np.int64], rising: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which values are in a rising list without repeats."""
    if not rising.size:
        return np.zeros(values.size, np.bool_)
    place = np.minimum(np.searchsorted(rising, values), rising.size - 1)
    return np.asarray(rising[place] == values)


def authors_of(
    kind: NDArray[np.int8], account: NDArray[np.int32], post: NDArray[np.int64], author: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Return the authors of acts: an own post's is its account, and a repost's is looked up where it is not known."""
    own = np.flatnonzero(kind == POST)
    found = author.copy()
    found[own] = account[own]
    unknown = np.flatnonzero((kind == REPOST) & (author < 0))
    if own.size and unknown.size:
        label, first = np.unique(post[own], return_index=True)
        place = np.minimum(np.searchsorted(label, post[unknown]), label.size - 1)
        there = label[place] == post[unknown]
        found[unknown[there]] = account[own[first[place[there]]]]
    return found
