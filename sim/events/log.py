"""The activity log: what every account did, as columns, append-only, in time order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.core.prefetch import prefetch
from sim.events.kept import row_of
from sim.events.records import OWN, REPOST
from sim.events.timeline import TimelineView

if TYPE_CHECKING:
    import pandas as pd

_AHEAD = 16  # events between the one that is written and the one that is fetched: saves a sixth of the loop's time

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
#: What these columns hold in the row of a post: another column's value, or a number. They are stored for reposts alone,
#: which are a tenth of all acts: 401 MB of log at full size instead of 756.
OF_REPOSTS: dict[str, str | int] = {"author": "account", "post_time": "time", "source": OWN}
IMPRESSION_COLUMNS: dict[str, Any] = {
    "time": np.int32,
    "account": np.int32,  # the organic reader
    "author": np.int32,
    "post_time": np.int32,
    "source": np.int32,
}
REPORT_COLUMNS: dict[str, Any] = {
    "time": np.int32,
    "account": np.int32,  # the reader
    "kind": np.uint8,  # sim.events.records.REPORT or BLOCK
    "author": np.int32,  # of the post that was read, whom a block shuts out
    "post_time": np.int32,
}


class ActivityLog:
    """Columns of equal length to which rows are appended.

    Parts are kept separately and joined when first read, so appending never copies earlier rows.

    Parameters
    ----------
    columns : dict of str to dtype
        Names and types.
    start_epoch : int
        Start of the run, seconds since 1970-01-01 UTC, for `to_frame`.
    of_reposts : mapping of str to str or int, optional
        Columns that are stored only for rows of kind `REPOST`, and their value in all other rows: another column, or a
        number. They are assembled each time they are read.

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

    def __init__(
        self, columns: dict[str, Any], start_epoch: int, of_reposts: Mapping[str, str | int] | None = None
    ) -> None:
        self._types = dict(columns)
        self._of_reposts = dict(of_reposts or {})
        self._parts: dict[str, list[NDArray[Any]]] = {name: [] for name in columns}
        self._length = 0
        self.start_epoch = start_epoch

    def __deepcopy__(self, memo: dict[int, Any]) -> ActivityLog:
        """Return a log that grows by itself; the rows up to now, which nobody writes to, are shared."""
        copied = ActivityLog(self._types, self.start_epoch, self._of_reposts)
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
        """Append rows, given as one array per column; a column of reposts holds the values of the reposts alone.

        Raises
        ------
        ValueError
            A column is missing or unknown, or the lengths do not fit.
        """
        if parts.keys() != self._types.keys():
            raise ValueError(f"a log's rows need the columns {', '.join(self._types)}; got {', '.join(parts)}.")
        lengths = {part.size for name, part in parts.items() if name not in self._of_reposts}
        if len(lengths) != 1:
            raise ValueError(f"a log's columns need one length; got {sorted(lengths)}.")
        length = lengths.pop()
        if not length:
            return
        if self._of_reposts:
            reposts = int(np.count_nonzero(parts["kind"] == REPOST))
            sizes = {parts[name].size for name in self._of_reposts}
            if sizes != {reposts}:
                raise ValueError(
                    f"{', '.join(self._of_reposts)} need a value for each of {reposts} reposts; got {sorted(sizes)}."
                )
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
        if name in self._of_reposts:
            base = self._of_reposts[name]
            needed = {other: self[other] for other in ("kind", base) if isinstance(other, str)}
            column = self._filled(name, {**needed, name: parts[0]})
        else:
            column = parts[0].view()
        column.flags.writeable = False
        return column

    def _filled(self, name: str, stored: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        """Return a column of which only the values of reposts are stored for all rows."""
        base = self._of_reposts[name]
        column = np.full(stored["kind"].size, stored[base] if isinstance(base, str) else base, self._types[name])
        column[stored["kind"] == REPOST] = stored[name]
        return column

    def parts(self) -> Iterator[dict[str, NDArray[Any]]]:
        """Yield the rows a part at a time, as they were appended or all at once, without joining them.

        A run appends a step at a time: a pass over its parts takes no memory, where columns read as a whole do.
        """
        if len({len(parts) for parts in self._parts.values()}) > 1:  # some columns have been read
            yield {name: self[name] for name in self.columns}
            return
        for rows in zip(*self._parts.values(), strict=True):
            stored = dict(zip(self.columns, rows, strict=True))
            yield {name: self._filled(name, stored) if name in self._of_reposts else stored[name] for name in stored}

    def to_frame(self) -> pd.DataFrame:
        """Return the log as a pandas DataFrame, times in UTC."""
        import pandas as pd

        frame = pd.DataFrame({name: self[name] for name in self.columns})
        for name in ("time", "post_time"):
            if name in frame:
                frame[name] = pd.to_datetime(frame[name].astype("int64") + self.start_epoch, unit="s", utc=True)
        return frame


def post_identity(log: Mapping[str, NDArray[Any]] | ActivityLog) -> NDArray[np.int64]:
    """Return what the post of each row is known by, its author and its time, as one number: int64 (rows,)."""
    return np.asarray(log["author"].astype(np.int64) << 32 | log["post_time"])


@njit(cache=True, no_cfunc_wrapper=True)
def activity_rows(events: NDArray[Any], timeline: TimelineView, logged: NDArray[np.bool_]) -> tuple[NDArray[Any], ...]:
    """Return the columns of `ACTIVITY_COLUMNS`, in its order, of the events by accounts that are logged.

    Those of `OF_REPOSTS` are returned for the reposts among them alone.
    """
    size, n, reposts = events.size, 0, 0
    time, account, kind = np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.uint8)
    author, post_time, source = np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.int32)
    topic, language = np.empty(size, np.uint8), np.empty(size, np.uint8)
    for i in range(size):
        later = events[min(i + _AHEAD, size - 1)]
        prefetch(logged, later.account)
        prefetch(timeline.posts, row_of(later.post, timeline))
        if not logged[events[i].account]:
            continue
        post = timeline.posts[row_of(events[i].post, timeline)]
        time[n], account[n], kind[n] = events[i].time, events[i].account, events[i].kind
        topic[n], language[n] = post.topic, post.language
        n += 1
        if events[i].kind == REPOST:
            author[reposts], post_time[reposts], source[reposts] = post.author, post.time, events[i].source
            reposts += 1
    time, account, kind, topic, language = time[:n], account[:n], kind[:n], topic[:n], language[:n]
    return time, account, kind, author[:reposts], post_time[:reposts], source[:reposts], topic, language


@njit(cache=True, no_cfunc_wrapper=True)
def impression_rows(reads: NDArray[Any], timeline: TimelineView) -> tuple[NDArray[np.int32], ...]:
    """Return the columns of `IMPRESSION_COLUMNS`, in its order, of the step's impressions."""
    time, account, author, post_time, source = np.empty((5, reads.size), np.int32)
    for i in range(reads.size):
        later = reads[min(i + _AHEAD, reads.size - 1)]
        prefetch(timeline.posts, row_of(later.post, timeline))
        post = timeline.posts[row_of(reads[i].post, timeline)]
        time[i], account[i], source[i] = reads[i].time, reads[i].account, reads[i].source
        author[i], post_time[i] = post.author, post.time
    return time, account, author, post_time, source
