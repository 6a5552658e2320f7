"""The operation, in plain Python: personas write and repost, the operator tasks cells, amplifiers carry out orders."""

from __future__ import annotations

import calendar
import math
import time
from itertools import pairwise
from typing import TYPE_CHECKING

from sim.config.operation import RoleConfig
from sim.core.rng import Purpose, normals, pair, stream, uniform
from sim.events.records import OWN, POST, REPOST
from sim.population.truth import Layer, Origin
from tests.oracle.capacity import chance_of_order, part, share_taking_part
from tests.oracle.core_month import CoreMonth, Planned
from tests.oracle.cover import cover
from tests.oracle.records import Account, Act, Post, single

if TYPE_CHECKING:
    from tests.oracle.slow_model import SlowModel

OFFERED = 64  # organic posts among which camouflage chooses in a step


class Operation:
    """The operator and its two layers, the personas and the amplifiers."""

    def __init__(self, model: SlowModel) -> None:
        self.model = model
        self.rules = model.config.operation
        self.personas = [account for account in model.accounts if account.layer == Layer.CORE]
        self.amplifiers = [account for account in model.accounts if account.layer == Layer.AMPLIFIER]
        self.n_cells = len({amplifier.cell for amplifier in self.amplifiers} - {-1})
        supply = self.rules.supply
        self.supplies = [
            Supply(self, self.personas, supply.core.per_day, supply.core.lag_hours),
            Supply(self, self.amplifiers, supply.amplifiers.per_day, supply.amplifiers.lag_hours),
        ]
        self.month = CoreMonth(self)
        self.acts_per_day = {who: self._daily_output(nth, who) for nth, who in enumerate(self.personas)}
        self.campaign: list[tuple[int, Post]] = []  # (step, post) as planned, those of suspended personas included
        self.written: set[Post] = set()  # posts that were really written
        self.orders: list[tuple[int, Account, Post]] = []  # (time when due, amplifier, post), oldest order first

    def step(self) -> list[Act]:
        """Return the acts of the step: posts of personas, reposts of personas, reposts of amplifiers."""
        planned, intended = [], []
        for supply in self.supplies:
            supply.step()
        now = self.model.step_number * self.model.config.scenario.step_seconds
        for persona in [persona for persona in self.personas if persona.created <= now]:
            for act in self._plan(persona):
                if act.kind == POST:
                    planned.append(self._write(persona, act))
                elif not persona.suspended:
                    intended.append((persona, act))
        reposts = self._persona_reposts([one for one in intended if self.month.is_inside(*one)])
        reposts += self.month.repost_public([one for one in intended if not self.month.is_inside(*one)])
        posts = [act for act in planned if not act.account.suspended]
        self.written |= {act.post for act in posts}
        self.campaign += [(self.model.step_number, act.post) for act in planned if act.post.origin == Origin.CAMPAIGN]
        self._task([act.post for act in posts if act.post.origin == Origin.CAMPAIGN])
        return posts + reposts + self._due_reposts()

    def _draw(self, purpose: Purpose, *words: int) -> float:
        return uniform(stream(self.model.config.seed, purpose), *words, *[0] * (3 - len(words)))

    def _normal(self, purpose: Purpose, *words: int) -> float:
        return float(normals(stream(self.model.config.seed, purpose), *words)[0])

    def _role(self, persona: Account) -> RoleConfig:
        return list(self.rules.roles.values())[persona.role - 1]

    def _campaign_volume(self, step: int) -> float:
        """Return the factor on campaign posts at the start of a step: straight lines between the dates given."""
        scenario = self.model.config.scenario
        now = scenario.start_epoch + step * scenario.step_seconds
        days = sorted(
            (calendar.timegm(time.strptime(day, "%Y-%m-%d")), factor)
            for day, factor in self.rules.campaign_volume.items()
        )
        for (begin, low), (end, high) in pairwise(days):
            if begin <= now < end:
                return (high - low) / (end - begin) * (now - begin) + low
        return days[0][1] if now < days[0][0] else days[-1][1]

    def _daily_output(self, nth: int, persona: Account) -> float:
        if persona in self.model.state_media:
            return self.rules.promotion.posts_per_day
        role = self._role(persona)
        if role.accounts > 0:
            return self.rules.acts_per_day_median * min(self.model.config.scenario.scale, 1.0) * role.output
        if self._draw(Purpose.PERSONA_ACT, nth, -1) < self.rules.silent_share:
            return 0.0
        normal = self._normal(Purpose.ACTIVITY, persona.number)
        return self.rules.acts_per_day_median * math.exp(self.rules.acts_per_day_sigma * normal) * role.output

    def _share_of_hours(self) -> float:
        """Return the share of a day's output that falls in this step, added up by minute."""
        weights, minutes = self.rules.hour_weights, self.model.config.scenario.step_minutes
        local = range(self._local_minute(), self._local_minute() + minutes)
        return sum(weights[minute // 60 % 24] / sum(weights) / 60.0 for minute in local)

    def _local_minute(self) -> int:
        scenario = self.model.config.scenario
        start = scenario.start_epoch // 60 + self.model.step_number * scenario.step_minutes
        return start + 60 * self.rules.utc_offset_hours

    def _plan(self, persona: Account) -> list[Planned]:
        """Return a persona's acts in this step: those of its sittings, else one in each of equal slots."""
        step, length = self.model.step_number, self.model.config.scenario.step_seconds
        if self.rules.sittings is not None or self.rules.desks is not None:
            return [act for act in self.month.plan[persona] if act.when // length == step]
        mean = self.month.acts[persona, self._local_minute() // 1440] * self._share_of_hours()
        count = min(int(mean + self._draw(Purpose.PERSONA_ACT, persona.number, step)), length)
        slot = length // max(count, 1)
        plan = []
        for nth in range(count):
            within = int(self._draw(Purpose.PERSONA_TIME, persona.number, step, nth) * slot)
            writes = self._draw(Purpose.PERSONA_KIND, persona.number, step, nth) >= self._repost_share(persona)
            share = self._campaign_share(persona) * self._campaign_volume(step)
            campaign = writes and self._draw(Purpose.PERSONA_KIND, persona.number, step, nth + length) < share
            plan.append(Planned(step * length + nth * slot + within, step, nth, POST if writes else REPOST, campaign))
        return plan

    def _repost_share(self, persona: Account) -> float:
        if persona in self.model.state_media:
            return 0.0
        if self.rules.core_repost_shares is not None and not self._role(persona).accounts:
            return self.month.repost_share(persona)
        return min(self.rules.core_repost_share * self._role(persona).repost, 1.0)

    def _campaign_share(self, persona: Account) -> float:
        if persona in self.model.state_media:
            return self.rules.promotion.contested_share
        return min(self.rules.campaign_share * self._role(persona).campaign, 1.0)

    def _write(self, persona: Account, act: Planned) -> Act:
        """Return a new post: campaign or cover content."""
        organic, campaign = self.model.config.organic, act.campaign
        words = (persona.number, act.period, act.nth)
        cover_topic = 1 + self._draw(Purpose.TOPIC, *words) * (organic.topics - 1)
        normal = self._normal(Purpose.APPEAL, *words)
        appeal = math.exp(organic.appeal_sigma * normal - organic.appeal_sigma**2 / 2.0)
        post = Post(
            author=persona,
            time=act.when,
            topic=0 if campaign else min(int(cover_topic), organic.topics - 1),
            language=persona.language,
            origin=Origin.CAMPAIGN if campaign else Origin.COVER,
            appeal=single(appeal * (self.rules.campaign_appeal if campaign else 1.0)),
            stance=1.0 if campaign else 0.0,
        )
        return Act(act.when, persona, POST, post, OWN)

    def _persona_reposts(self, intended: list[tuple[Account, Planned]]) -> list[Act]:
        """Let each persona repost the campaign post of the last day with the lowest draw.

        Posts that a suspended persona had planned are among the choices, and choosing one comes to nothing. So to
        suspend more personas can only take reposts away.
        """
        step = self.model.step_number
        seconds = 24.0 * 3600.0
        oldest = step - math.ceil(seconds / self.model.config.scenario.step_seconds)
        targets = [post for written, post in self.campaign if written >= oldest]
        acts = []
        for persona, act in intended if targets else []:
            words = (pair(persona.number, act.period), act.nth)
            draws = [self._draw(Purpose.TARGET, *words, pair(post.author.number, post.time)) for post in targets]
            post = targets[draws.index(min(draws))]
            if post in self.written and post.author is not persona and not post.author.suspended:
                acts.append(Act(act.when, persona, REPOST, post, post.author.number))
        return first_times(acts)

    def _task(self, posts: list[Post]) -> None:
        """Order cells to repost the posts. Each member of a tasked cell decides by itself whether and when."""
        for post in posts:
            words = (post.author.number, post.time)
            for cell in range(self.n_cells):
                chance = min(self.rules.cells_per_post / self.n_cells, 1.0) * part(post.author, self)
                if self.rules.capacity.limited:
                    chance = chance_of_order(post, self)
                if self._draw(Purpose.TASKING, cell, *words) >= chance:
                    continue
                for amplifier in self.amplifiers:
                    if amplifier.cell != cell or amplifier.created > post.time or amplifier.suspended:
                        continue
                    share = share_taking_part(amplifier, post.time, self)
                    if self._draw(Purpose.PARTICIPATION, amplifier.number, *words) < share:
                        normal = self._normal(Purpose.DELAY, amplifier.number, *words)
                        delay = self.rules.delay_median_seconds * math.exp(self.rules.delay_sigma * normal)
                        self.orders.append((post.time + 1 + int(delay), amplifier, post))

    def _due_reposts(self) -> list[Act]:
        """Carry out the orders that are due in this step; some amplifiers repost an organic post instead."""
        end = (self.model.step_number + 1) * self.model.config.scenario.step_seconds
        offered = self._offered()
        acts = []
        for when, amplifier, ordered in [order for order in self.orders if order[0] < end]:
            if ordered.forgotten or amplifier.suspended:
                continue
            post: Post | None = ordered
            words = (amplifier.number, ordered.author.number, ordered.time)
            if self._draw(Purpose.CAMOUFLAGE, *words) < self.rules.camouflage_share:
                post = self._organic_target(offered, *words)
            if post is not None and not post.author.suspended:
                acts.append(Act(when, amplifier, REPOST, post, post.author.number))
        self.orders = [order for order in self.orders if order[0] >= end]
        acts = first_times(acts)
        return acts + cover(acts, end, self.model)

    def _offered(self) -> list[Post]:
        """Return the organic posts of the last step with the lowest draws, for camouflage to choose among."""
        length, step = self.model.config.scenario.step_seconds, self.model.step_number - 1
        posts = [
            post
            for post in self.model.posts
            if post.time // length == step
            and post.origin == Origin.ORGANIC
            and not post.author.suspended
            and not post.forgotten
        ]
        return sorted(posts, key=lambda post: self._draw(Purpose.CAMOUFLAGE, -1, post.author.number, post.time))[
            :OFFERED
        ]

    def _organic_target(self, offered: list[Post], *words: int) -> Post | None:
        """Return the post with the lowest draw for this amplifier and order, if any is offered."""
        who, author, written = words
        order = pair(author, written)
        draws = {post: self._draw(Purpose.TARGET, who, order, pair(post.author.number, post.time)) for post in offered}
        return min(draws, key=lambda post: draws[post]) if draws else None


class Supply:
    """A layer's reserve, and the suspended accounts that wait to be replaced from it."""

    def __init__(self, operation: Operation, layer: list[Account], per_day: float, lag_hours: float) -> None:
        self.operation, self.layer, self.lag = operation, layer, lag_hours * 3600.0
        self.per_day = per_day * len(layer)
        self.reserve = [account for account in layer if account.created > 2**61]
        self.seen: set[Account] = set()
        self.waiting: list[tuple[int, int, Account]] = []  # when due, number and account that was suspended
        self.taken: dict[int, int] = {}  # accounts of the reserve put to use, by day

    def step(self) -> None:
        """Replace the suspended accounts that are due, the longest due first, within the budget of the day."""
        scenario, draw = self.operation.model.config.scenario, self.operation._draw
        now = self.operation.model.step_number * scenario.step_seconds
        day = now // 86_400
        for account in self.layer:
            if account.suspended_at is not None and account not in self.seen:
                self.seen.add(account)
                lag = self.lag * -math.log1p(-draw(Purpose.REPLACEMENT, account.number))
                self.waiting.append((now + int(lag), account.number, account))
        budget = math.floor(self.per_day * (day + 1)) - math.floor(self.per_day * day)
        self.reserve = [account for account in self.reserve if account.idle_ends > now]  # the others were lost waiting
        for order in sorted(order for order in self.waiting if order[0] <= now):
            if not self.reserve or self.taken.get(day, 0) >= budget:
                break
            self.taken[day] = self.taken.get(day, 0) + 1
            self.waiting.remove(order)
            new = self.reserve.pop(0)
            second = int(draw(Purpose.REPLACEMENT, new.number, 1) * scenario.step_seconds)
            new.created = now + second if new.shown > 2**61 else new.shown
            new.cell = order[2].cell


def first_times(acts: list[Act]) -> list[Act]:
    """Return the reposts without those of removed posts and those that repeat an earlier one of the same account."""
    kept: list[Act] = []
    for act in acts:
        again = any(act.account is other.account and act.post is other.post for other in kept)
        if not again and act.post not in act.account.acted_on and not act.post.removed:
            kept.append(act)
    return kept
