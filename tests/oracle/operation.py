"""The slow operation: personas write and repost, the operator tasks cells, amplifiers carry out what is due."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.rng import Purpose, normals, pair, stream, uniform
from sim.timeline import OWN, POST, REPOST
from sim.truth import Layer, Origin
from tests.oracle.records import Account, Act, Post, single

if TYPE_CHECKING:
    from tests.oracle.slow_model import SlowModel

OFFERED = 64  # posts among which camouflage chooses in a step


class Operation:
    """The operator with its two layers."""

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
        self.acts_per_day = {who: self._daily_output(nth, who) for nth, who in enumerate(self.personas)}
        self.campaign: list[tuple[int, Post]] = []  # (step, post), in the order of writing, also those of the fallen
        self.written: set[Post] = set()
        self.orders: list[tuple[int, Account, Post]] = []  # (time, amplifier, post), in the order of giving

    def step(self) -> list[Act]:
        """Return the acts of the step: posts of personas, reposts of personas, reposts of amplifiers."""
        planned, intended = [], []
        for supply in self.supplies:
            supply.step()
        now = self.model.step_number * self.model.config.scenario.step_seconds
        for persona in [persona for persona in self.personas if persona.created <= now]:
            for nth, (when, kind) in enumerate(self._plan(persona)):
                if kind == POST:
                    planned.append(self._write(persona, nth, when))
                elif not persona.suspended:
                    intended.append((persona, nth, when))
        reposts = self._persona_reposts(intended)
        posts = [act for act in planned if not act.account.suspended]
        self.written |= {act.post for act in posts}
        self.campaign += [(self.model.step_number, act.post) for act in planned if act.post.origin == Origin.CAMPAIGN]
        self._task([act.post for act in posts if act.post.origin == Origin.CAMPAIGN])
        return posts + reposts + self._due_reposts()

    def _draw(self, purpose: Purpose, *words: int) -> float:
        return uniform(stream(self.model.config.seed, purpose), *words, *[0] * (3 - len(words)))

    def _normal(self, purpose: Purpose, *words: int) -> float:
        return float(normals(stream(self.model.config.seed, purpose), *words)[0])

    def _daily_output(self, nth: int, persona: Account) -> float:
        if persona in self.model.state_media:
            return self.rules.promotion.posts_per_day
        if self._draw(Purpose.PERSONA_ACT, nth, -1) < self.rules.silent_share:
            return 0.0
        normal = self._normal(Purpose.ACTIVITY, persona.number)
        return self.rules.acts_per_day_median * math.exp(self.rules.acts_per_day_sigma * normal)

    def _share_of_day(self) -> float:
        """Return the share of a working day's output that falls in this step: minute by minute."""
        scenario, weights = self.model.config.scenario, self.rules.hour_weights
        start = scenario.start_epoch // 60 + self.model.step_number * scenario.step_minutes
        local = [minute + 60 * self.rules.utc_offset_hours for minute in range(start, start + scenario.step_minutes)]
        share = sum(weights[minute // 60 % 24] / sum(weights) / 60.0 for minute in local)
        weekday = (local[0] // 1440 + 3) % 7  # 1970-01-01 was a Thursday
        return share * (self.rules.weekend_factor if weekday >= 5 else 1.0)

    def _plan(self, persona: Account) -> list[tuple[int, int]]:
        """Return time and kind of each of a persona's acts in this step: one in each equal slot."""
        step, length = self.model.step_number, self.model.config.scenario.step_seconds
        mean = self.acts_per_day[persona] * self._share_of_day()
        count = min(int(mean + self._draw(Purpose.PERSONA_ACT, persona.number, step)), length)
        slot = length // max(count, 1)
        plan = []
        for nth in range(count):
            within = int(self._draw(Purpose.PERSONA_TIME, persona.number, step, nth) * slot)
            reposts = self._draw(Purpose.PERSONA_KIND, persona.number, step, nth) < self._repost_share(persona)
            plan.append((step * length + nth * slot + within, REPOST if reposts else POST))
        return plan

    def _repost_share(self, persona: Account) -> float:
        return 0.0 if persona in self.model.state_media else self.rules.core_repost_share

    def _write(self, persona: Account, nth: int, when: int) -> Act:
        """Write a post, of the campaign or as cover."""
        organic, step = self.model.config.organic, self.model.step_number
        kind = self._draw(Purpose.PERSONA_KIND, persona.number, step, nth + self.model.config.scenario.step_seconds)
        overt = persona in self.model.state_media
        campaign = kind < (self.rules.promotion.contested_share if overt else self.rules.campaign_share)
        cover_topic = 1 + self._draw(Purpose.TOPIC, persona.number, step, nth) * (organic.topics - 1)
        normal = self._normal(Purpose.APPEAL, persona.number, step, nth)
        appeal = math.exp(organic.appeal_sigma * normal - organic.appeal_sigma**2 / 2.0)
        post = Post(
            author=persona,
            time=when,
            topic=0 if campaign else min(int(cover_topic), organic.topics - 1),
            language=persona.language,
            origin=Origin.CAMPAIGN if campaign else Origin.COVER,
            appeal=single(appeal * (self.rules.campaign_appeal if campaign else 1.0)),
            stance=1.0 if campaign else 0.0,
        )
        return Act(when, persona, POST, post, OWN)

    def _persona_reposts(self, intended: list[tuple[Account, int, int]]) -> list[Act]:
        """Let personas repost campaign posts of others; a choice that its author fell too early to write is lost."""
        step = self.model.step_number
        seconds = min(24.0, self.model.config.feed.post_lifetime_hours) * 3600.0
        oldest = step - math.ceil(seconds / self.model.config.scenario.step_seconds)
        targets = [post for written, post in self.campaign if written >= oldest]
        acts = []
        for persona, nth, when in intended if targets else []:
            words = (pair(persona.number, step), nth)
            lots = [self._draw(Purpose.TARGET, *words, pair(post.author.number, post.time)) for post in targets]
            post = targets[lots.index(min(lots))]
            if post in self.written and post.author is not persona and not post.author.suspended:
                acts.append(Act(when, persona, REPOST, post, post.author.number))
        return first_times(acts)

    def _task(self, posts: list[Post]) -> None:
        """Order cells to repost posts; each member that takes part has a delay of its own."""
        for post in posts:
            words = (post.author.number, post.time)
            for cell in range(self.n_cells):
                if self._draw(Purpose.TASKING, cell, *words) >= min(self.rules.cells_per_post / self.n_cells, 1.0):
                    continue
                for amplifier in self.amplifiers:
                    if amplifier.cell != cell or amplifier.created > post.time or amplifier.suspended:
                        continue
                    if self._draw(Purpose.PARTICIPATION, amplifier.number, *words) < self.rules.participation:
                        normal = self._normal(Purpose.DELAY, amplifier.number, *words)
                        delay = self.rules.delay_median_seconds * math.exp(self.rules.delay_sigma * normal)
                        self.orders.append((post.time + 1 + int(delay), amplifier, post))

    def _due_reposts(self) -> list[Act]:
        """Carry out the orders that are due in this step, some as camouflage."""
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
        return first_times(acts)

    def _offered(self) -> list[Post]:
        """Return the organic posts of the step before with the lowest lots: camouflage chooses among them."""
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
        """Pick the post with the least lot of this amplifier and order."""
        who, author, written = words
        order = pair(author, written)
        lots = {post: self._draw(Purpose.TARGET, who, order, pair(post.author.number, post.time)) for post in offered}
        return min(lots, key=lambda post: lots[post]) if lots else None


class Supply:
    """A layer's reserve, and the suspensions that it is to make good."""

    def __init__(self, operation: Operation, layer: list[Account], per_day: float, lag_hours: float) -> None:
        self.operation, self.layer, self.lag = operation, layer, lag_hours * 3600.0
        self.per_day = per_day * len(layer)
        self.reserve = [account for account in layer if account.created > 2**61]
        self.seen: set[Account] = set()
        self.waiting: list[tuple[int, int, Account]] = []  # when due, number and account of the fallen
        self.taken: dict[int, int] = {}  # accounts taken up by day

    def step(self) -> None:
        """Take up an account for each of the fallen that is due, first those that are due longest."""
        scenario, draw = self.operation.model.config.scenario, self.operation._draw
        now = self.operation.model.step_number * scenario.step_seconds
        day = now // 86_400
        for account in self.layer:
            if account.suspended_at is not None and account not in self.seen:
                self.seen.add(account)
                lag = self.lag * -math.log1p(-draw(Purpose.REPLACEMENT, account.number))
                self.waiting.append((now + int(lag), account.number, account))
        budget = math.floor(self.per_day * (day + 1)) - math.floor(self.per_day * day)
        for order in sorted(order for order in self.waiting if order[0] <= now):
            if not self.reserve or self.taken.get(day, 0) >= budget:
                break
            self.taken[day] = self.taken.get(day, 0) + 1
            self.waiting.remove(order)
            fresh = self.reserve.pop(0)
            second = int(draw(Purpose.REPLACEMENT, fresh.number, 1) * scenario.step_seconds)
            fresh.created = now + second if fresh.shown > 2**61 else fresh.shown
            fresh.cell = order[2].cell


def first_times(acts: list[Act]) -> list[Act]:
    """Return the reposts without those that repeat an earlier one: nobody reposts a post twice, nor a removed one."""
    kept: list[Act] = []
    for act in acts:
        again = any(act.account is other.account and act.post is other.post for other in kept)
        if not again and act.post not in act.account.acted_on and not act.post.removed:
            kept.append(act)
    return kept
