"""The activity log: what every account did, as columns, append-only, in time order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.events.timeline import TimelineView

if TYPE_CHECKING:
    import pandas as pd

ACTIVITY_COLUMNS: dict[str, Any] = {
    "time": np.int32,  # seconds from the start of the run
    "account": np.int32,
    "kind": np.uint8,  # sim.events.timeline.POST or REPOST
    "author": np.int32,  # of the post; (author, post_time) is the post's identity
    "post_time": np.int32,
    "source": np.int32,  # the account whose act brought the post; -1 none, -2 recommended, -3 promoted
    "topic": np.uint8,  # of the post; 0 is the contested one
    "language": np.uint8,  # of the post: index into the scenario's languages
}
IMPRESSION_COLUMNS: dict[str, Any] = {
    "time": np.int32,
    "account": np.int32,  # the organic reader
    "author": np.int32,
    "post_time": np.int32,
    "source": np.int32,
}


class ActivityLog:
    """Columns of equal length that only grow.

    Parts are kept as they come and joined when first read, so that appending never copies what is there.

    Parameters
    ----------
    columns : dict of str to dtype
        Names and types.
    start_epoch : int
        Start of the run, seconds since 1970-01-01 UTC, for `to_frame`.

    Examples
    --------
    >>> log = ActivityLog({"time": np.int32, "account": np.int32}, start_epoch=0)
    >>> log.append(time=np.array([5, 9]), account=np.array([1, 0]))
    >>> log["time"], len(log), log.columns
    (array([5, 9], dtype=int32), 2, ('time', 'account'))
    >>> log.append(time=np.array([11]), account=np.array([2]))
    >>> [part["account"].tolist() for part in log.parts()]
    [[1, 0], [2]]
    """

    def __init__(self, columns: dict[str, Any], start_epoch: int) -> None:
        self._types = dict(columns)
        self._parts: dict[str, list[NDArray[Any]]] = {name: [] for name in columns}
        self._length = 0
        self.start_epoch = start_epoch

    def __deepcopy__(self, memo: dict[int, Any]) -> ActivityLog:
        """Return a log that grows by itself; the rows up to now, which nobody writes to, are shared."""
        copied = ActivityLog(self._types, self.start_epoch)
        copied._parts = {name: list(parts) for name, parts in self._parts.items()}
        copied._length = self._length
        return copied

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self._types)

    def __len__(self) -> int:
        return self._length

    def append(self, **parts: NDArray[Any]) -> None:
        """Append rows, given as one array per column."""
        if parts.keys() != self._types.keys():
            raise ValueError(f"a log's rows need the columns {', '.join(self._types)}; got {', '.join(parts)}.")
        lengths = {part.size for part in parts.values()}
        if len(lengths) != 1:
            raise ValueError(f"a log's columns need one length; got {sorted(lengths)}.")
        length = lengths.pop()
        if not length:
            return
        for name, part in parts.items():
            self._parts[name].append(np.array(part, self._types[name]))
        self._length += length

    def __getitem__(self, name: str) -> NDArray[Any]:
        """Return a column as a read-only array of shape (rows,)."""
        if name not in self._types:
            raise KeyError(f"the log has no column {name!r}; it has {', '.join(self._types)}.")
        parts = self._parts[name]
        if len(parts) != 1:
            joined = np.concatenate(parts) if parts else np.empty(0, self._types[name])
            self._parts[name] = parts = [joined]
        column = parts[0].view()
        column.flags.writeable = False
        return column

    def parts(self) -> Iterator[dict[str, NDArray[Any]]]:
        """Yield the rows a part at a time, as they were appended or all at once, without joining them.

        A run appends a step at a time: a pass over its parts takes no room, where columns that are read as a whole do.
        """
        if len({len(parts) for parts in self._parts.values()}) > 1:  # some columns have been read
            yield {name: self[name] for name in self.columns}
            return
        for rows in zip(*self._parts.values(), strict=True):
            yield dict(zip(self.columns, rows, strict=True))

    def to_frame(self) -> pd.DataFrame:
        """Return the log as a pandas DataFrame, times in UTC."""
        import pandas as pd

        frame = pd.DataFrame({name: self[name] for name in self.columns})
        for name in ("time", "post_time"):
            if name in frame:
                frame[name] = pd.to_datetime(frame[name].astype("int64") + self.start_epoch, unit="s", utc=True)
        return frame


@njit(cache=True)
def activity_rows(events: NDArray[Any], timeline: TimelineView, logged: NDArray[np.bool_]) -> tuple[NDArray[Any], ...]:
    """Return the columns of `ACTIVITY_COLUMNS`, in its order, of the events by accounts that are logged."""
    size, n = events.size, 0
    time, account, kind = np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.uint8)
    author, post_time, source = np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.int32)
    topic, language = np.empty(size, np.uint8), np.empty(size, np.uint8)
    for i in range(size):
        if not logged[events[i].account]:
            continue
        post = timeline.posts[events[i].post - timeline.first_post]
        time[n], account[n], kind[n], source[n] = events[i].time, events[i].account, events[i].kind, events[i].source
        author[n], post_time[n], topic[n], language[n] = post.author, post.time, post.topic, post.language
        n += 1
    return time[:n], account[:n], kind[:n], author[:n], post_time[:n], source[:n], topic[:n], language[:n]


@njit(cache=True)
def impression_rows(reads: NDArray[Any], timeline: TimelineView) -> tuple[NDArray[np.int32], ...]:
    """Return the columns of `IMPRESSION_COLUMNS`, in its order, of the step's impressions."""
    time, account, author, post_time, source = np.empty((5, reads.size), np.int32)
    for i in range(reads.size):
        post = timeline.posts[reads[i].post - timeline.first_post]
        time[i], account[i], source[i] = reads[i].time, reads[i].account, reads[i].source
        author[i], post_time[i] = post.author, post.time
    return time, account, author, post_time, source
