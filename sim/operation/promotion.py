"""Paid promotion: state media buy impressions for their posts, aimed by language, until they are barred.

Each of the state media (`sim.population.state_media`) promotes its newest post on the contested topic. Every session in
a targeted language is sold with the same probability, set so that the daily number of impressions is met on average; so
an offer to one person does not depend on the others. The promoted post is the last item that the session reads; who has
blocked its author is not shown it. Barred advertisers continue to post.
"""

from __future__ import annotations

from typing import Any

import mesa
import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.core.rng import Purpose, stream, uniform
from sim.events.kept import row_of
from sim.events.records import PROMOTED, READ, REMOVED, REPORTED, REPOST
from sim.events.timeline import TimelineView
from sim.operation.personas import PersonaCore, repost_events
from sim.population.accounts import ACTIVE
from sim.public.behaviour import reposts, session_time
from sim.public.organic import OrganicPublic
from sim.public.reports import ReportRules, blocks, react
from sim.public.rules import BehaviourRules, Keys
from sim.public.sessions import Readers
from sim.state import RunState


class Promotion(mesa.Agent):  # type: ignore[misc]
    """Purchases of impressions, as one Mesa agent.

    Attributes
    ----------
    impressions : int
        Impressions bought and shown so far.
    cost : float
        Their cost, US dollars.
    """

    def __init__(self, state: RunState, core: PersonaCore, public: OrganicPublic) -> None:
        super().__init__(state)
        self.state, self._core, self._public = state, core, public
        config, scenario = state.config, state.config.scenario
        self.accounts = state.world.truth.state_media
        self.impressions = 0
        self._advertises = np.zeros(scenario.n_accounts, np.bool_)
        self._advertises[self.accounts] = True
        self._newest = np.full(self.accounts.size, -1, np.int64)  # campaign post of each, from before this step
        self._chance = np.zeros(len(config.organic.languages))  # that a session is sold, by language
        table, n = state.accounts, scenario.n_organic
        language = table.language[:n]
        people = np.bincount(language, minlength=self._chance.size)
        sessions = np.bincount(language, weights=table.session_rate[:n], minlength=self._chance.size)
        for code, name in enumerate(config.organic.languages):
            bought = config.operation.promotion.impressions_per_day.get(name, 0.0) * people[code] / 1000.0
            self._chance[code] = min(bought / sessions[code], 1.0) if sessions[code] > 0 else 0.0
        self._draw = stream(config.seed, Purpose.PROMOTION)
        self._repost = stream(config.seed, Purpose.PROMOTION_REPOST)

    @property
    def cost(self) -> float:
        """What the impressions cost so far, US dollars."""
        return self.impressions * self.state.config.operation.promotion.price

    def step(self) -> None:
        """Show promoted posts to those who logged in in this step, and let them repost."""
        if self.accounts.size:
            self._sell(*self._on_offer())
            self._note_posts()

    def _note_posts(self) -> None:
        """Note the newest campaign post of each advertiser: what is written in a step is read from the next one on."""
        written = self._core.recent[-1]  # who, when, number: not in time order
        if not written.size:
            return
        written = written[:, self._advertises[written[0]] & (written[2] >= 0)]
        if written.size:
            for who, _, number in written[:, np.argsort(written[1], kind="stable")].T:
                self._newest[np.searchsorted(self.accounts, who)] = number

    def _on_offer(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the posts that may be promoted now, by language, and how many there are of each language."""
        state = self.state
        ready = state.timeline.known(self._newest) & (self._newest >= 0)
        ready &= state.accounts.status[self.accounts] == ACTIVE
        ready &= ~state.accounts.advertising_barred[self.accounts]
        offered, language = self._newest[ready], state.accounts.language[self.accounts[ready]]
        left = state.timeline.posts(offered)["flags"] & REMOVED == 0
        offered, language = offered[left], language[left]
        return offered[np.argsort(language, kind="stable")], np.bincount(language, minlength=self._chance.size)

    def _sell(self, offered: NDArray[np.int64], count: NDArray[np.int64]) -> None:
        """Show promoted posts, given by language, `count` of each, in the sessions that are sold."""
        state, readers, step = self.state, self._public.readers, self.state.step_number
        chance = np.where(count > 0, self._chance, 0.0)
        if not chance.any():
            return
        length, last_item = state.config.scenario.step_seconds, 2 * state.config.feed.attention
        reads, wished = np.empty(readers.account.size, READ), np.empty(readers.account.size, np.bool_)
        reports = np.empty(2 * readers.account.size, REPORTED)
        sold, reported = _show(
            step, length, last_item, chance, offered, np.cumsum(count) - count, count, readers, state.timeline.view(),
            self._public.rules, self._public.reports, self._public.keys, self._draw, self._repost, reads, wished,
            reports,
        )  # fmt: skip
        self._public.add_reports(reports[:reported])
        reads, wished = reads[:sold], wished[:sold]
        self.impressions += sold
        state.add_reads(reads, 0)
        if wished.any():
            source = np.full(int(wished.sum()), PROMOTED)
            events = repost_events(reads["account"][wished], reads["time"][wished], reads["post"][wished], source)
            state.add_events(state.timeline.first_times(self._not_in_this_step(events)))

    def _not_in_this_step(self, events: NDArray[Any]) -> NDArray[Any]:
        """Return the reposts without those that the same session has made already."""
        made = [part[(part["kind"] == REPOST) & np.isin(part["post"], events["post"])] for part in self.state.parts]
        pairs = np.concatenate([part["account"].astype(np.int64) << 32 | part["post"] for part in made])
        return np.asarray(events[~np.isin(events["account"].astype(np.int64) << 32 | events["post"], pairs)])


@njit(cache=True, no_cfunc_wrapper=True)
def _show(
    step: int,
    length: int,
    last_item: int,
    chance: NDArray[np.float64],
    offered: NDArray[np.int64],
    first: NDArray[np.int64],
    count: NDArray[np.int64],
    readers: Readers,
    timeline: TimelineView,
    rules: BehaviourRules,
    reporting: ReportRules,
    keys: Keys,
    sale_key: np.uint64,
    repost_key: np.uint64,
    reads: NDArray[Any],
    wished: NDArray[np.bool_],
    reports: NDArray[Any],
) -> tuple[int, int]:
    """Sell sessions, write what is read in them, and whether the reader would repost it, or reports it.

    Returns how many are sold, and how many reports and blocks there are.

    To each language are offered the `count` posts from `first` on of `offered`.
    """
    sold, reported = 0, np.int64(0)
    for i in range(readers.account.size):
        who, spoken = readers.account[i], readers.traits[i].language
        if uniform(sale_key, who, step, 0) >= chance[spoken]:
            continue
        place = np.int64(uniform(sale_key, who, step, 1) * count[spoken])
        number = offered[first[spoken] + min(place, count[spoken] - 1)]
        post = timeline.posts[row_of(number, timeline)]
        if blocks(who, post.author, reporting):
            continue
        now = session_time(who, step, step * length, length, keys)
        reads[sold].time = min(now + last_item, (step + 1) * length - 1)
        reads[sold].account, reads[sold].post, reads[sold].source = who, number, PROMOTED
        draw = uniform(repost_key, who, post.author, post.time)
        # No literals: for them `reposts` would be compiled once more.
        wished[sold] = reposts(draw, i, now, post, np.int32(PROMOTED), who < 0, readers, rules)
        if not wished[sold]:
            stance = np.float64(readers.traits[i].stance)
            reported = react(
                draw, who, stance, reads[sold].time, post, np.int32(PROMOTED), reporting, reports, reported
            )
        sold += 1
    return sold, int(reported)
