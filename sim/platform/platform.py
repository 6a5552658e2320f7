"""The platform: passes observations to detectors and scores to policies, and orders the actions that they decide on.

Pseudonyms, the numbers by which detectors know accounts, are assigned only here; they are drawn for each seed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any, Protocol

import mesa
import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.config import ConfigError, EnforcementConfig
from sim.core.prefetch import prefetch
from sim.core.rng import Purpose, stream, uniforms
from sim.core.schedule import Schedule
from sim.enforcement.actions.actions import Actions
from sim.enforcement.appeals import Appeals
from sim.enforcement.investigation import Investigation
from sim.enforcement.policy import Policy
from sim.enforcement.review import ReviewQueue, team_measures
from sim.enforcement.route import Route
from sim.events.content import Content
from sim.events.kept import row_of
from sim.events.records import REPOST
from sim.events.timeline import TimelineView
from sim.observation import COLUMNS, EVENTS, NAMES, Follows, Observation, validate_scores
from sim.operation.second_platform import SecondPlatform
from sim.platform.ask import ask
from sim.platform.columns import ObservedColumns
from sim.platform.evidence import under_internal_numbers
from sim.platform.known_accounts import draw_known_accounts
from sim.platform.seen_reports import seen_reports
from sim.state import RunState

_AHEAD = 16  # events between the one that is written and the one that is fetched: saves a sixth of the loop's time
_TAKEN = "_taken_for_a_run"  # attribute of a detector that a run has, or had


class DetectorLike(Protocol):
    """The interface that the platform expects of detectors; `detectors.base.Detector` is the class to inherit from."""

    requires: frozenset[str]

    def observe(self, observation: Observation) -> None:
        """Take in one step's events."""

    def score(self) -> NDArray[np.float64]:
        """Return a score in [0, 1] per account, NaN where there is too little to say."""


def check_protocol(detector: Any) -> None:
    """Raise `ConfigError` unless an object has what the platform asks of a detector: before a run, not in it."""
    name = type(detector).__name__
    if isinstance(detector, type):
        raise ConfigError(f"detector must be an object; got the class {detector.__name__}, of which one is to be made.")
    asked = ["requires", "observe", "score"]
    if getattr(detector, "sees_truth", False):
        asked.append("reveal")
    missing = [part for part in asked if not hasattr(detector, part)]
    if missing:
        raise ConfigError(f"detector must have {', '.join(asked)}; {name} has no {', '.join(missing)}.")
    required = detector.requires
    if not isinstance(required, set | frozenset | tuple | list) or not all(isinstance(part, str) for part in required):
        raise ConfigError(f"{name}.requires must be a set of names; got {required!r}.")
    unknown = ", ".join(sorted(set(required) - set(NAMES)))
    if unknown:
        raise ConfigError(f"{name}.requires names {unknown}, which no platform sees; allowed: {', '.join(NAMES)}.")


def take_for_a_run(detector: Any) -> None:
    """Mark a detector as one that a run has; raise `ConfigError` where another run had it: it knows of that run."""
    if getattr(detector, _TAKEN, False):
        raise ConfigError(
            f"detector {type(detector).__name__} has been given to a run before and may know of it; make a fresh one, "
            "or name it: a detector given by its name is always fresh."
        )
    with contextlib.suppress(AttributeError):  # an object with slots keeps no mark
        setattr(detector, _TAKEN, True)


