"""What each detector costs at full size: synthetic steps of a platform, one after another, then one scoring.

Every detector of `conf/detector` that is shown no truth and needs no training is measured alone, in a process of
its own. One step's events exist at a time, as in a run. The clock of `observe` runs over the last day of steps, when
windows of a week are full; that of `score` over one scoring after them.
"""

from __future__ import annotations

import pkgutil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.benchmark.ceiling import random_reads_per_second
from experiments.benchmark.measure import Clock, Measured, peak_bytes
from sim.config.detector import detector_settings, load_detector
from sim.config.yaml_files import available
from sim.core.rng import Purpose, normals, stream, uniforms
from sim.observation import KNOWN_BAD, KNOWN_GOOD, POST, REPOST, DetectorError, Follows, Observation
from sim.observed import COLUMNS

SEED = 1
REPOST_SHARE = 0.104  # of all acts, as in hk2019
_HOUR, _DAY = 3600, 86_400
_START = 18_000 * _DAY
_CELL, _TAKING_PART = 200, 100  # amplifiers of a cell, and how many of them repost what it is tasked with
_NAME = 2**24  # posts of a step have identifiers step * _NAME and on
_FOLLOWING = 38  # accounts that each follows: 45 million ties at full size, as in hk2019
_POPULAR = 180_000.0  # links that are popular
_AGES = 24  # reposts are of posts of so many steps at most


def unaided_detectors() -> list[str]:
    """Return the names in `conf/detector` of all that are shown no truth and need no training."""
    names = []
    for name in available("detector"):
        made = pkgutil.resolve_name(detector_settings(name, seed=SEED)["_target_"])
        if not getattr(made, "sees_truth", False) and not hasattr(made, "fit"):
            names.append(name)
    return names


def detector_steps(name: str, accounts: int, steps: int, events: int) -> Measured:
    """Let one detector observe steps of so many events by so many accounts, and score once.

    Returns
    -------
    Measured
        The times are those of the steps timed and the scoring; amounts: `observe` and `score`, CPU seconds (a step, a
        scoring), `refused` where it would not score so many.
    """
    _run(name, accounts=2000, steps=3, events=2000, timed=1)  # whatever it compiles
    observing, scoring, refused, reads = _run(name, accounts, steps, events, timed=min(24, steps))
    peak = peak_bytes()
    amounts = {"accounts": float(accounts), "events": float(events), "observe": observing.cpu / min(24, steps)}
    amounts |= {"refused": 1.0} if refused else {"score": scoring.cpu}
    cpu, wall = observing.cpu + scoring.cpu, observing.wall + scoring.wall
    return Measured(cpu, wall, peak, reads, random_reads_per_second(), amounts)


def _run(name: str, accounts: int, steps: int, events: int, timed: int) -> tuple[Clock, Clock, bool, float]:
    detector = load_detector(name, seed=SEED)
    platform = SyntheticPlatform(accounts, events, detector.requires)
    observing, scoring, refused, reads = Clock(), Clock(), False, 0.0
    for step in range(steps):
        seen = platform.step(step)
        try:
            if step < steps - timed:
                detector.observe(seen)
                continue
            reads += REPOST_SHARE * events
            with observing:
                detector.observe(seen)
        except DetectorError:  # of a graph that is too large
            return observing, scoring, True, reads
    with scoring:
        try:
            detector.score()
        except DetectorError:
            refused = True
    return observing, scoring, refused, reads


