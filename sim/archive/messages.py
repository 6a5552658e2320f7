"""The acts of a run's log under published ids, which hold their times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.archive.schema import snowflakes
from sim.events.log import ACTIVITY_COLUMNS, ActivityLog, post_identity
from sim.events.records import REPOST
from sim.model import InfluenceModel


@dataclass(frozen=True)
class Messages:
    """The acts of a run's log under published ids, in time order.

    Attributes
    ----------
    seconds : int64 (acts,)
        Since 1970-01-01 UTC.
    account, author : int32 (acts,)
        Who acts, and whose post it is.
    repost : bool (acts,)
    message, post : int64 (acts,)
        Id of the act, and of the post that it writes or reposts: the same where it writes one.
    topic, language : uint8 (acts,)
        Of the post.
    """

    seconds: NDArray[np.int64]
    account: NDArray[np.int32]
    author: NDArray[np.int32]
    repost: NDArray[np.bool_]
    message: NDArray[np.int64]
    post: NDArray[np.int64]
    topic: NDArray[np.uint8]
    language: NDArray[np.uint8]

    def __len__(self) -> int:
        return int(self.seconds.size)

    def rows(self, rows: NDArray[np.integer] | slice) -> Messages:
        """Return some of the acts."""
        return Messages(**{name: column[rows] for name, column in vars(self).items()})


def messages(model: InfluenceModel, until: int | None = None, of: NDArray[np.bool_] | None = None) -> Messages:
    """Return the acts of a run's log with their ids, which hold their times.

    Acts of one second differ by their place in the log. Where the log is a sample, reposted posts that are not in it
    have ids as well.

    Parameters
    ----------
    model : InfluenceModel
    until : int, optional
        Only the acts before it, seconds from the start of the run.
    of : bool (accounts,), optional
        Only the acts that say something of these accounts: their own, reposts of them, and the posts of whom they
        repost. At full size all acts take over two gigabytes more than the run; these take little.

    Raises
    ------
    ConfigError
        The run's times cannot be put into ids.
    """
    start = model.config.scenario.start_epoch
    if of is None:
        end = None if until is None else int(np.searchsorted(model.activity["time"], until))
        log = {name: model.activity[name][:end] for name in model.activity.columns}
        place = _place_among_equals(log["time"])
    else:
        log, place = _about(model.activity, of, until)
    time, repost = log["time"].astype(np.int64), log["kind"] == REPOST
    message = snowflakes((start + time) * 1000, place)
    key = post_identity(log)
    wanted, which = np.unique(key[repost], return_inverse=True)
    posts = np.flatnonzero(~repost)
    posts = posts[np.argsort(key[posts], kind="stable")]
    found = np.searchsorted(key[posts], wanted)
    logged = found < posts.size
    logged[logged] = key[posts[found[logged]]] == wanted[logged]
    target = np.empty(wanted.size, np.int64)
    target[logged] = message[posts[found[logged]]]
    if not logged.all():
        target[~logged] = _unlogged(wanted[~logged] & 0xFFFF_FFFF, model.activity["time"], start)
    post = message.copy()
    post[repost] = target[which]
    return Messages(
        start + time, log["account"], log["author"], repost, message, post, log["topic"], log["language"]
    )  # fmt: skip


def _about(
    log: ActivityLog, of: NDArray[np.bool_], until: int | None
) -> tuple[dict[str, NDArray[Any]], NDArray[np.int64]]:
    """Return the rows of a log that say something of some accounts, and the place of each among those of its second.

    Part by part: the whole would take as much room again as the log.
    """
    own_reposts = [post_identity(part)[of[part["account"]] & (part["kind"] == REPOST)] for part in log.parts()]
    wanted = np.unique(np.concatenate([np.empty(0, np.int64), *own_reposts]))
    reposted = np.zeros_like(of)
    reposted[wanted >> 32] = True
    found: dict[str, list[NDArray[Any]]] = {name: [np.empty(0, kind)] for name, kind in ACTIVITY_COLUMNS.items()}
    places = [np.empty(0, np.int64)]
    for part in log.parts():
        about = of[part["account"]] | of[part["author"]]
        maybe = np.flatnonzero(reposted[part["account"]] & (part["kind"] != REPOST))
        about[maybe[np.isin(post_identity(part)[maybe], wanted)]] = True
        if until is not None:
            about &= part["time"] < until
        rows = np.flatnonzero(about)
        places.append(rows - np.searchsorted(part["time"], part["time"][rows]))
        for name, column in part.items():
            found[name].append(column[rows])
    return {name: np.concatenate(columns) for name, columns in found.items()}, np.concatenate(places)


def _place_among_equals(rising: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return how many equal numbers come before each of a rising sequence."""
    begins = np.flatnonzero(np.diff(rising, prepend=rising[:1] - 1))
    lengths = np.diff(begins, append=rising.size)
    return np.arange(rising.size) - np.repeat(begins, lengths)


def _unlogged(written: NDArray[np.int64], time: NDArray[np.int64], start: int) -> NDArray[np.int64]:
    """Return ids of posts that the log lacks; in their second they come after its acts."""
    order = np.argsort(written, kind="stable")
    rising = written[order]
    acts = np.searchsorted(time, rising, side="right") - np.searchsorted(time, rising)
    ids = np.empty(written.size, np.int64)
    ids[order] = snowflakes((start + rising) * 1000, acts + _place_among_equals(rising))
    return ids
