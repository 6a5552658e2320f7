"""The organic public as one Mesa agent: in its step, accounts that log in read and act."""

from __future__ import annotations

from typing import Any

import mesa
import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.events.records import BLOCK, EVENT, READ, REPORTED
from sim.public.behaviour import SLOTS, Step, StepOutput, sessions, sessions_in_parallel
from sim.public.feed import FeedRules, new_scratch
from sim.public.reports import ReportRules
from sim.public.rules import BehaviourRules, Keys
from sim.public.sessions import READER, Readers, Sessions
from sim.state import RunState

_CHUNKS = 64  # of a step's readers, at most
_CHUNK_SIZE = 256  # readers that make a chunk worth its while
_ALONE = 2048  # readers of a step below which to wake another thread costs more than it saves


class OrganicPublic(mesa.Agent):  # type: ignore[misc]
    """The organic public as one Mesa agent.

    Attributes
    ----------
    readers : Readers
        The accounts that logged in in the current step.
    rules, keys : BehaviourRules, Keys
        Behavioural parameters, and the streams of draws.
    reports : ReportRules
        Rules of reports and blocks, with the blocks so far.
    """

    def __init__(self, state: RunState) -> None:
        super().__init__(state)
        self.state = state
        config = state.config
        self.rules = BehaviourRules.of(config)
        self.keys = Keys.of(config.seed)
        self._feed_rules = FeedRules.of(config)
        self.reports = ReportRules.of(config, state.accounts)
        self._sessions = Sessions(config, state.accounts, state.world.truth.group, self.reports.tendency > 0)
        self.readers = Readers(np.empty(0, np.int32), np.empty(0, READER))
        most_followed = int(state.world.graph.following_count().max(initial=0))
        self._scratch = new_scratch(self._feed_rules, most_followed, _CHUNKS * SLOTS)
        self._events = np.zeros((_CHUNKS, 256), EVENT)
        self._reads = np.zeros((_CHUNKS, 256), READ)
        self._reports = np.zeros((_CHUNKS, 64), REPORTED)

    def step(self) -> None:
        """Run the sessions of the current step and apply what they did.

        Adds the events, the impressions of operation content and the reports to the state, and moves the readers'
        stance.
        """
        state, table, graph = self.state, self.state.accounts, self.state.world.graph
        self.readers = readers = self._sessions.step(state.step_number)
        step = Step(
            state.step_number, state.now, state.config.scenario.step_seconds, graph.indptr, graph.indices,
            table.status, state.world.truth.group, state.trends.post, state.trends.begin,
        )  # fmt: skip
        timeline = state.timeline.view(table.status)
        size = readers.account.size
        chunks = 1 if size < _ALONE else min(_CHUNKS, 1 + size // _CHUNK_SIZE)
        run = sessions if chunks == 1 else sessions_in_parallel
        counts = np.zeros((4, chunks), np.int64)
        stance = np.empty(size, np.float32)
        while True:
            output = StepOutput(
                self._events, counts[0], self._reads, counts[1], self._reports, counts[2], counts[3], stance
            )
            run(
                chunks, step, readers, timeline, self._feed_rules, self.rules, self.reports, self.keys, self._scratch,
                output,
            )  # fmt: skip
            events, reads, reports = (int(counts[kind].max()) for kind in range(3))
            fit = events <= self._events.shape[1] and reads <= self._reads.shape[1]
            if fit and reports <= self._reports.shape[1]:
                break
            self._events = np.zeros((_CHUNKS, max(2 * events, self._events.shape[1])), EVENT)
            self._reads = np.zeros((_CHUNKS, max(2 * reads, self._reads.shape[1])), READ)
            self._reports = np.zeros((_CHUNKS, max(2 * reports, self._reports.shape[1])), REPORTED)
        state.add_events(_used(output.events, output.n_events))
        state.add_reads(_used(output.reads, output.n_reads), int(output.organic_impressions.sum()))
        self.add_reports(_used(output.reports, output.n_reports))
        if self.rules.belief:
            self._sessions.move_stance(readers, output.stance)

    def add_reports(self, reports: NDArray[Any]) -> None:
        """Add reports and blocks (`REPORTED`) to the state; the blocks hold from now on."""
        if not reports.size:
            return
        self.state.add_reports(reports)
        self.reports = self.reports.with_blocks(reports)
        self._sessions.note_blocks(reports["account"][reports["kind"] == BLOCK])


def _used(parts: NDArray[Any], counts: NDArray[np.int64]) -> NDArray[Any]:
    """Return the used part of each chunk, joined; valid until the next step."""
    if counts.size == 1:
        return parts[0, : counts[0]]
    out = np.empty(int(counts.sum()), parts.dtype)
    _copy_used(parts, counts, out)
    return out


@njit(cache=True, no_cfunc_wrapper=True)
def _copy_used(parts: NDArray[Any], counts: NDArray[np.int64], out: NDArray[Any]) -> None:
    at = 0
    for chunk in range(counts.size):
        for i in range(counts[chunk]):
            out[at] = parts[chunk, i]
            at += 1
