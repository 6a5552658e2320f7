"""A synthetic log for the tests of detectors: thirteen days of a small platform on which a small operation is at work.

It is no simulation and says nothing about the world. It contains, many times over, what detectors look for, so that
each finds something: a crew registered within an hour reposts its writers within seconds, in office hours; pairs repost
the same posts at night; they post the same links, hashtags and wordings, too. Among them are people who do none of
this, some busy and most not, and some who are new by chance. People report and block others, the operation most.

Examples
--------
>>> steps = synthetic_steps(seed=1)
>>> len(steps), steps[0].start, steps[-1].end / 86_400, steps[-1].n_accounts
(12, 0, 12.75, 60)
>>> int(synthetic_operation(60).sum())
28
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.observation import BLOCK, KNOWN_BAD, KNOWN_GOOD, POST, REPORT, REPOST, Follows, Observation

ACCOUNTS = 60
_HOUR, _DAY = 3600, 86_400
_END = 12 * _DAY + 18 * _HOUR  # from Thursday, 1 January 1970, to a Tuesday evening: something is still going on
_BURST = 4 * _DAY + 5 * _HOUR  # a Monday morning
_OLD_POSTS = 200  # written before the log begins

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class _Roles:
    """Account numbers of the operation's writers, of its crew, of its pairs, and of the public."""

    core: Ints
    crew: Ints
    pairs: Ints
    public: Ints

    @staticmethod
    def of(n_accounts: int) -> _Roles:
        core, crew = n_accounts // 15, n_accounts // 5
        parts = np.split(np.arange(n_accounts), np.cumsum([core, crew, crew // 2 * 2]))
        return _Roles(*parts)


def synthetic_operation(n_accounts: int = ACCOUNTS) -> NDArray[np.bool_]:
    """Return which accounts are the operation's, bool (accounts,): the labels of detectors that are trained."""
    operation = np.ones(n_accounts, np.bool_)
    operation[_Roles.of(n_accounts).public] = False
    return operation


def synthetic_steps(seed: int, steps: int = 12, events: int = 80, n_accounts: int = ACCOUNTS) -> list[Observation]:
    """Return the log, cut into steps of equal length.

    Parameters
    ----------
    seed : int
        Another seed gives other accounts and acts of the same kind.
    steps : int
        At least 1.
    events : int
        Acts of the public in a step, on average; the operation's are added to them, from fifteen accounts on.
    n_accounts : int
        At least 1. The operation has about the lower half of the numbers.
    """
    draw = np.random.Generator(np.random.Philox(key=seed))
    roles = _Roles.of(n_accounts)
    columns, follows = _columns(draw, roles, n_accounts), _follows(draw, n_accounts)
    log = _Log(roles.public[draw.integers(0, roles.public.size, _OLD_POSTS)], _marks(draw, _OLD_POSTS, 100))
    _public(draw, log, roles, n_accounts, steps * events)
    if roles.core.size:
        _crew(draw, log, roles)
        _pairs(draw, log, roles)
    fields = log.fields()
    reports = _reports(draw, fields, roles, synthetic_operation(n_accounts))
    edges = np.rint(np.linspace(0, _END, steps + 1)).astype(np.int64).tolist()
    out = []
    for step, (start, end) in enumerate(pairwise(edges)):
        rows = slice(*np.searchsorted(fields["time"], [start, end]))
        out.append(Observation(
            step=step, start=start, end=end, n_accounts=n_accounts, follows=follows,
            columns=columns | {"registered": columns["created"] < end},
            events={name: values[rows] for name, values in fields.items()},
            reports={
                name: values[slice(*np.searchsorted(reports["time"], [start, end]))] for name, values in reports.items()
            },
        ))  # fmt: skip
    return out


def _columns(draw: np.random.Generator, roles: _Roles, n: int) -> dict[str, NDArray[Any]]:
    """Return the columns of accounts; the crew is new, looks new, and connects in a way of its own."""
    columns: dict[str, NDArray[Any]] = {
        "created": draw.integers(-700 * _DAY, -100 * _DAY, n), "language": draw.integers(0, 2, n),
        "utc_offset": draw.integers(-8, 9, n), "follower_count": draw.integers(10, 500, n),
        "following_count": draw.integers(10, 300, n), "post_count": draw.integers(10, 900, n),
    }  # fmt: skip
    for name, share in (("default_image", 0.1), ("empty_bio", 0.2), ("verified", 0.05), ("phone_verified", 0.8)):
        columns[name] = draw.random(n) < share
    columns["access"] = (draw.random(n) < 0.1).astype(np.int64)
    columns |= {"network": draw.integers(0, 40, n), "client": draw.integers(0, 2, n)}
    newcomers = roles.public[::8]  # people are new, too, one at a time
    columns["created"][newcomers] = draw.integers(-10 * _DAY, 0, newcomers.size)
    crew = roles.crew
    columns["created"][crew] = _BURST + draw.integers(0, _HOUR, crew.size)
    columns["follower_count"][crew] = draw.integers(0, 6, crew.size)
    columns["post_count"][crew] = draw.integers(0, 30, crew.size)
    columns["following_count"][roles.pairs] = draw.integers(400, 900, roles.pairs.size)
    for name, value in (("default_image", True), ("empty_bio", True), ("verified", False), ("phone_verified", False),
                        ("access", 1), ("client", 2), ("network", 40)):  # fmt: skip
        columns[name][crew] = value
    operation = synthetic_operation(n)
    right = draw.random(n) < 0.9  # staff make mistakes
    known = (draw.random(n) < 0.4) & (columns["created"] < 0)
    columns["known_accounts"] = np.where(known, np.where(operation == right, KNOWN_BAD, KNOWN_GOOD), 0).astype(np.int8)
    return columns


def _follows(draw: np.random.Generator, n: int) -> Follows:
    """Return random ties, the operation's accounts to one another more than to others."""
    operation = synthetic_operation(n)
    among = operation[:, None] & operation[None, :]
    ties = draw.random((n, n)) < np.where(among, 0.25, 0.1)
    np.fill_diagonal(ties, False)
    return Follows(np.concatenate([[0], np.cumsum(ties.sum(axis=1))]), np.nonzero(ties)[1])


def _marks(draw: np.random.Generator, size: int, kinds: int, first: int = 1000, share: float = 0.5) -> Ints:
    """Return link, hashtags and wording of posts, int64 (posts, 3); 0 for none."""
    return np.where(draw.random((size, 3)) < share, first + draw.integers(0, kinds, (size, 3)), 0)


@dataclass
class _Log:
    """Posts by number, their authors and what they carry; and acts (time, account, kind, post) as they are added."""

    authors: Ints
    marks: Ints
    acts: list[Ints] = field(default_factory=list)

    def write(self, time: Ints, account: Ints, marks: Ints) -> Ints:
        """Add posts; return their numbers."""
        posts = self.authors.size + np.arange(time.size)
        self.authors, self.marks = np.concatenate([self.authors, account]), np.concatenate([self.marks, marks])
        self.acts.append(np.stack([time, account, np.full(time.size, POST), posts]))
        return posts

    def repost(self, time: Ints, account: Ints, posts: Ints) -> None:
        """Add reposts."""
        self.acts.append(np.stack([time, account, np.full(time.size, REPOST), posts]))

    def fields(self) -> dict[str, NDArray[Any]]:
        """Return the event fields in the order of time; of one second, in no order that says who acts."""
        time, account, kind, post = np.concatenate(self.acts, axis=1)
        order = np.lexsort((post * 7919 % 1009, kind, time))
        time, account, kind, post = time[order], account[order], kind[order], post[order]
        return {
            "time": time, "account": account.astype(np.int32), "kind": kind.astype(np.int8), "post": post + 1,
            "author": self.authors[post].astype(np.int32),
            "url": self.marks[post, 0], "hashtags": self.marks[post, 1], "text": self.marks[post, 2],
        }  # fmt: skip


def _public(draw: np.random.Generator, log: _Log, roles: _Roles, n: int, size: int) -> None:
    """Let people write and repost by day and, less, at night; a few are busy, most are not."""
    time = draw.integers(0, _END, 2 * size)
    awake = (time % _DAY > 6 * _HOUR) | (draw.random(time.size) < 0.3)
    time = np.sort(time[awake][:size])
    weight = np.full(n, 0.02)  # the operation's accounts do what people do, too
    weight[roles.public] = (1.0 + np.arange(roles.public.size)) ** -1.5
    account = draw.choice(n, time.size, p=weight / weight.sum())
    there = ~np.isin(account, roles.crew) | (time > _BURST + _HOUR)
    time, account = time[there], account[there]
    writes = draw.random(time.size) < 0.3
    posts = log.write(time[writes], account[writes], _marks(draw, int(writes.sum()), 100))
    known = np.cumsum(writes)[~writes]  # posts so far
    back = 1 + draw.geometric(0.1, known.size)
    fresh = (back < known) & (draw.random(known.size) < 0.5)
    old = draw.integers(0, _OLD_POSTS, known.size)
    log.repost(time[~writes], account[~writes], np.where(fresh, posts[0] + known - back, old) if posts.size else old)


def _reports(
    draw: np.random.Generator, fields: dict[str, NDArray[Any]], roles: _Roles, operation: NDArray[np.bool_]
) -> dict[str, NDArray[Any]]:
    """Return reports and blocks by people: of one post of the public in ten, and of one of the operation's in three."""
    written = np.flatnonzero(fields["kind"] == POST)
    share = np.where(operation[fields["author"][written]], 1 / 3, 0.1)
    rows = written[draw.random(written.size) < share]
    time = fields["time"][rows] + draw.integers(0, _DAY, rows.size)
    order = np.argsort(time, kind="stable")
    order = order[time[order] < _END]
    kind = np.where(draw.random(rows.size) < 0.5, REPORT, BLOCK)
    who = roles.public[draw.integers(0, roles.public.size, rows.size)]
    return {
        "time": time[order], "account": who[order].astype(np.int32), "kind": kind[order].astype(np.int8),
        "post": fields["post"][rows[order]], "author": fields["author"][rows[order]],
    }  # fmt: skip


def _office(draw: np.random.Generator, accounts: Ints, times: int) -> tuple[Ints, Ints]:
    """Return time and account of acts in office hours, so many a working day each."""
    days = np.array([day for day in range(13) if (day + 3) % 7 < 5])
    day, who, _ = (part.ravel() for part in np.meshgrid(days, accounts, np.arange(times), indexing="ij"))
    time = day * _DAY + draw.integers(9 * _HOUR, 17 * _HOUR, day.size)
    return time, who


def _crew(draw: np.random.Generator, log: _Log, roles: _Roles) -> None:
    """Let the core write, the crew repost it within seconds, and all of the crew post the same few things."""
    time, writer = _office(draw, roles.core, 4)
    posts = log.write(time, writer, _marks(draw, time.size, 5, first=1))
    # Which writers each reposts; on Wednesday it changes.
    orders = draw.random((2, roles.core.size, roles.crew.size)) < 0.6
    does = orders[(time >= 6 * _DAY).astype(int), writer - roles.core[0]] & (
        draw.random((posts.size, roles.crew.size)) < 0.8
    )
    late = time[:, None] + 1 + draw.integers(0, 40, does.shape)
    which, who = np.nonzero(does & (time[:, None] > _BURST + _HOUR))
    log.repost(late[which, who], roles.crew[who], posts[which])
    time, writer = _office(draw, roles.crew, 2)
    there = time > _BURST + _HOUR
    log.write(time[there], writer[there], _marks(draw, int(there.sum()), 5, first=1, share=0.9))


def _pairs(draw: np.random.Generator, log: _Log, roles: _Roles) -> None:
    """Let each pair repost the same posts within seconds on working nights, and by day post things of its own."""
    time, one = _office(draw, roles.pairs[::2], 4)
    time = time // _DAY * _DAY + _HOUR + draw.integers(0, 3 * _HOUR, time.size)
    posts = draw.integers(0, _OLD_POSTS, time.size)
    log.repost(time, one, posts)
    log.repost(time + draw.integers(0, 40, time.size), one + 1, posts)
    time, writer = _office(draw, roles.pairs, 2)
    of_pair = 10 + 4 * ((writer - roles.pairs[0]) // 2)
    log.write(time, writer, of_pair[:, None] + draw.integers(0, 4, (time.size, 3)))
