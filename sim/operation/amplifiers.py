"""The amplifier layer: cheap accounts in cells that repost the core.

When the operator assigns a campaign post to a cell, each participating member reposts it after a delay of its own, in
seconds; some reposts go to organic posts instead, as camouflage. Participation, delay and camouflage are drawn with the
key (amplifier, post), so they are the same in a run with another policy. How often an amplifier takes part may be
bounded by its capacity (`sim.operation.capacity`).
"""

from __future__ import annotations

import math
from typing import Any

import mesa
import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.core.rng import Purpose, lognormals, lowest_draws, pair, stream, to_normal, uniform, uniforms
from sim.core.schedule import Schedule
from sim.events.records import EVENT, OWN, POST
from sim.graph.rows import group
from sim.operation.capacity import MOST_COVER, shares_taking_part, takes_a_break
from sim.operation.personas import cover_topics, repost_events
from sim.operation.tactics.base import CellOrders, CellStatus
from sim.population.accounts import ACTIVE
from sim.population.reposting import repost_shares
from sim.population.truth import Layer, Origin
from sim.state import RunState

_ORGANIC, _COVER = int(Origin.ORGANIC), int(Origin.COVER)
_OFFERED = 64  # posts among which camouflage chooses in a step
_LONGEST = 1e8  # seconds of a delay; any run is shorter


