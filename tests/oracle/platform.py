"""The platform, in plain Python: it observes under pseudonyms, scores, decides, and carries out its orders."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from detectors.random import RandomDetector
from sim.config import EnforcementConfig
from sim.core.rng import Purpose, normals, stream, uniform
from sim.events.records import REPOST
from sim.observation import Observation
from tests.detectors import slow_co_repost
from tests.oracle.records import Account, Act, Post

if TYPE_CHECKING:
    from tests.oracle.slow_model import SlowModel

#: An act as the platform's staff see it: time, account, kind, (author, time) of the post.
Seen = tuple[int, int, int, tuple[int, int]]
#: From the acts seen so far, the time and the number of accounts to a score for each; NaN where there is too little.
SlowDetector = Callable[[list[Seen], int, int], list[float]]


def at_random(seed: int) -> SlowDetector:
    """Return a detector that scores at random, with the draws of the real one."""

    def score(seen: list[Seen], now: int, n_accounts: int) -> list[float]:
        detector = RandomDetector(seed)
        detector.observe(Observation(step=0, start=0, end=1, n_accounts=n_accounts, columns={}, events={}))
        return [float(score) for score in detector.score()]

    return score


def by_co_repost(window_hours: float, min_reposts: int, max_reposters: int | None) -> SlowDetector:
    """Return a detector that scores by co-reposts, in plain Python.

    Sums that are taken in another order differ in the last bits. So scores are rounded, as the real detector rounds
    them, and accounts that are alike reach a threshold of 1 in both.
    """

    def score(seen: list[Seen], now: int, n_accounts: int) -> list[float]:
        reposts = [(time, who, post) for time, who, kind, post in seen if kind == REPOST and post[0] != who]
        oldest = now - 3600.0 * window_hours
        scores = slow_co_repost.scores(reposts, oldest, min_reposts, max_reposters, n_accounts)
        return [min(round(float(score), 12), 1.0) if score == score else math.nan for score in scores]

    return score


ACTIONS = ("none", "suspend", "challenge", "limit", "label", "remove_posts", "bar_advertising")
#: An action, its strength, the hours until it takes effect.
Measure = tuple[str, float, float]


class Platform:
    """Observes each step, scores accounts at its cadence, and acts on the policy's decisions after their delay."""

    def __init__(self, model: SlowModel, detector: SlowDetector | None, enforcement: EnforcementConfig) -> None:
        self.model, self.detector, self.enforcement = model, detector, enforcement
        key = stream(model.config.seed, Purpose.RENUMBER)
        by_draw = sorted(model.accounts, key=lambda account: uniform(key, account.number, 0, 0))
        self.pseudonyms = {account: number for number, account in enumerate(by_draw)}
        self.scores: dict[Account, float] = dict.fromkeys(model.accounts, math.nan)
        self.seen: list[Seen] = []
        self.orders: list[tuple[int, Account, str, int]] = []  # (time, account, action, strength in 255ths)
        self.ordered: dict[tuple[Account, str], int] = {}  # strength ordered or in force, in 255ths
        self.ends: list[tuple[int, Account, bool]] = []  # of open challenges: (time, account, passed)
        self.immune: dict[Account, int] = {}  # time until which an account is not challenged again
        self.log: list[tuple[int, int, str, bool]] = []  # (time, account, action, lifted)
        self.decisions = 0
        self.now = 0  # time of the last scoring

    def _draw(self, purpose: Purpose, *words: int) -> float:
        return uniform(stream(self.model.config.seed, purpose), *words, *[0] * (3 - len(words)))

    def start_step(self) -> None:
        """Carry out the orders that are due, end the challenges that are due, and remove posts whose time has come."""
        now = self.model.step_number * self.model.config.scenario.step_seconds
        for order in sorted((order for order in self.orders if order[0] <= now), key=lambda order: order[0]):
            self._carry_out(*order[1:], now)
        self.orders = [order for order in self.orders if order[0] > now]
        for _, account, passed in [end for end in self.ends if end[0] <= now]:
            if account.challenged:
                account.challenged = False
                if passed:
                    self.immune[account] = now + round(self.enforcement.challenge.immune_days * 86_400)
                self.ordered[account, "challenge"] = 0
                if passed:
                    self.log.append((now, account.number, "challenge", True))
                else:
                    self.ordered[account, "suspend"] = 255
                    self._carry_out(account, "suspend", 255, now)
        self.ends = [end for end in self.ends if end[0] > now]
        for post in self.model.posts:
            post.removed = post.removed or (not post.forgotten and self._removed_at(post) <= now)

    def _removed_at(self, post: Post) -> float:
        """Return when a post is removed. The author's `removal` is the probability that it is removed at all."""
        words = (post.author.number, post.time)
        if not post.author.removal or self._draw(Purpose.REMOVAL, *words) >= post.author.removal / 255:
            return math.inf
        half_lives = -math.log2(1.0 - self._draw(Purpose.REMOVAL, *words, 1))
        return post.time + math.ceil(half_lives * self.enforcement.removal_half_life_hours * 3600.0)

    def _carry_out(self, account: Account, action: str, level: int, now: int) -> None:
        """Let an action take effect on an account, unless it changes nothing."""
        gone = account.suspended_at is not None
        if action == "suspend":
            if gone:
                return
            account.suspended_at, account.challenged = now, False
            self.ordered[account, "challenge"] = 0
        elif action == "challenge":
            if account.challenged:
                return
            if gone or self.immune.get(account, 0) > now:
                self.ordered[account, "challenge"] = 0
                return
            account.challenged = True
            self._challenge(account, now)
        elif action in ("limit", "label", "remove_posts"):
            column = "removal" if action == "remove_posts" else action
            if getattr(account, column) >= level:
                return
            setattr(account, column, level)
        self.log.append((now, account.number, action, False))

    def _challenge(self, account: Account, now: int) -> None:
        """Draw when a challenge ends, and whether the account passes it."""
        rules, number = self.enforcement.challenge, account.number
        share = list(rules.pass_share.values())[account.layer]
        normal = float(normals(stream(self.model.config.seed, Purpose.CHALLENGE), number, 1)[0])
        wait, deadline = rules.wait_hours_median * math.exp(rules.wait_sigma * normal), rules.deadline_hours
        passed = self._draw(Purpose.CHALLENGE, number) < share and wait <= deadline
        self.ends.append((now + math.ceil(3600.0 * (wait if passed else deadline)), account, passed))

    def step(self, acts: list[Act]) -> None:
        """Observe the step's acts; at the cadence, score all accounts and decide."""
        if self.detector is None:
            return
        scenario, pseudonyms = self.model.config.scenario, self.pseudonyms
        self.seen += [
            (
                act.time + scenario.start_epoch,
                pseudonyms[act.account],
                act.kind,
                (pseudonyms[act.post.author], act.post.time),
            )
            for act in acts
        ]
        cadence = max(1, round(self.enforcement.cadence_hours * 60.0 / scenario.step_minutes))
        if (self.model.step_number + 1) % cadence:
            return
        end = self.now = (self.model.step_number + 1) * scenario.step_seconds
        scores = self.detector(self.seen, end + scenario.start_epoch, len(pseudonyms))
        self.scores = {who: scores[pseudonyms[who]] if who.created < end else math.nan for who in self.model.accounts}
        if self.enforcement.policy == "never":
            return
        for account, (action, strength, delay) in self._choose(cadence * scenario.step_minutes / 1440.0):
            if not self._already(account, action, strength, delay):
                self._order(account, action, strength, end, end + round(delay * 3600.0))

    def _choose(self, days: float) -> list[tuple[Account, Measure]]:
        """Return the accounts that the policy chooses, each with an action, among those with an action left to take."""
        rules = self.enforcement
        own: Measure = (rules.action, rules.strength, rules.delay_hours)
        rungs = [(rung.threshold, (rung.action, rung.strength, rung.delay_hours)) for rung in rules.rungs]
        measures = [measure for _, measure in rungs] if rules.policy == "ladder" else [own]
        chosen = [
            account
            for account, score in self.scores.items()
            if score >= rules.threshold
            and not account.suspended
            and not all(self._already(account, *measure) for measure in measures)
        ]
        if rules.policy == "ladder":
            reached = {who: [measure for low, measure in rungs if self.scores[who] >= low] for who in chosen}
            return [(who, some[-1]) for who, some in reached.items() if some]
        if rules.policy == "top_k":
            each = rules.per_day * self.model.config.scenario.scale * days
            count = math.floor(each * (self.decisions + 1) + 1e-9) - math.floor(each * self.decisions + 1e-9)
            self.decisions += 1
            chosen = sorted(chosen, key=lambda account: (-self.scores[account], self.pseudonyms[account]))[:count]
        return [(account, own) for account in chosen]

    def _level(self, action: str, strength: float) -> int:
        return 255 if action in ("suspend", "challenge", "bar_advertising") else round(255 * strength)

    def _already(self, account: Account, action: str, strength: float, delay: float) -> bool:
        """Whether the action is ordered or in force at this strength, or the account is not to be challenged again."""
        if action == "challenge" and self.immune.get(account, 0) > self.now + round(delay * 3600.0):
            return True
        return self.ordered.get((account, action), 0) >= max(1, self._level(action, strength))

    def _order(self, account: Account, action: str, strength: float, now: int, time: int) -> None:
        """Order an action. The strength of a suspension or challenge is the probability that it is ordered at all."""
        at_random = action in ("suspend", "challenge")
        if at_random and self._draw(Purpose.ACTION, account.number, now, ACTIONS.index(action)) >= strength:
            return
        level = self._level(action, strength)
        if level:
            self.ordered[account, action] = max(self.ordered.get((account, action), 0), level)
            self.orders.append((time, account, action, level))