class SyntheticPlatform:
    """A public that posts and reposts by lognormal laws of activity, and amplifiers in cells, a sixth of all accounts.

    Nine tenths of the reposts are the public's, of posts of the last day, new ones and popular ones more often (the
    share u² of a step's posts, u uniform). The others are of tasks: half of a cell reposts each within an hour. A fifth
    of the posts carry a link or hashtags, most of them popular ones by Zipf's law; everybody follows `_FOLLOWING`
    accounts, the popular ones more often; one account in a thousand is known. Only what is required is kept and shown:
    the memory measured is to be the detector's.
    """

    def __init__(self, accounts: int, events: int, requires: frozenset[str]) -> None:
        self.accounts, self.events, self.requires = accounts, events, requires
        self.n_amplifiers = max(accounts // 6, 1)
        rows = np.arange(accounts)
        self._ends = np.cumsum(np.exp(1.5 * normals(stream(SEED, Purpose.ACTIVITY), rows[self.n_amplifiers :])))
        draw = stream(SEED, Purpose.PROFILE)
        amplifier = rows < self.n_amplifiers
        age = np.where(amplifier, 60.0, 3000.0) * uniforms(draw, rows, 0)
        self._columns: dict[str, NDArray[Any]] = {
            name: (uniforms(draw, rows, 1 + i) < np.where(amplifier, 0.5, 0.1)).astype(
                np.bool_ if values.kind == "b" else np.uint8
            )
            for i, (name, values) in enumerate(COLUMNS.items())
        }
        self._columns |= {
            "registered": np.ones(accounts, np.bool_),
            "created": (_START - age * _DAY).astype(np.int64),
            "language": (5 * uniforms(draw, rows, 90)).astype(np.uint8),
        }
        for i, name in enumerate(("follower_count", "following_count", "post_count")):
            self._columns[name] = np.exp(4.0 + 2.0 * normals(draw, rows, 91 + i)).astype(np.int32)
        known = uniforms(draw, rows, 94) < 0.001
        self._columns["known_accounts"] = np.where(known, np.where(amplifier, KNOWN_BAD, KNOWN_GOOD), 0).astype(np.int8)
        self._columns = {name: column for name, column in self._columns.items() if name in requires}
        self._follows: Follows | None = None

    def follows(self) -> Follows:
        """Return who follows whom, made when first asked for; piece by piece, so as not to set the peak of memory."""
        if self._follows is None:
            draw, rows = stream(SEED, Purpose.GRAPH_TIE), np.empty((self.accounts, _FOLLOWING), np.int32)
            for piece in np.array_split(np.arange(self.accounts), max(self.accounts // 10_000, 1)):
                tie = piece[:, None] * _FOLLOWING + np.arange(_FOLLOWING)
                drawn = (self.accounts - _FOLLOWING + 1) * uniforms(draw, tie) ** 3
                rows[piece] = np.sort(drawn.astype(np.int32), axis=1) + np.arange(_FOLLOWING)  # so that none is twice
            self._follows = Follows(np.arange(0, rows.size + 1, _FOLLOWING), rows.ravel())
        return self._follows

    def _carried(self, name: str, post: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return what posts carry of one kind: nothing, something of their own, or something popular."""
        draw = stream(SEED, {"url": Purpose.URL, "hashtags": Purpose.HASHTAGS, "text": Purpose.TEXT}[name])
        popular = 1 + (_POPULAR ** uniforms(draw, post, 1)).astype(np.int64)
        if name == "text":
            return np.where(uniforms(draw, post) < 0.05, popular, post + _NAME * _AGES)
        own = np.where(uniforms(draw, post, 2) < 0.3, post + _NAME * _AGES, popular)
        return np.where(uniforms(draw, post) < 0.2, own, 0)

    def step(self, step: int) -> Observation:
        """Return one step of an hour, with the columns and fields asked for."""
        n_reposts = round(self.events * REPOST_SHARE)
        n_posts, tasked = self.events - n_reposts, n_reposts // 10
        row = np.arange(self.events)

        def draw(purpose: Purpose) -> NDArray[np.float64]:
            return uniforms(stream(SEED, purpose), np.full(self.events, step), row)

        public = np.searchsorted(self._ends, draw(Purpose.WRITE) * self._ends[-1], side="right")
        account = np.minimum(self.n_amplifiers + public, self.accounts - 1)
        written = np.where(row < n_posts, step, step - (_AGES * draw(Purpose.APPEAL) ** 3).astype(np.int64))
        place = np.where(row < n_posts, row, (n_posts * draw(Purpose.REPOST) ** 2).astype(np.int64))
        late = row >= self.events - tasked
        task = (row - (self.events - tasked)) // _TAKING_PART
        cells = max(self.n_amplifiers // _CELL, 1)
        member = (draw(Purpose.PARTICIPATION) * _CELL).astype(np.int64)
        cell = (step * (tasked // _TAKING_PART + 1) + task) % cells
        account = np.where(late, np.minimum(cell * _CELL + member, self.n_amplifiers - 1), account)
        written, place = np.where(late, step, written), np.where(late, task % n_posts, place)
        post = (written + _AGES) * _NAME + place
        kind = np.where(row < n_posts, POST, REPOST)
        order = np.argsort(draw(Purpose.SESSION_TIME), kind="stable")
        start = _START + step * _HOUR
        fields: dict[str, NDArray[Any]] = {
            "time": start + np.sort((draw(Purpose.DELAY) * _HOUR).astype(np.int64)),
            "account": account[order].astype(np.int32),
            "kind": kind[order].astype(np.int8),
            "post": post[order].astype(np.int64),
            "author": np.where(kind == POST, account, post * 7919 % self.accounts)[order].astype(np.int32),
        }
        for name in {"url", "hashtags", "text"} & self.requires:
            fields[name] = self._carried(name, fields["post"])
        return Observation(
            step=step, start=start, end=start + _HOUR, n_accounts=self.accounts,
            columns=self._columns,
            events={name: field for name, field in fields.items() if name in self.requires},
            follows=self.follows() if "follows" in self.requires else None,
        )  # fmt: skip
