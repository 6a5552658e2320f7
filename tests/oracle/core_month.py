"""The core's month, in plain Python: days of the record, days of use, sittings and desks, reposts of the public."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import NormalDist
from typing import TYPE_CHECKING

from sim.core.rng import Purpose, pair
from sim.events.records import POST, REPOST
from sim.population.truth import Layer, Origin
from tests.oracle.records import Account, Act, Post

if TYPE_CHECKING:
    from tests.oracle.operation import Operation

DAY = 86_400
RESERVE = 2**61  # seconds: an account that was created so late waits in the reserve


@dataclass(frozen=True)
class Planned:
    """An act that a persona plans: `period` and `nth` are the words that key it."""

    when: int
    period: int
    nth: int
    kind: int
    campaign: bool


class CoreMonth:
    """What personas are to do on each day."""

    def __init__(self, operation: Operation) -> None:
        self.operation, self.rules, self.draw = operation, operation.rules, operation._draw
        scenario = operation.model.config.scenario
        self.offset, self.epoch = 3600 * self.rules.utc_offset_hours, scenario.start_epoch
        self.end = scenario.n_steps * scenario.step_seconds
        self.media = operation.model.state_media
        self.reserve = [who for who in operation.personas if who.created >= RESERVE]
        self.rank = {who: nth for nth, who in enumerate(operation.personas)}

    @property
    def days(self) -> range:
        """The days of the operator's calendar, since 1970."""
        return range((self.epoch + self.offset) // DAY, (self.epoch + self.offset + self.end - 1) // DAY + 1)

    # How much.

    def begins(self, who: Account) -> float:
        draw = self.draw(Purpose.SPAN, who.number)
        if self.rules.spans is None:
            return draw
        dates = [float((dt.date.fromisoformat(day) - dt.date(1970, 1, 1)).days) for day in self.rules.spans.begins]
        place = draw * (len(dates) - 1)
        return dates[int(place)] + (place - int(place)) * (dates[int(place) + 1] - dates[int(place)])

    def in_use(self, who: Account, day: int) -> bool:
        spans = self.rules.spans
        if spans is None or who in self.media or who in self.reserve or self.operation._role(who).accounts > 0:
            return True
        length = quantile(spans.days, self.draw(Purpose.SPAN, who.number, 1))
        begin = max(math.floor(self.begins(who)), (self.epoch + who.created + self.offset) // DAY)
        return begin <= day < begin + max(math.floor(length), 1)

    @cached_property
    def acts(self) -> dict[tuple[Account, int], float]:
        """The mean number of acts of each persona on each day."""
        found = {}
        for day in self.days:
            date = dt.date(1970, 1, 1) + dt.timedelta(days=day)
            lower = self.rules.weekend_factor if date.weekday() >= 5 else 1.0
            own = {who: n * self.in_use(who, day) for who, n in self.operation.acts_per_day.items()}
            factor = lower
            if self.rules.days is not None:
                recorded = [own[who] for who in own if who not in self.media and who not in self.reserve]
                planned = len(own) - len(self.reserve)
                whole = self.rules.days.on(date, self.rules.weekend_factor) * planned / self.rules.days.accounts
                factor = whole / sum(recorded) if sum(recorded) > 0.0 else 0.0
            found.update({(who, day): n * (lower if who in self.media else factor) for who, n in own.items()})
        return found

    def repost_share(self, who: Account) -> float:
        """Return a persona's share of reposts: a quantile that goes with its output."""
        rules = self.rules.core_repost_shares
        assert rules is not None
        busy = self.operation._normal(Purpose.ACTIVITY, who.number)
        other = self.operation._normal(Purpose.CORE_REPOST_SHARE, who.number)
        rank = NormalDist().cdf(rules.with_output * busy + math.sqrt(1.0 - rules.with_output**2) * other)
        return quantile(rules.quantiles, rank)

    # When.

    @cached_property
    def desks(self) -> dict[Account, int]:
        """The desk of each persona that has one: those of a language one after another, as they begin."""
        if self.rules.desks is None:
            return {}
        found, first, size = {}, 0, self.rules.desks.accounts
        ours = [who for who in self.operation.personas if who not in self.media]
        for language in sorted({who.language for who in self.operation.personas}):
            row = sorted((who for who in ours if who.language == language), key=self.begins)
            found.update({who: first + place // size for place, who in enumerate(row)})
            first += math.ceil(len(row) / size)
        return found

    def sittings(self, who: Account, day: int) -> int:
        return int(self.acts[who, day] / self.size(who) + self.draw(Purpose.SITTING, who.number, day))

    def size(self, who: Account) -> float:
        return self.rules.sittings.acts if self.rules.sittings is not None and who not in self.media else 1.0

    @cached_property
    def plan(self) -> dict[Account, list[Planned]]:
        """All that personas plan, whatever befalls them."""
        return {who: self._plan_of(who) for who in self.operation.personas}

    @cached_property
    def times(self) -> dict[tuple[int, int], int]:
        """How many times each desk has on each day."""
        together = self.rules.desks.together if self.rules.desks is not None else 1.0
        busy: dict[tuple[int, int], int] = {}
        for who, desk in self.desks.items():
            for day in self.days if who not in self.reserve else ():
                busy[desk, day] = busy.get((desk, day), 0) + self.sittings(who, day)
        return {key: max(math.floor(n / together + 0.5), 1) for key, n in busy.items()}

    def _plan_of(self, who: Account) -> list[Planned]:
        acts: list[tuple[int, int, int, tuple[int, int, int] | None]] = []
        for day in self.days:
            midnight = day * DAY - self.offset - self.epoch
            for nth in range(self.sittings(who, day)):
                when, batch = self._begin(who, day, nth)
                for within in range(int(self.size(who) + self.draw(Purpose.SITTING, who.number, day, 4 * nth + 1))):
                    key = 256 * nth + within
                    if within and self.rules.sittings is not None:
                        draw = self.draw(Purpose.SITTING_GAP, who.number, day, key)
                        when += 1 + int(-math.log1p(-draw) * self.rules.sittings.gap_seconds)
                    acts.append((midnight + when, day, key, batch if within == 0 else None))
        plan, last = [], -(2**40)
        for when, day, key, batch in sorted(acts, key=lambda act: act[:3]):
            kinds = self._kind(who, day, key, batch, when)
            last = max(when, last + 1)  # two acts of an account in one second would be one post
            if 0 <= last < self.end:
                plan.append(Planned(last, day, key, *kinds))
        return plan

    def _begin(self, who: Account, day: int, nth: int) -> tuple[int, tuple[int, int, int] | None]:
        """Return the second of the day, and the desk's time that it is: desk, day, number."""
        draw = self.draw(Purpose.SITTING, who.number, day, 4 * nth + 2)
        if who not in self.desks or self.rules.desks is None:
            return self._second(draw), None
        desk = self.desks[who]
        chosen = int(draw * self.times.get((desk, day), 1))
        later = self.draw(Purpose.SITTING, who.number, day, 4 * nth + 3) * self.rules.desks.within_seconds
        return self._second(self.draw(Purpose.DESK, desk, day, chosen)) + int(later), (desk, day, chosen)

    def _second(self, draw: float) -> int:
        at, passed = draw * sum(self.rules.hour_weights), 0.0
        for hour, weight in enumerate(self.rules.hour_weights):
            if at < passed + weight:
                return 3600 * hour + min(int((at - passed) / weight * 3600.0), 3599)
            passed += weight
        return DAY - 1

    def _kind(
        self, who: Account, day: int, key: int, batch: tuple[int, int, int] | None, when: int
    ) -> tuple[int, bool]:
        draws = []
        for question in (0, 1):
            if batch is None:
                draws.append(self.draw(Purpose.PERSONA_KIND, who.number, day, 2 * key + question))
            else:
                desk, of, number = batch
                draws.append(self.draw(Purpose.DESK_KIND, (desk << 40) | (of << 20) | number, question))
        writes = draws[0] >= self.operation._repost_share(who)
        share = self.operation._campaign_share(who) * self.operation._campaign_volume(self._step(when))
        return (POST if writes else REPOST), writes and draws[1] < share

    def _step(self, when: int) -> int:
        return when // self.operation.model.config.scenario.step_seconds

    # Reposts of the public.

    def is_inside(self, who: Account, act: Planned) -> bool:
        share = self.rules.core_repost_inside_share
        return share is None or self.draw(Purpose.CORE_REPOST, who.number, act.period, 2 * act.nth) < share

    def repost_public(self, intended: list[tuple[Account, Planned]]) -> list[Act]:
        """Let personas repost the public, each a post that it has not reposted."""
        taken: set[tuple[Account, Post]] = set()
        acts, weight = [], self._popular() if intended else {}
        for who, act in intended:
            fresh = {post: n for post, n in weight.items() if post not in who.acted_on and (who, post) not in taken}
            post = self._chosen(who, act, fresh)
            if post is not None:
                taken.add((who, post))
                acts.append(Act(act.when, who, REPOST, post, post.author.number))
        return acts

    def _popular(self) -> dict[Post, int]:
        """Return the posts of the public that the public reposted in the last hour, and how often it did."""
        model = self.operation.model
        steps = math.ceil(3600 / model.config.scenario.step_seconds)
        weight: dict[Post, int] = {}
        for act in reversed(model.log):
            if act.step < model.step_number - steps:
                break
            post, gone = act.post, act.post.forgotten or act.post.removed or act.post.author.suspended
            if act.kind == REPOST and act.account.layer == Layer.ORGANIC and post.origin == Origin.ORGANIC and not gone:
                weight[post] = weight.get(post, 0) + 1
        return weight

    def _chosen(self, who: Account, act: Planned, weight: dict[Post, int]) -> Post | None:
        """Return the post with the least exponential draw, its weight as rate; of the contested topic if asked for."""
        waits = {}
        for post, reposts in weight.items():
            if post.language == who.language:
                words = (pair(who.number, act.period), act.nth, pair(post.author.number, post.time))
                waits[post] = -math.log1p(-self.draw(Purpose.CORE_TARGET, *words)) / reposts
        draw, step = (
            self.draw(Purpose.CORE_REPOST, who.number, act.period, 2 * act.nth + 1),
            self.operation.model.step_number,
        )
        share = self.operation._campaign_share(who) * self.operation._campaign_volume(step)
        contested = {post: wait for post, wait in waits.items() if post.topic == 0}
        waits = contested if contested and draw < share else waits
        return min(waits, key=lambda post: waits[post]) if waits else None


def quantile(pairs: list[list[float]], draw: float) -> float:
    """Return a quantile, with straight lines between those given."""
    for (low, value), (high, other) in pairwise(pairs):
        if low <= draw < high:
            return (other - value) / (high - low) * (draw - low) + value
    return pairs[-1][1]