class Platform(mesa.Agent):  # type: ignore[misc]
    """The platform as one Mesa agent.

    Attributes
    ----------
    pseudonyms : int64 (accounts,)
        The number by which detectors know each account.
    scores : float64 (accounts,)
        The last scores of the main route, by internal number; NaN before the first scoring.
    actions : sim.enforcement.actions.actions.Actions
        Orders and actions; `actions.log` is the log.
    routes : list of (Route, detector)
        The main route first, if it has a detector.
    investigation : Investigation
        The analysts and their case.
    queue, appeals_queue : ReviewQueue
        The reviewers; one queue under two names unless appeals have reviewers of their own.
    """

    def __init__(
        self,
        state: RunState,
        detector: DetectorLike | None,
        enforcement: EnforcementConfig,
        others: Mapping[str, DetectorLike] | None = None,
        *,
        second_platform: SecondPlatform,
    ) -> None:
        super().__init__(state)
        self.state, self._second_platform = state, second_platform
        config, n, layer = state.config, len(state.accounts), state.world.truth.layer
        self.detector, self.enforcement = detector, enforcement
        order = np.argsort(uniforms(stream(config.seed, Purpose.RENUMBER), np.arange(n)), kind="stable")
        self.pseudonyms = np.empty(n, np.int64)
        self.pseudonyms[order] = np.arange(n)
        self._internal = order
        self.actions = Actions(config, enforcement, state.accounts, state.timeline, layer)
        review, appeals = enforcement.review, enforcement.appeals
        self.queue = self.appeals_queue = ReviewQueue(config, review, review.reviewers, layer, 0)
        if appeals.reviewers:
            self.appeals_queue = ReviewQueue(config, review, appeals.reviewers, layer, 1)
        self.appeals = Appeals(config, appeals, layer, self.actions)
        self._bans = Schedule(config.scenario.step_seconds, 1)  # account that is barred from advertising on a day
        if enforcement.acts and (barred_on := config.operation.promotion.barred_on):
            self._bans.add(config.scenario.seconds_to(barred_on), state.world.truth.state_media)
        self.investigation = Investigation(state, enforcement.investigation, on=enforcement.acts)
        self._main = Route("main", 0, enforcement, config, self.actions)
        self.routes: list[tuple[Route, DetectorLike]] = [] if detector is None else [(self._main, detector)]
        for name, other in (others or {}).items() if enforcement.acts else ():
            route = Route(name, len(self.routes) + 1, enforcement.routes[name], config, self.actions)
            self.routes.append((route, other))
        for _, scorer in self.routes:
            check_protocol(scorer)
        self._shared: dict[str, NDArray[Any]] = {}
        self.content = Content(config, state.world.truth)
        self._follows: Follows | None = None
        needs_known = any("known_accounts" in scorer.requires for _, scorer in self.routes)
        # The one grant of truth to detectors, few and partly wrong.
        more = {"known_accounts": draw_known_accounts(config, state.world)} if needs_known else {}
        self._columns = ObservedColumns(state, self.pseudonyms, more)
        for _, scorer in self.routes:
            take_for_a_run(scorer)
            if getattr(scorer, "sees_truth", False):  # the ceiling of a comparison is given the truth openly
                ask(scorer, "reveal", state.world.truth.operation[order])

    @property
    def scores(self) -> NDArray[np.float64]:
        """The last scores of the main route, by internal number."""
        return self._main.scores

    @property
    def policy(self) -> Policy:
        """The policy of the main route; it may be set."""
        return self._main.policy

    @policy.setter
    def policy(self, policy: Policy) -> None:
        self._main.policy = policy

    def apply(self, accounts: NDArray[np.integer], action: str, strength: float, time: int, route: str) -> None:
        """Order an action from outside the automatic routes.

        Parameters
        ----------
        accounts : int (some,)
            Internal numbers.
        action, strength : str, float
        time : int
            When it takes effect, seconds from the start of the run: at the start of the first step at or after it.
        route : str
            Its name in the log.
        """
        now = self.state.now
        self.actions.order(accounts, action, strength, time, route, now)

    def accounts_of(self, pseudonyms: NDArray[np.integer]) -> NDArray[np.int64]:
        """Return the internal numbers of accounts by their pseudonyms.

        Raises
        ------
        ConfigError
            One is no pseudonym: not a whole number in [0, accounts). An author of -1 is not known.
        """
        numbers, n = np.asarray(pseudonyms), self.pseudonyms.size
        if numbers.size and (numbers.dtype.kind not in "iu" or numbers.min() < 0 or numbers.max() >= n):
            got = f"type {numbers.dtype}" if numbers.dtype.kind not in "iu" else f"{numbers.min()} to {numbers.max()}"
            raise ConfigError(f"pseudonyms must be whole numbers in [0, {n}); got {got}.")
        return self._internal[numbers]

    def explain(self, account: int, route: str = "main") -> Any:
        """Return a detector's evidence about an account, under internal numbers.

        Raises
        ------
        ConfigError
            There is no such account or route, or its detector explains nothing.
        """
        detectors = {of.name: detector for of, detector in self.routes}
        if route not in detectors:
            known = f"one of {', '.join(detectors)}" if detectors else "that of a detector, and there is none"
            raise ConfigError(f"route must be {known}; got {route!r}.")
        whole = isinstance(account, int | np.integer) and not isinstance(account, bool)
        if not whole or not 0 <= account < self.pseudonyms.size:
            raise ConfigError(f"account must be a whole number in [0, {self.pseudonyms.size}); got {account!r}.")
        if not hasattr(detectors[route], "explain"):
            raise ConfigError(f"detector {type(detectors[route]).__name__} has no explain: it gives no reasons.")
        evidence = ask(detectors[route], "explain", int(self.pseudonyms[account]))
        return under_internal_numbers(evidence, self._internal)

    def load(self) -> dict[str, float]:
        """Return what enforcement asked of the platform's people up to now, and what was taken back.

        Returns
        -------
        dict of str to float
            `review_cases` and `queue_length` (cases not begun), of appeals too; `mean_queue_length` over the run;
            `mean_wait_hours` of the cases begun, NaN where there is none; `reviewer_hours`; `appeals_filed`,
            `appeals_upheld`, `appeals_overturned`, `appeals_pending`; `lifted_actions`.
        """
        now = self.state.now
        queues = {id(queue): queue for queue in (self.queue, self.appeals_queue)}.values()
        lifted = {"lifted_actions": float(self.actions.lifted)}
        return team_measures(list(queues), now) | self.appeals.measures() | lifted

    def start_step(self) -> None:
        """Take the verdicts that have been given, and carry out the actions whose time has come, a ban by date too."""
        now = self.state.now
        _, barred = self._bans.take(now)
        if barred.size:
            self.apply(barred, "bar_advertising", 1.0, now, "advertising_ban")
        for queue in {id(queue): queue for queue in (self.queue, self.appeals_queue)}.values():
            cases = queue.decided(now)
            if cases.account.size:
                self.appeals.apply_verdicts(cases, now)
                for route, _ in self.routes:
                    route.apply_verdicts(cases, now, round(self.enforcement.review.recheck_days * 86_400))
        self.actions.step(now)

    def step(self) -> None:
        """Observe the step's events; at each route's cadence, score and decide."""
        state, scenario = self.state, self.state.config.scenario
        end = state.end
        self.appeals.file(end, self.appeals_queue)
        self._shared = {}
        for route, detector in self.routes:
            ask(detector, "observe", self.observation(detector))
            if (state.step_number + 1) % route.cadence:
                continue
            name = type(detector).__name__
            scores = validate_scores(name, ask(detector, "score"), self.pseudonyms.size)
            route.scores = _by_internal_number(
                np.ascontiguousarray(scores), self.pseudonyms, state.accounts.created, scenario.start_epoch + end
            )
            route.decide(state.accounts, self._internal, end, self.queue)
        wave = self.investigation.step(self.scores)
        if wave.size:
            self._strike(wave, end)

    def _strike(self, wave: NDArray[np.int64], end: int) -> None:
        """Take down what an investigation has found, and act upon its attribution if that is sure."""
        self.apply(wave, "suspend", 1.0, end, "investigation")
        if self.investigation.report.advertising_barred:
            self.apply(self.state.world.truth.state_media, "bar_advertising", 1.0, end, "investigation")
        if self.investigation.report.tipped_second_platform:
            self._second_platform.tip(end)

    def observation(self, detector: DetectorLike) -> Observation:
        """Return what the platform's staff see of the current step: only what a detector asked for."""
        state, scenario = self.state, self.state.config.scenario
        start = scenario.start_epoch + state.now
        columns, events = (tuple(name for name in names if name in detector.requires) for names in (COLUMNS, EVENTS))
        return Observation(
            step=state.step_number,
            start=start,
            end=start + scenario.step_seconds,
            n_accounts=self.pseudonyms.size,
            columns={name: self._columns.column(name, start + scenario.step_seconds) for name in columns},
            events=self._events(events),
            follows=self._all_follows() if "follows" in detector.requires else None,
            reports=seen_reports(state, self.pseudonyms) if "reports" in detector.requires else None,
        )

    def _all_follows(self) -> Follows:
        """Return who follows whom under pseudonyms, made when first asked for."""
        if self._follows is None:
            graph = self.state.world.graph.renumbered(self.pseudonyms)
            self._follows = Follows(graph.indptr, graph.indices)
        return self._follows

    def _events(self, asked: tuple[str, ...]) -> dict[str, NDArray[Any]]:
        """Return the fields asked for of the step's events, in time order, under pseudonyms."""
        events, fields = self.state.events, self._shared  # by other routes in this step
        if asked and not fields:
            seen = _seen(events, self.pseudonyms, self.state.timeline.view(), self.state.config.scenario.start_epoch)
            fields.update(zip(("time", "post", "account", "author", "kind"), seen, strict=True))
        fields.update(self.content.columns(events, self.state.timeline, set(asked) - set(fields)))
        return {name: fields[name] for name in asked}


