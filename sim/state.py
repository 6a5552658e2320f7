"""The state of a run: what every layer may read, and where each adds what it does.

Layers (`sim.public`, `sim.operation`, `sim.enforcement`, `sim.platform`) are handed the state and, by name, the one
other layer that they need. They import no model: `sim.model.InfluenceModel` is a state that makes the layers.
"""

from __future__ import annotations

import copy
from typing import Any, NoReturn

import mesa
import numpy as np
from numpy.typing import NDArray

from sim.config import ConfigError, EnforcementConfig, WorldConfig
from sim.core.rng import Purpose, stream, uniforms
from sim.events import log
from sim.events.order import in_time_order
from sim.events.records import EVENT, READ, REPORTED, joined
from sim.events.timeline import Timeline
from sim.events.trends import Trends
from sim.population.truth import Layer
from sim.population.world import World


class RunState(mesa.Model):  # type: ignore[misc]
    """Configuration, world, accounts, events and clock of one run.

    Parameters
    ----------
    config : WorldConfig
    world : World
        Built from `config`; not changed by the run.
    enforcement : EnforcementConfig

    Attributes
    ----------
    step_number : int
        Of the current step, from 0; after a run, the number of steps run.
    now, end : int
        Beginning and end of the current step, seconds from the start of the run.
    accounts : sim.population.accounts.AccountTable
        `state.accounts[i]` is one account.
    timeline : Timeline
        Recent acts and posts.
    trends : Trends
        The recommendations.
    activity, impressions : ActivityLog
        What accounts did; what organic accounts read of operation content.
    reader_reports : ActivityLog
        What readers reported to the platform, and whom they blocked.
    organic_impressions : int
        Reads of organic content by organic accounts so far.
    events : EVENT (events,)
        Of the current step, in time order, once it has been joined; before that, of the step before.
    reads : READ (reads,)
        Impressions of operation content in the current step.
    reports : REPORTED (reports,)
        Reports and blocks of the current step, in time order once its events have been joined.
    parts : list of EVENT (events,)
        What layers have added in the current step.
    running : bool
        Whether there are steps left, as Mesa's tools ask.
    """

    def __init__(self, config: WorldConfig, world: World, enforcement: EnforcementConfig) -> None:
        super().__init__(rng=config.seed)
        scenario = config.scenario
        self.config, self.world, self.enforcement = config, world, enforcement
        self.step_number = 0
        self.accounts = world.accounts.for_run()
        feed = config.feed
        self.timeline = Timeline(
            scenario.n_accounts, scenario.n_steps, feed.acts_per_account, feed.followed_hours * 3600.0,
            feed.unlisted_hours * 3600.0, feed.kept_hours * 3600.0, scenario.step_seconds,
        )  # fmt: skip
        self.trends = Trends(config, world.accounts)
        self.activity = log.ActivityLog(log.ACTIVITY_COLUMNS, scenario.start_epoch, log.OF_REPOSTS)
        self.impressions = log.ActivityLog(log.IMPRESSION_COLUMNS, scenario.start_epoch)
        self.reader_reports = log.ActivityLog(log.REPORT_COLUMNS, scenario.start_epoch)
        self.organic_impressions = 0
        self.events: NDArray[Any] = np.zeros(0, EVENT)
        self.reads: NDArray[Any] = np.zeros(0, READ)
        self.reports: NDArray[Any] = np.zeros(0, REPORTED)
        self.parts: list[NDArray[Any]] = []
        accounts = np.arange(scenario.n_accounts)
        self._order = (uniforms(stream(config.seed, Purpose.ORDER), accounts) * 2**32).astype(np.uint32)
        kept = uniforms(stream(config.seed, Purpose.LOG_SAMPLE), accounts)
        self._logged = (kept < scenario.organic_log_share) | (world.truth.layer != Layer.ORGANIC)

    @property
    def n_steps(self) -> int:
        """Steps of the whole run."""
        return self.config.scenario.n_steps

    @property
    def now(self) -> int:
        """Beginning of the current step, seconds from the start of the run; after a run, its end."""
        return self.step_number * self.config.scenario.step_seconds

    @property
    def end(self) -> int:
        """End of the current step, seconds from the start of the run."""
        return (self.step_number + 1) * self.config.scenario.step_seconds

    @property
    def over(self) -> bool:
        """Whether the run has come to its end."""
        return self.step_number >= self.n_steps

    @property
    def progress(self) -> str:
        """How far the run is, in words."""
        return f"the run is at step {self.step_number} of {self.n_steps}"

    def begin_step(self) -> None:
        """Forget the events, reads and reports of the step before."""
        self.parts, self.reads, self.reports = [], self.reads[:0], self.reports[:0]

    def add_events(self, events: NDArray[Any]) -> None:
        """Add events (`EVENT`) to the current step."""
        self.parts.append(events)

    def add_reads(self, reads: NDArray[Any], organic_impressions: int) -> None:
        """Add impressions to the current step: of operation content (`READ`), and the number of those of organic."""
        self.organic_impressions += organic_impressions
        if not reads.size:
            return
        self.reads = joined([self.reads, reads]) if self.reads.size else reads
        rows = log.impression_rows(reads, self.timeline.view())
        self.impressions.append(**dict(zip(log.IMPRESSION_COLUMNS, rows, strict=True)))

    def add_reports(self, reports: NDArray[Any]) -> None:
        """Add reports and blocks (`REPORTED`) to the current step."""
        if reports.size:
            self.reports = joined([self.reports, reports])

    def join_events(self) -> None:
        """Put the step's events and reports in time order, number new posts, and append all to timeline and logs."""
        seconds = self.config.scenario.step_seconds
        self.events = events = in_time_order(joined(self.parts), self.now, seconds, self._order)
        self.timeline.new_posts(events)
        self.timeline.append(events)
        rows = log.activity_rows(events, self.timeline.view(), self._logged)
        self.activity.append(**dict(zip(log.ACTIVITY_COLUMNS, rows, strict=True)))
        if self.reports.size:
            reports = self.reports
            self.reports = reports.take(np.lexsort((self._order[reports["account"]], reports["time"])))
            self.reader_reports.append(**{name: self.reports[name] for name in log.REPORT_COLUMNS})

    def end_step(self) -> None:
        """Begin the next step, and forget acts and posts that have reached the end of their lifetime."""
        self.step_number += 1
        self.timeline.forget(self.now)
        if self.over:
            self.running = False

    def run_for(self, duration: float) -> None:
        """Run so many steps, or those that are left where these are fewer.

        Raises
        ------
        ConfigError
            It is no number, or below 0.
        """
        if not _is_number(duration) or duration < 0:
            raise ConfigError(f"duration must be a number of steps, at least 0; got {duration!r}.")
        self.run_until(getattr(self, "time", self.step_number) + duration)

    def run_until(self, end_time: float) -> None:
        """Run up to the end of a step, or to that of the run where this comes first.

        Raises
        ------
        ConfigError
            It is no number.
        """
        if not _is_number(end_time):
            raise ConfigError(f"end_time must be a number of steps; got {end_time!r}.")
        end = min(end_time, self.n_steps)
        if not hasattr(mesa.Model, "run_until"):  # before Mesa 3.5
            while self.step_number + 1 <= end:
                self.step()
        elif end > self.time:
            super().run_until(end)  # what a user has planned between steps happens too

    def _do_step(self) -> None:
        """Run one step as Mesa 3.5's clock has it done, which plans no further step where one raises: plan it here."""
        try:
            super()._do_step()
        except BaseException:
            self._default_schedule.pause()
            self._default_schedule.resume()
            raise

    def __deepcopy__(self, memo: dict[int, Any]) -> RunState:
        """Return a run that goes on by itself from here; what no run changes (world, configuration) is shared."""
        for shared in (self.world, self.config, self.enforcement, *self.world.arrays()):
            memo[id(shared)] = shared
        copied = object.__new__(type(self))
        memo[id(self)] = copied
        copied.__dict__.update({name: copy.deepcopy(value, memo) for name, value in vars(self).items()})
        return copied

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        """Refuse: a run is neither written to a file nor copied in part."""
        raise TypeError(
            f"{type(self).__name__} cannot be pickled, nor copied by copy.copy: copy.deepcopy(model) branches a run; "
            "results() and activity.to_frame() hold what came of it."
        )


def _is_number(value: Any) -> bool:
    """Return whether a value is a number and not NaN."""
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool) and value == value
