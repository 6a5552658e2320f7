"""The platform: hands observations to the detector, its scores to the policy, and has the decisions carried out.

It is the only place where accounts get the fresh numbers under which a detector knows them, drawn anew for each seed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import mesa
import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.accounts import Status
from sim.config import ConfigError, EnforcementConfig
from sim.enforcement.actions import Suspensions
from sim.enforcement.policy import policy_of
from sim.observation import COLUMNS, EVENTS, DetectorError, Observation, validate_scores
from sim.rng import Purpose, stream, uniforms
from sim.timeline import REPOST

if TYPE_CHECKING:
    from sim.model import InfluenceModel


class DetectorLike(Protocol):
    """What the platform asks of a detector; `detectors.base.Detector` is the class to inherit from."""

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
    unknown = sorted(set(required) - set(COLUMNS) - set(EVENTS))
    if unknown:
        raise ConfigError(
            f"{name}.requires names {', '.join(unknown)}, which no platform sees; "
            f"allowed: {', '.join((*COLUMNS, *EVENTS))}."
        )


class Platform(mesa.Agent):  # type: ignore[misc]
    """The platform as one Mesa agent.

    Attributes
    ----------
    fresh : int64 (accounts,)
        The number under which a detector knows each account.
    scores : float64 (accounts,)
        The last scores, by internal number; NaN before the first scoring.
    advertising_barred : bool (accounts,)
        Whose promotion is not shown.
    """

    model: InfluenceModel

    def __init__(self, model: InfluenceModel, detector: DetectorLike | None, enforcement: EnforcementConfig) -> None:
        super().__init__(model)
        config, n = model.config, len(model.accounts)
        self.detector, self.enforcement = detector, enforcement
        self.policy = policy_of(enforcement)
        self.suspensions = Suspensions(model.accounts, config.scenario.start_epoch)
        order = np.argsort(uniforms(stream(config.seed, Purpose.RENUMBER), np.arange(n)), kind="stable")
        self.fresh = np.empty(n, np.int64)
        self.fresh[order] = np.arange(n)
        self._internal = order
        self.scores = np.full(n, np.nan)
        self.advertising_barred = np.zeros(n, np.bool_)
        self._cadence = max(1, round(enforcement.cadence_hours * 60.0 / config.scenario.step_minutes))
        if detector is not None:
            check_protocol(detector)
            if getattr(detector, "sees_truth", False):  # the ceiling of a comparison is told the truth openly
                self._ask("reveal", model.world.truth.operation[order])

    @property
    def _name(self) -> str:
        return type(self.detector).__name__

    def start_step(self) -> None:
        """Carry out the suspensions whose time has come."""
        self.suspensions.carry_out(self.model.step_number * self.model.config.scenario.step_seconds)

    def step(self) -> None:
        """Observe the step's events; at the cadence, score and decide."""
        if self.detector is None:
            return
        self._ask("observe", self.observation())
        if (self.model.step_number + 1) % self._cadence:
            return
        model, scenario = self.model, self.model.config.scenario
        self.scores = validate_scores(self._name, self._ask("score"), self.fresh.size)[self.fresh]
        end = (model.step_number + 1) * scenario.step_seconds
        registered = model.accounts.created < scenario.start_epoch + end
        self.scores[~registered] = np.nan
        hit = self.policy.decide(self.scores) & (model.accounts.status == Status.ACTIVE)
        self.suspensions.decide(np.flatnonzero(hit), end + round(self.enforcement.delay_hours * 3600.0))

    def observation(self) -> Observation:
        """Return what the platform's staff see of the current step: only what the detector asked for."""
        model, scenario = self.model, self.model.config.scenario
        assert self.detector is not None
        start = scenario.start_epoch + model.step_number * scenario.step_seconds
        return Observation(
            step=model.step_number,
            start=start,
            end=start + scenario.step_seconds,
            n_accounts=self.fresh.size,
            columns={name: self._column(name, start + scenario.step_seconds) for name in self._asked(COLUMNS)},
            events=self._events(),
        )

    def _asked(self, names: tuple[str, ...]) -> list[str]:
        assert self.detector is not None
        return [name for name in names if name in self.detector.requires]

    def _events(self) -> dict[str, NDArray[Any]]:
        """Return the fields asked for of the step's events, in time order, under fresh numbers."""
        events, asked = self.model.events, self._asked(EVENTS)
        fields: dict[str, NDArray[Any]] = {}
        if "time" in asked:
            fields["time"] = events["time"].astype(np.int64) + self.model.config.scenario.start_epoch
        if "kind" in asked:
            fields["kind"] = events["kind"].astype(np.int8)
        if {"account", "post", "author"} & set(asked):
            account, author = np.empty((2, events.size), np.int32)
            post = np.empty(events.size, np.int64)
            timeline = self.model.timeline.view()
            _write_identities(events, self.fresh, timeline.posts, timeline.first_post, account, author, post)
            fields |= {"account": account, "author": author, "post": post}
        return {name: fields[name] for name in asked}

    def _column(self, name: str, now: int) -> NDArray[Any]:
        """Return a column under fresh numbers; zero where the account is not registered yet."""
        table = self.model.accounts
        registered = table.created < now
        if name == "registered":
            return registered[self._internal]
        column = getattr(table, name)
        if name == "post_count":
            column = column + self.model.timeline.acts_count
        return np.where(registered, column, np.zeros(1, column.dtype))[self._internal]

    def _ask(self, verb: str, *given: Any) -> Any:
        """Call a method of the detector; where it raises, say whose it was and what it raised."""
        try:
            return getattr(self.detector, verb)(*given)
        except Exception as error:
            if isinstance(error, DetectorError) and self._name in str(error):
                raise
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise DetectorError(f"detector {self._name}: {verb}() raised {reason}") from error


@njit(cache=True)
def _write_identities(
    events: NDArray[Any],
    fresh: NDArray[np.int64],
    posts: NDArray[Any],
    first_post: int,
    account: NDArray[np.int32],
    author: NDArray[np.int32],
    post: NDArray[np.int64],
) -> None:
    """Write who acts in each event, whose post it is about and which post that is, under fresh numbers.

    A post is its author and time: unique, and blind to the order in which the simulation keeps posts.
    """
    for i in range(events.size):
        account[i] = fresh[events[i].account]
        author[i], written = account[i], events[i].time
        if events[i].kind == REPOST:
            about = posts[events[i].post - first_post]
            author[i], written = fresh[about.author], about.time
        post[i] = np.int64(author[i]) << 32 | np.int64(written)