@njit(cache=True, no_cfunc_wrapper=True)
def _seen(
    events: NDArray[Any], pseudonyms: NDArray[np.int64], timeline: TimelineView, epoch: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], NDArray[np.int8]]:
    """Return time, post, account, author and kind of each event as they are seen: under pseudonyms.

    A post is its author and time: unique, and blind to the order in which the simulation keeps posts.
    """
    time, post = np.empty(events.size, np.int64), np.empty(events.size, np.int64)
    account, author = np.empty(events.size, np.int32), np.empty(events.size, np.int32)
    kind = np.empty(events.size, np.int8)
    for i in range(events.size):
        later = events[min(i + _AHEAD, events.size - 1)]
        prefetch(pseudonyms, later.account)
        prefetch(timeline.posts, row_of(later.post, timeline))
        time[i], kind[i] = epoch + events[i].time, events[i].kind
        account[i] = pseudonyms[events[i].account]
        author[i], written = account[i], events[i].time
        if events[i].kind == REPOST:
            about = timeline.posts[row_of(events[i].post, timeline)]
            author[i], written = pseudonyms[about.author], about.time
        post[i] = np.int64(author[i]) << 32 | np.int64(written)
    return time, post, account, author, kind


@njit(cache=True, no_cfunc_wrapper=True)
def _by_internal_number(
    scores: NDArray[np.float64], pseudonyms: NDArray[np.int64], created: NDArray[np.int64], now: int
) -> NDArray[np.float64]:
    """Return the scores by internal number, NaN for accounts that are not registered at `now`, seconds since 1970."""
    out = np.empty(pseudonyms.size, np.float64)
    for i in range(out.size):
        out[i] = scores[pseudonyms[i]] if created[i] < now else np.nan
    return out