class AmplifierLayer(mesa.Agent):  # type: ignore[misc]
    """The amplifier layer as one Mesa agent."""

    def __init__(self, state: RunState) -> None:
        super().__init__(state)
        self.state = state
        truth, seed = state.world.truth, state.config.seed
        self.accounts = truth.accounts(Layer.AMPLIFIER)
        self.cell = truth.cell[self.accounts]  # a copy: a run's replacements join cells
        self.n_cells = int(self.cell.max()) + 1 if self.cell.size else 0
        self._by_cell, self._cell_start = self._members()
        self.cell_orders = CellOrders.plain(self.n_cells)
        self._orders = Schedule(state.config.scenario.step_seconds, 2, within_step=True)  # amplifier, post
        self._participation, self._delay = stream(seed, Purpose.PARTICIPATION), stream(seed, Purpose.DELAY)
        self._camouflage, self._target = stream(seed, Purpose.CAMOUFLAGE), stream(seed, Purpose.TARGET)
        self.repost_share = repost_shares(state.config.operation.amplifier_repost_share, 0.0, seed, self.accounts)
        operation = state.config.operation
        self._takes_part = shares_taking_part(operation, seed, self.accounts, self.repost_share)
        self._break_share = operation.capacity.break_share if operation.capacity.limited else 0.0
        self._break = stream(seed, Purpose.BREAK)
        self._cover_count, self._cover_time = stream(seed, Purpose.COVER_COUNT), stream(seed, Purpose.COVER_TIME)
        self._cover_topic, self._cover_appeal = stream(seed, Purpose.COVER_TOPIC), stream(seed, Purpose.COVER_APPEAL)

    def _members(self) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the accounts that are in a cell, cell by cell and in rising order, and where each cell begins.

        Counted, not sorted: it is done again after each replacement, and takes a fifteenth of the time.
        """
        inside = np.flatnonzero(self.cell >= 0)
        begins, members = group(self.cell[inside], self.accounts[inside].astype(np.int32), self.n_cells)
        return members, begins

    def join(self, fresh: NDArray[np.int64], fallen: NDArray[np.int64]) -> None:
        """Take accounts of the reserve into the cells of those that they replace."""
        if fresh.size:
            self.cell[fresh - self.accounts[0]] = self.cell[fallen - self.accounts[0]]
            self._by_cell, self._cell_start = self._members()

    def cell_status(self, fallen: NDArray[np.int64]) -> CellStatus:
        """Return what the operator sees of its cells; `fallen` are the accounts newly seen as suspended."""
        state, now = self.state, self.state.now
        rows = slice(int(self.accounts[0]), int(self.accounts[-1]) + 1)
        alive = (state.accounts.status[rows] == ACTIVE) & (self.cell >= 0)
        alive &= state.accounts.created[rows] <= state.config.scenario.start_epoch + now
        lost = self.cell[fallen - self.accounts[0]]
        return CellStatus(
            now,
            np.bincount(self.cell[alive], minlength=self.n_cells),
            np.bincount(lost[lost >= 0], minlength=self.n_cells),
        )

    def task(self, numbers: NDArray[np.int64], cells: NDArray[np.int64]) -> None:
        """Order cells to repost posts: `cells[i]` is to repost the post `numbers[i]`."""
        if not numbers.size:
            return
        operation, scenario, table = self.state.config.operation, self.state.config.scenario, self.state.accounts
        posts = self.state.timeline.posts(numbers)
        due, who, numbers = _taking_part(
            numbers, posts, cells, self._by_cell, self._cell_start, self._takes_part, int(self.accounts[0]),
            self._break_share, self.cell_orders.participation, operation.delay_median_seconds * self.cell_orders.delay,
            operation.delay_sigma, table.created, table.status, scenario.start_epoch, self._participation, self._delay,
            self._break,
        )  # fmt: skip
        self._orders.add(due, who, numbers)

    def step(self) -> None:
        """Carry out the orders that are due."""
        state = self.state
        # In the order given: of two acts that come to the same repost, the first ordered counts.
        when, who, numbers = self._orders.take(state.now, by_time=False)
        if not who.size:
            return
        fit = state.timeline.known(numbers) & (state.accounts.status[who] == ACTIVE)
        when, who, numbers = when[fit], who[fit], numbers[fit]
        posts = state.timeline.posts(numbers)
        author, written = posts["author"].astype(np.int64), posts["time"].astype(np.int64)
        hidden = uniforms(self._camouflage, who, author, written) < state.config.operation.camouflage_share
        numbers[hidden] = self._organic_targets(who[hidden], author[hidden], written[hidden])
        fit = numbers >= 0
        when, who, numbers = when[fit], who[fit], numbers[fit]
        author = state.timeline.posts(numbers)["author"]
        fit = state.accounts.status[author] == ACTIVE
        events = repost_events(who[fit], when[fit], numbers[fit], author[fit])
        events = state.timeline.first_times(events)
        state.add_events(events)
        self._write_cover(events)

    def _write_cover(self, reposts: NDArray[Any]) -> None:
        """Let amplifiers write posts of their own: after each repost, so many that reposts keep their share on average.

        How many, when and what is keyed by the amplifier and the post reposted.
        """
        state, organic = self.state, self.state.config.organic
        posts = state.timeline.posts(reposts["post"])
        who, when, author, written, nth = _cover_times(
            reposts["account"], reposts["time"], posts["author"], posts["time"],
            self.repost_share[reposts["account"] - self.accounts[0]] if reposts.size else np.empty(0), state.end,
            self._cover_count, self._cover_time,
        )  # fmt: skip
        if not who.size:
            return
        # A post is known by its author and second: of two in one second the first is written.
        _, first = np.unique(who << 32 | when, return_index=True)
        who, when, author, written, nth = (part[np.sort(first)] for part in (who, when, author, written, nth))
        key = author << 32 | written
        events = np.zeros(who.size, EVENT)
        events["time"], events["account"], events["kind"], events["source"] = when, who, POST, OWN
        events["appeal"] = lognormals(self._cover_appeal, organic.appeal_sigma, who, key, nth)
        events["topic"] = cover_topics(uniforms(self._cover_topic, who, key, nth), organic.topics)
        events["language"] = state.accounts.language[who]
        events["origin"], events["post"] = _COVER, -1
        state.add_events(events)

    def _organic_targets(
        self, who: NDArray[np.int64], author: NDArray[np.int64], written: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Pick a post of the public for each act of camouflage; -1 where there is none.

        Offered are the posts of the step before with the lowest draws; each act draws a number for each of them and
        takes the post with the lowest. So if a post is missing in a run with another policy, only the choices that fell
        on it change; drawing an index into a list would change all.
        """
        offered = self._offered() if who.size else np.empty(0, np.int64)
        if not offered.size:
            return np.full(who.size, -1, np.int64)
        posts = self.state.timeline.posts(offered)
        identity = (posts["author"].astype(np.int64) << 32) | posts["time"]
        return offered[lowest_draws(self._target, who, (author << 32) | written, identity)]

    def _offered(self) -> NDArray[np.int64]:
        """Return the numbers of the posts among which camouflage chooses in this step."""
        numbers, posts = self.state.timeline.written_in(self.state.step_number - 1)
        draw = _draws_of_the_public(posts, self.state.accounts.status, self._camouflage)
        least = np.argpartition(draw, _OFFERED)[:_OFFERED] if draw.size > _OFFERED else np.arange(draw.size)
        return numbers[least[draw[least] < 1.0]]


