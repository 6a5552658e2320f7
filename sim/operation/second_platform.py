"""The second platform: pages, groups and accounts that push the same campaign to people of the simulated public.

On 19 August 2019, tipped off by Twitter, Facebook removed 7 pages, 3 groups and 5 accounts. Who follows one of them is
drawn once, in the operation's languages; a follower sees each post with one probability. What is seen there is counted
apart from the platform's own impressions and changes nothing on the platform itself. After a tip everything is removed
together.
"""

from __future__ import annotations

import mesa
import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.core.rng import Purpose, stream, uniform, uniforms
from sim.events.log import ActivityLog
from sim.operation.personas import PersonaCore
from sim.population.organic import community_sizes
from sim.population.supply import random_languages
from sim.state import RunState

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
    views : sim.events.log.ActivityLog
        Of `VIEW_COLUMNS`, empty at first: when who of the public saw a post of which entity.
    reached : bool (organic,)
        Who has seen a post.
    removed_at : int
        Seconds from the start of the run from which on there is nothing left; 2**62 while nobody gave a tip.
    """

    def __init__(self, state: RunState, core: PersonaCore) -> None:
        super().__init__(state)
        self.state = state
        scenario, rules, seed = state.config.scenario, state.config.operation.second_platform, state.config.seed
        self.rules, self._core = rules, core
        there = scenario.n_core + scenario.n_amplifiers > 0  # no operation, no pages of it
        counts = np.array([rules.pages, rules.groups, rules.accounts]) * there
        self.kind = np.repeat(np.arange(3), counts).astype(np.uint8)
        self.audience, self.entity = self._draw_audience(counts)
        self._begin = np.searchsorted(self.entity, np.arange(self.kind.size + 1))
        self.posts = np.zeros(self.kind.size, np.int64)
        self.views = ActivityLog(VIEW_COLUMNS, scenario.start_epoch)
        self.reached = np.zeros(scenario.n_organic, np.bool_)
        self.removed_at = _NEVER
        self._post, self._view = stream(seed, Purpose.SECOND_POST), stream(seed, Purpose.SECOND_VIEW)

    def _draw_audience(self, counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Draw who follows what: each person one entity of a kind, the first of the kind most, by Zipf's law."""
        config, rules = self.state.config, self.rules
        draw = stream(config.seed, Purpose.SECOND_AUDIENCE)
        part = config.scenario.scale * rules.overlap / config.graph.whole_ratio
        sizes = community_sizes(config).reshape(-1, 2).sum(axis=1)
        start, first, people, entities = np.cumsum(sizes) - sizes, 0, [], []
        for kind, total in enumerate((rules.page_followers, rules.group_members, rules.account_friends)):
            n = round(total * part) if counts[kind] else 0
            key = np.full(n, kind), np.arange(n)
            language = random_languages(config, uniforms(draw, *key))
            place = np.floor(uniforms(draw, *key, 1) * sizes[language]).astype(np.int64)
            who, once = np.unique((start[language] + place)[sizes[language] > 0], return_index=True)
            zipf = np.cumsum(1.0 / np.arange(1, counts[kind] + 1))
            chosen = uniforms(draw, *key, 2)[sizes[language] > 0][once]
            people.append(who)
            entities.append(first + np.searchsorted(zipf / zipf[-1] if zipf.size else zipf, chosen, side="right"))
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
        step, length = self.state.step_number, self.state.config.scenario.step_seconds
        if not self.kind.size or self.removed_at <= step * length:
            return
        mean = self.rules.posts_per_day * self._core.day_share(step)
        entity, nth, when = _posted(step, length, mean, self.kind.size, self._post)
        left = when < self.removed_at
        entity, nth, when = entity[left], nth[left], when[left]
        if not entity.size:
            return
        self.posts += np.bincount(entity, minlength=self.kind.size)
        who, post = _seen(
            entity, (step << 32) | nth, self.audience, self._begin, self.rules.view_probability, self._view
        )
        self.reached[who] = True
        time = when[post]
        order = np.argsort(time, kind="stable")
        self.views.append(time=time[order], account=who[order], entity=entity[post][order])


@njit(cache=True, no_cfunc_wrapper=True)
def _posted(
    step: int, length: int, mean: float, n_entities: int, key: np.uint64
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the posts of a step, `mean` of each entity on average: by whom, its index in the step, and when."""
    size = n_entities * (int(mean) + 1)
    entity, nth, when, n = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.int64), 0
    for i in range(n_entities):
        for j in range(int(mean + uniform(key, i, step, 0))):
            entity[n], nth[n] = i, j
            when[n] = step * length + int(uniform(key, i, step, j + 1) * length)
            n += 1
    return entity[:n], nth[:n], when[:n]


@njit(cache=True, no_cfunc_wrapper=True)
def _seen(
    entity: NDArray[np.int64],
    word: NDArray[np.int64],
    audience: NDArray[np.int64],
    begin: NDArray[np.int64],
    probability: float,
    key: np.uint64,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return who sees which of the posts, whose entities and words of a key are given.

    A person sees a post or not by a draw of its own: another step's or entity's posts change nothing about it.
    """
    size = 0
    for i in entity:
        size += begin[i + 1] - begin[i]
    who, post, n = np.empty(size, np.int64), np.empty(size, np.int64), 0
    for k in range(entity.size):
        for tie in range(begin[entity[k]], begin[entity[k] + 1]):
            if uniform(key, audience[tie], entity[k], word[k]) < probability:
                who[n], post[n] = audience[tie], k
                n += 1
    return who[:n], post[:n]
