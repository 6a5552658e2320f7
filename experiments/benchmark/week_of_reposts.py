"""A log of a week, by its size and shape that of a conversation on a large platform, and what scoring it costs.

The shape is that of the reposts of six days in docs/validation.md ("A conversation on one topic"): 17 reposts of a
reposted post, of which the most popular hundredth gets 47%. Accounts are busier than on one topic: ten reposts in the
week in the mean.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from experiments.benchmark.ceiling import random_reads_per_second
from experiments.benchmark.measure import Clock, Measured, peak_bytes
from experiments.score.config import load_score
from experiments.score.files import edge_table, group_table, write_csv
from experiments.score.log import Log
from experiments.score.run import Result, score_log
from sim.core.rng import Purpose, normals, stream, uniforms
from sim.observation import POST, REPOST

SEED = 1
DETECTORS = ("co_repost", "windowed_co_repost", "fast_repost", "null_model", "fraudar", "synchrotrap")
_WEEK, _DAY, _HOUR = 7 * 86_400, 86_400, 3600
_A_POST = 17  # reposts
_POPULARITY, _ACTIVITY = 2.25, 1.5  # log-sd: the top hundredth of posts gets 47%, of accounts 20%
_DELAY_HOURS, _DELAY_SD = 3.0, 2.0  # of a repost, median and log-sd
_CREW, _IN_CREWS, _ORDERS = 20, 0.01, 12  # accounts of a crew; share of accounts in one; posts that it reposts at once


def week_of_reposts(accounts: int, reposts: int) -> Log:
    """Return a week of posts and reposts.

    Parameters
    ----------
    accounts : int
    reposts : int
        Nearly: an account reposts a post once.
    """
    crews = int(accounts * _IN_CREWS) // _CREW
    n_posts, ordered = max(reposts // _A_POST, 1), crews * _ORDERS
    posts = np.arange(n_posts + ordered)
    written = (uniforms(stream(SEED, Purpose.SESSION_TIME), posts) * (_WEEK + _DAY)).astype(np.int64) - _DAY
    author = by_weight(
        _POPULARITY, stream(SEED, Purpose.TARGET), accounts, uniforms(stream(SEED, Purpose.WRITE), posts)
    )
    acts = np.arange(reposts - ordered * _CREW)
    who = by_weight(_ACTIVITY, stream(SEED, Purpose.ACTIVITY), accounts, uniforms(stream(SEED, Purpose.SESSION), acts))
    post = by_weight(_POPULARITY, stream(SEED, Purpose.APPEAL), n_posts, uniforms(stream(SEED, Purpose.REPOST), acts))
    delay = 3600.0 * _DELAY_HOURS * np.exp(_DELAY_SD * normals(stream(SEED, Purpose.DELAY), acts))
    crew, member, order = (part.ravel() for part in np.indices((crews, _CREW, _ORDERS)))
    who = np.concatenate([who, crew * _CREW + member])
    post = np.concatenate([post, n_posts + crew * _ORDERS + order])
    together = uniforms(stream(SEED, Purpose.PARTICIPATION), crew, member, order) * 30.0
    time = written[post] + np.concatenate([delay, together]).astype(np.int64)
    begin = np.maximum(written[post], 0)  # what falls outside of the week comes at any time of it after the post
    later = uniforms(stream(SEED, Purpose.LAG), np.arange(time.size)) * (_WEEK - begin)
    time = np.where((time >= 0) & (time < _WEEK), time, begin + later.astype(np.int64))
    others = np.flatnonzero(who != author[post])
    first = others[np.unique(who[others] << 32 | post[others], return_index=True)[1]]
    own = written >= 0
    return _log(accounts, (time[first], who[first], post[first]), (written[own], author[own], posts[own]), author)


def by_weight(sigma: float, key: np.uint64, n: int, draw: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return numbers in [0, n), each drawn in proportion to a lognormal weight of its own."""
    ends = np.cumsum(np.exp(sigma * normals(key, np.arange(n))))
    return np.minimum(np.searchsorted(ends, draw * ends[-1], side="right"), n - 1)


def score(accounts: int, reposts: int) -> Measured:
    """Score the log by six detectors, at their defaults, and write the scores' edges and groups."""
    log = week_of_reposts(accounts, reposts)
    score_log(week_of_reposts(2_000, 20_000), load_score(f"score.detectors=[{','.join(DETECTORS)}]"))  # compiles
    options = load_score(f"score.detectors=[{','.join(DETECTORS)}]", "score.evidence=0")
    with Clock() as clock:
        found = score_log(log, options)
    with Clock() as writing, tempfile.TemporaryDirectory() as folder:
        _write(found, Path(folder))
    if found.failed:
        raise RuntimeError("; ".join(f"{name}: {reason}" for name, reason in found.failed.items()))
    amounts = {
        "accounts": float(accounts), "reposts": float(np.count_nonzero(log.kind == REPOST)), "writing": writing.cpu,
        **{f"cpu {one.name}": one.cpu_seconds for one in found.scored},
        **{f"edges {one.name}": float(one.network.one.size) for one in found.scored if one.network is not None},
    }  # fmt: skip
    cpu, wall, peak = clock.cpu + writing.cpu, clock.wall + writing.wall, peak_bytes()
    reads = len(DETECTORS) * amounts["reposts"]
    return Measured(cpu, wall, peak, reads, random_reads_per_second(), amounts)


def _write(found: Result, folder: Path) -> None:
    write_csv(edge_table(found), folder / "edges.csv")
    write_csv(group_table(found), folder / "groups.csv")


def _log(
    accounts: int,
    reposts: tuple[NDArray[np.int64], ...],
    posts: tuple[NDArray[np.int64], ...],
    author: NDArray[np.int64],
) -> Log:
    time, who, post = (np.concatenate(both) for both in zip(posts, reposts, strict=True))
    kind = np.repeat([POST, REPOST], [posts[0].size, reposts[0].size]).astype(np.int8)
    order = np.argsort(time, kind="stable")  # posts stand first: a post comes before its reposts
    time, who, post, kind = time[order], who[order], post[order], kind[order]
    return Log(
        ids=pa.array(np.arange(accounts)).cast(pa.string()), time=time, account=who.astype(np.int32), kind=kind,
        post=post, author=author[post].astype(np.int32), traces={}, language=None, numbers=False,
    )  # fmt: skip