@njit(cache=True, no_cfunc_wrapper=True)
def _draws_of_the_public(posts: NDArray[Any], status: NDArray[np.uint8], key: np.uint64) -> NDArray[np.float64]:
    """Return a draw in [0, 1) for each post of the public whose author is active, 2 for the others."""
    out = np.full(posts.size, 2.0)
    for i in range(posts.size):
        if posts[i].origin == _ORGANIC and status[posts[i].author] == ACTIVE:
            out[i] = uniform(key, -1, posts[i].author, posts[i].time)
    return out


@njit(cache=True, no_cfunc_wrapper=True)
def _cover_times(
    who: NDArray[np.int32],
    when: NDArray[np.int32],
    author: NDArray[np.int32],
    written: NDArray[np.int32],
    repost_share: NDArray[np.float64],
    end: int,
    count_key: np.uint64,
    time_key: np.uint64,
) -> NDArray[np.int64]:
    """Return who writes cover posts and when, author and time of the post reposted, and each one's index: (5, posts).

    A repost by an account of share s goes with 1/s - 1 posts on average, at seconds of their own until the step ends.
    """
    count = np.zeros(who.size, np.int64)
    for i in range(who.size):
        mean = 1.0 / max(repost_share[i], 1.0 / (1.0 + MOST_COVER)) - 1.0
        drawn = int(mean + uniform(count_key, who[i], pair(author[i], written[i]), 0))
        count[i] = min(drawn, MOST_COVER, end - 1 - when[i])
    out, n = np.empty((5, count.sum()), np.int64), 0
    for i in range(who.size):
        for j in range(count[i]):
            slot = (end - 1 - when[i]) // count[i]
            within = int(uniform(time_key, who[i], pair(author[i], written[i]), j) * slot)
            out[0, n], out[1, n] = who[i], when[i] + 1 + j * slot + within
            out[2, n], out[3, n], out[4, n] = author[i], written[i], j
            n += 1
    return out


@njit(cache=True, no_cfunc_wrapper=True)
def _taking_part(
    numbers: NDArray[np.int64],
    posts: NDArray[Any],
    cells: NDArray[np.int64],
    by_cell: NDArray[np.int64],
    cell_start: NDArray[np.int64],
    takes_part: NDArray[np.float64],
    first: int,
    break_share: float,
    factor: NDArray[np.float64],
    delay: NDArray[np.float64],
    sigma: float,
    created: NDArray[np.int64],
    status: NDArray[np.uint8],
    start_epoch: int,
    part_key: np.uint64,
    delay_key: np.uint64,
    break_key: np.uint64,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return when, who and which post, of the members of the cells that take part in reposting the posts.

    Accounts that are not registered yet or are suspended get no orders.
    """
    size = 0
    for i in range(cells.size):
        size += cell_start[cells[i] + 1] - cell_start[cells[i]]
    due, who, number, n = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.int64), 0
    for i in range(cells.size):
        cell, author, written = cells[i], posts[i].author, np.int64(posts[i].time)
        for place in range(cell_start[cell], cell_start[cell + 1]):
            member = by_cell[place]
            if created[member] - start_epoch > written or status[member] != ACTIVE:
                continue
            if uniform(part_key, member, author, written) >= takes_part[member - first] * factor[cell]:
                continue
            if takes_a_break(member, written, break_share, break_key):
                continue
            seconds = delay[cell] * math.exp(sigma * to_normal(uniform(delay_key, member, author, written)))
            due[n], who[n], number[n] = written + 1 + np.int64(min(seconds, _LONGEST)), member, numbers[i]
            n += 1
    return due[:n], who[:n], number[:n]
