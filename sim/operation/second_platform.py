"""The second platform: pages, groups and accounts that push the same campaign to people of the simulated public.

On 19 August 2019, tipped off by Twitter, Facebook removed 7 pages, 3 groups and 5 accounts. Who follows one of them is
drawn once, in the operation's languages; a follower sees each post with one probability. What is seen there is counted
apart from the platform's own impressions and changes nothing on the platform itself. After a tip everything is removed
together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import mesa
import numpy as np
from numpy.typing import NDArray

from sim.operation.personas import PersonaCore
from sim.operation.supply import languages_by_lot
from sim.organic import community_sizes
from sim.rng import Purpose, stream, uniforms

if TYPE_CHECKING:
    from sim.activity import ActivityLog
    from sim.model import InfluenceModel

KINDS = ("page", "group", "account")
VIEW_COLUMNS = {"time": np.int32, "account": np.int32, "entity": np.int32}
_NEVER = 2**62


class SecondPlatform(mesa.Agent):  # type: ignore[misc]
    """The operation's presence on a second platform, as one Mesa agent.

    Attributes
    ----------
    kind : uint8 (entities,)
        Index into `KINDS`: pages come first, then groups, then accounts.
    audience, entity : int64 (ties,)
        A person (number of an organic account) and what it follows, sorted by entity.
    posts : int64 (entities,)
        Posts so far.
    views : sim.activity.ActivityLog
        Of `VIEW_COLUMNS`, empty at first: when who of the public saw a post of which entity.
    reached : bool (organic,)
        Who has seen a post.
    removed_at : int
        Seconds from the start of the run from which on there is nothing left; 2**62 while nobody gave a tip.
    """

    model: InfluenceModel

    def __init__(self, model: InfluenceModel, core: PersonaCore, views: ActivityLog) -> None:
        super().__init__(model)
        scenario, rules, seed = model.config.scenario, model.config.operation.second_platform, model.config.seed
        self.rules, self._core = rules, core
        there = scenario.n_core + scenario.n_amplifiers > 0  # no operation, no pages of it
        counts = np.array([rules.pages, rules.groups, rules.accounts]) * there
        self.kind = np.repeat(np.arange(3), counts).astype(np.uint8)
        self.audience, self.entity = self._draw_audience(counts)
        self._begin = np.searchsorted(self.entity, np.arange(self.kind.size + 1))
        self.posts = np.zeros(self.kind.size, np.int64)
        self.views = views
        self.reached = np.zeros(scenario.n_organic, np.bool_)
        self.removed_at = _NEVER
        self._post, self._view = stream(seed, Purpose.SECOND_POST), stream(seed, Purpose.SECOND_VIEW)

    def _draw_audience(self, counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Draw who follows what: each person one entity of a kind, the first of the kind most, by Zipf's law."""
        config, rules = self.model.config, self.rules
        draw = stream(config.seed, Purpose.SECOND_AUDIENCE)
        part = config.scenario.scale * rules.overlap / config.graph.whole_ratio
        sizes = community_sizes(config).reshape(-1, 2).sum(axis=1)
        start, first, people, entities = np.cumsum(sizes) - sizes, 0, [], []
        for kind, total in enumerate((rules.page_followers, rules.group_members, rules.account_friends)):
            n = round(total * part) if counts[kind] else 0
            key = np.full(n, kind), np.arange(n)
            language = languages_by_lot(config, uniforms(draw, *key))
            place = np.floor(uniforms(draw, *key, 1) * sizes[language]).astype(np.int64)
            who, once = np.unique((start[language] + place)[sizes[language] > 0], return_index=True)
            zipf = np.cumsum(1.0 / np.arange(1, counts[kind] + 1))
            lot = uniforms(draw, *key, 2)[sizes[language] > 0][once]
            people.append(who)
            entities.append(first + np.searchsorted(zipf / zipf[-1] if zipf.size else zipf, lot, side="right"))
            first += int(counts[kind])
        audience, entity = np.concatenate(people), np.concatenate(entities)
        order = np.argsort(entity, kind="stable")
        return audience[order], entity[order]

    def tip(self, time: int) -> None:
        """Let the second platform know at a time (seconds from the start of the run); a first tip is enough."""
        self.removed_at = min(self.removed_at, time + round(self.rules.removal_delay_hours * 3600.0))

    @property
    def impressions(self) -> int:
        """Posts seen by people of the simulated public so far."""
        return len(self.views)

    def step(self) -> None:
        """Let what is left there post, and the people of the public see it."""
        step, length = self.model.step_number, self.model.config.scenario.step_seconds
        if not self.kind.size or self.removed_at <= step * length:
            return
        numbers = np.arange(self.kind.size)
        mean = self.rules.posts_per_day * self._core.day_share(step)
        count = np.floor(mean + uniforms(self._post, numbers, step)).astype(np.int64)
        entity = np.repeat(numbers, count)
        nth = np.arange(entity.size) - np.repeat(np.cumsum(count) - count, count)
        when = step * length + np.floor(uniforms(self._post, entity, step, nth + 1) * length).astype(np.int64)
        left = when < self.removed_at
        entity, nth, when = entity[left], nth[left], when[left]
        if not entity.size:
            return
        self.posts += np.bincount(entity, minlength=numbers.size)
        size = self._begin[entity + 1] - self._begin[entity]
        tie = np.arange(size.sum()) + np.repeat(self._begin[entity] - (np.cumsum(size) - size), size)
        who, post = self.audience[tie], np.repeat(np.arange(entity.size), size)
        # A person sees a post or not by a draw of its own: another step's or entity's posts change nothing about it.
        draw = uniforms(self._view, who, entity[post], (step << 32) | nth[post])
        seen = draw < self.rules.view_probability
        who, post = who[seen], post[seen]
        self.reached[who] = True
        order = np.argsort(when[post], kind="stable")
        self.views.append(time=when[post][order], account=who[order], entity=entity[post][order])
