"""The slow platform: fresh account numbers, a judge, a threshold and suspensions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from detectors.random import RandomDetector
from sim.config import EnforcementConfig
from sim.observation import Observation
from sim.rng import Purpose, stream, uniform
from sim.timeline import REPOST
from tests.detectors import slow_co_repost
from tests.oracle.records import Account, Act

if TYPE_CHECKING:
    from tests.oracle.slow_model import SlowModel

#: An act as the platform's staff see it: time, account, kind, (author, time) of the post.
Seen = tuple[int, int, int, tuple[int, int]]
#: From what was seen up to a time, and the number of accounts, to a score for each; NaN where there is too little.
Judge = Callable[[list[Seen], int, int], list[float]]


def by_lot(seed: int) -> Judge:
    """Judge by lot, with the lots of the real detector."""

    def judge(seen: list[Seen], now: int, n_accounts: int) -> list[float]:
        lot = RandomDetector(seed)
        lot.observe(Observation(step=0, start=0, end=1, n_accounts=n_accounts, columns={}, events={}))
        return [float(score) for score in lot.score()]

    return judge


def by_co_repost(window_hours: float, min_reposts: int, max_reposters: int | None) -> Judge:
    """Judge by the slow twin of the co-repost detector.

    Sums taken in another order differ in the last bits, so scores are rounded, as the detector itself rounds them: a
    threshold of 1 stands at what is alike up to that.
    """

    def judge(seen: list[Seen], now: int, n_accounts: int) -> list[float]:
        reposts = [(time, who, post) for time, who, kind, post in seen if kind == REPOST and post[0] != who]
        oldest = now - 3600.0 * window_hours
        scores = slow_co_repost.scores(reposts, oldest, min_reposts, max_reposters, n_accounts)
        return [min(round(float(score), 12), 1.0) if score == score else math.nan for score in scores]

    return judge


class Platform:
    """Watches, scores at its cadence, and suspends after its delay whoever reaches the threshold."""

    def __init__(self, model: SlowModel, judge: Judge | None, enforcement: EnforcementConfig) -> None:
        self.model, self.judge, self.enforcement = model, judge, enforcement
        key = stream(model.config.seed, Purpose.RENUMBER)
        by_draw = sorted(model.accounts, key=lambda account: uniform(key, account.number, 0, 0))
        self.fresh = {account: number for number, account in enumerate(by_draw)}
        self.scores: dict[Account, float] = dict.fromkeys(model.accounts, math.nan)
        self.seen: list[Seen] = []
        self.verdicts: dict[Account, int] = {}  # account -> time of its suspension

    def start_step(self) -> None:
        """Carry out the suspensions whose time has come, at the start of the step."""
        now = self.model.step_number * self.model.config.scenario.step_seconds
        for account, time in self.verdicts.items():
            if time <= now and not account.suspended:
                account.suspended_at = now

    def step(self, acts: list[Act]) -> None:
        """Watch the step's acts; at the cadence, score and decide."""
        if self.judge is None:
            return
        scenario, fresh = self.model.config.scenario, self.fresh
        self.seen += [
            (act.time + scenario.start_epoch, fresh[act.account], act.kind, (fresh[act.post.author], act.post.time))
            for act in acts
        ]
        cadence = max(1, round(self.enforcement.cadence_hours * 60.0 / scenario.step_minutes))
        if (self.model.step_number + 1) % cadence:
            return
        end = (self.model.step_number + 1) * scenario.step_seconds
        scores = self.judge(self.seen, end + scenario.start_epoch, len(fresh))
        self.scores = {who: scores[fresh[who]] if who.created < end else math.nan for who in self.model.accounts}
        if self.enforcement.policy == "never":
            return
        for account, score in self.scores.items():
            if score >= self.enforcement.threshold and not account.suspended and account not in self.verdicts:
                self.verdicts[account] = end + round(self.enforcement.delay_hours * 3600.0)
