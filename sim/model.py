"""The model: builds the world from a configuration and says the order of a step."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import mesa
import numpy as np
from numpy.typing import NDArray

from sim.config import ConfigError, EnforcementConfig, WorldConfig
from sim.config.composition import load_enforcement
from sim.config.detector import load_detector
from sim.core.rng import Purpose, stream, uniforms
from sim.events.log import ACTIVITY_COLUMNS, IMPRESSION_COLUMNS, ActivityLog, activity_rows, impression_rows
from sim.events.order import in_time_order
from sim.events.timeline import EVENT, Timeline, joined
from sim.metrics import SERIES, Meter, Outcome, results
from sim.operation.amplifiers import AmplifierLayer
from sim.operation.operator import Operator
from sim.operation.personas import PersonaCore
from sim.operation.promotion import Promotion
from sim.operation.second_platform import VIEW_COLUMNS, SecondPlatform
from sim.platform.platform import DetectorLike, Platform
from sim.population.organic import OrganicPublic
from sim.population.truth import Layer
from sim.population.world import World, build_world
from sim.public.behaviour import READ, Behaviour
from sim.public.feed import Trends

logging.getLogger("MESA").setLevel(logging.WARNING)  # Mesa logs a line a step


class InfluenceModel(mesa.Model):  # type: ignore[misc]
    """An influence operation, the public it wants to reach and the platform that tries to stop it.

    Parameters
    ----------
    config : WorldConfig
        The world; `sim.load_scenario` reads one.
    detector : str, mapping or object, optional
        Name of a detector (a file of conf/detector), or a mapping with `_target_`, or a detector; none by default.
        An object is used up by the run: it must be fresh.
    threshold : float, optional
        Acts on accounts that score at least this; inf never acts. Overrides that of `enforcement`.
    enforcement : EnforcementConfig, optional
        Policy, cadence and delay; conf/enforcement/threshold.yaml by default, never where there is no detector.
    world : World, optional
        A world built before from the same `config`, to share among runs.

    Attributes
    ----------
    accounts : sim.population.accounts.AccountTable
        `model.accounts[i]` is one account.
    activity, impressions : sim.events.log.ActivityLog
        What accounts did; what organic accounts read of operation content.
    datacollector : mesa.DataCollector
        The measures of `sim.metrics.SERIES`, per step.

    Examples
    --------
    >>> from sim import InfluenceModel, load_scenario
    >>> world = load_scenario("hk2019", scale=0.001, seed=1, overrides=["scenario.days=2"])
    >>> model = InfluenceModel(world, detector="co_repost", threshold=0.8)
    >>> model.run()
    >>> 0.0 <= model.results()["false_positive_rate"] <= 1.0
    True
    """

    def __init__(
        self,
        config: WorldConfig,
        detector: str | Mapping[str, Any] | DetectorLike | None = None,
        threshold: float | None = None,
        *,
        enforcement: EnforcementConfig | None = None,
        world: World | None = None,
    ) -> None:
        if not isinstance(config, WorldConfig):
            raise ConfigError(f"InfluenceModel's config must be a WorldConfig, as load_scenario gives; got {config!r}.")
        if not isinstance(enforcement, EnforcementConfig | None):
            raise ConfigError(f"InfluenceModel's enforcement must be an EnforcementConfig; got {enforcement!r}.")
        super().__init__(rng=config.seed)
        if world is not None and world.config != config:
            raise ConfigError("InfluenceModel's world must be built from its config; got the world of another one.")
        self.config = config
        self.world = build_world(config) if world is None else world
        self.enforcement = _enforcement(enforcement, threshold, detector is not None)
        scenario = config.scenario
        self.step_number = 0
        self.accounts = self.world.accounts.for_run()
        self.timeline = Timeline(
            scenario.n_accounts, scenario.n_steps, config.feed.acts_per_account,
            config.feed.post_lifetime_hours * 3600.0, scenario.step_seconds,
        )  # fmt: skip
        self.trends = Trends(
            config.feed, len(config.organic.languages), scenario.step_minutes / 60.0,
            stream(config.seed, Purpose.LIMIT_RECOMMEND),
        )  # fmt: skip
        self.activity = ActivityLog(ACTIVITY_COLUMNS, scenario.start_epoch)
        self.impressions = ActivityLog(IMPRESSION_COLUMNS, scenario.start_epoch)
        self.events: NDArray[Any] = np.zeros(0, EVENT)
        self.reads: NDArray[Any] = np.zeros(0, READ)
        self.parts: list[NDArray[Any]] = []
        everybody = np.arange(scenario.n_accounts)
        self._lot = (uniforms(stream(config.seed, Purpose.ORDER), everybody) * 2**32).astype(np.uint32)
        kept = uniforms(stream(config.seed, Purpose.LOG_SAMPLE), everybody)
        self._logged = (kept < scenario.organic_log_share) | (self.world.truth.layer != Layer.ORGANIC)

        self.behaviour = Behaviour(self)
        self.organic = OrganicPublic(self)
        self.core = PersonaCore(self)
        self.amplifiers = AmplifierLayer(self)
        self.operator = Operator(self, self.core, self.amplifiers)
        self.second_platform = SecondPlatform(self, self.core, ActivityLog(VIEW_COLUMNS, scenario.start_epoch))
        self.promotion = Promotion(self)
        made = load_detector(detector) if isinstance(detector, str | Mapping) else detector
        others = self.enforcement.routes if self.enforcement.acts else {}
        routes = {name: load_detector(route.detector, seed=config.seed) for name, route in others.items()}
        self.platform = Platform(self, made, self.enforcement, routes)
        # Mesa numbers agents by a table of the class that keeps every model for good; ours are all made by now.
        getattr(mesa.Agent, "_ids", {}).pop(self, None)
        self.meter = Meter(self)
        self.datacollector = mesa.DataCollector(model_reporters=_reporters(self.meter))
        self._twin: Outcome | None = None

    @property
    def n_steps(self) -> int:
        """Steps of the whole run."""
        return self.config.scenario.n_steps

    def step(self) -> None:
        """Run one step.

        1. Verdicts of reviewers are taken, and actions whose time has come take effect.
        2. The operator lets personas write, tasks amplifiers, and has due orders carried out; the same campaign goes to
           the second platform.
        3. The organic public logs in, reads what was posted before this step and what is promoted, and acts.
        4. The step's events, in time order (those of one second by lot), join the timeline and the log.
        5. The measures are counted.
        6. Posts that gathered reposts enter the recommendations.
        7. The platform observes; at their cadences its routes score accounts and decide.
        8. The data collector takes down the step.

        Raises
        ------
        RuntimeError
            The run is over.
        DetectorError
            A detector raised, or returned what it must not. The step counts; the platform did nothing more in it.
        """
        if self.step_number >= self.n_steps:
            raise RuntimeError(
                f"the run is over after its {self.n_steps} steps (scenario.days); step() was called again."
            )
        self.parts, self.reads = [], self.reads[:0]
        self.platform.start_step()
        self.operator.step()
        self.second_platform.step()
        self.organic.step()
        self.promotion.step()
        self._join_events()
        self.meter.step()
        self.trends.step(
            self.step_number,
            (self.step_number + 1) * self.config.scenario.step_seconds,
            self.timeline,
            self.events,
            self.accounts.status,
        )
        try:
            self.platform.step()
        finally:  # where a detector fails, the step is over all the same: what has been run can be told
            self.datacollector.collect(self)
            self.step_number += 1
            self.timeline.forget(self.step_number * self.config.scenario.step_seconds)

    def run(self, on_step: Callable[[InfluenceModel], None] | None = None) -> None:
        """Run the steps that are left; `on_step(model)` is called after each."""
        while self.step_number < self.n_steps:
            self.step()
            if on_step is not None:
                on_step(self)

    def add_events(self, events: NDArray[Any]) -> None:
        """Hand in events of the current step."""
        self.parts.append(events)

    def add_reads(self, reads: NDArray[Any], organic_impressions: int) -> None:
        """Hand in the current step's impressions: of operation content in full, of organic content as a number."""
        self.meter.organic_impressions += organic_impressions
        if not reads.size:
            return
        self.reads = joined([self.reads, reads]) if self.reads.size else reads
        rows = impression_rows(reads, self.timeline.view())
        self.impressions.append(**dict(zip(IMPRESSION_COLUMNS, rows, strict=True)))

    def _join_events(self) -> None:
        """Put the events in time order, give new posts their numbers, and append all to the timeline and the log."""
        seconds = self.config.scenario.step_seconds
        self.events = events = in_time_order(joined(self.parts), self.step_number * seconds, seconds, self._lot)
        self.timeline.new_posts(events)
        self.timeline.append(events)
        rows = activity_rows(events, self.timeline.view(), self._logged)
        self.activity.append(**dict(zip(ACTIVITY_COLUMNS, rows, strict=True)))

    def outcome(self) -> Outcome:
        """Return all that is measured of the run so far."""
        return self.meter.outcome()

    def twin(self) -> Outcome:
        """Return the outcome of the unenforced twin (the same world and luck, no enforcement), run when first asked."""
        if self._twin is None:
            never = replace(self.enforcement, policy="never")
            twin = InfluenceModel(self.config, enforcement=never, world=self.world)
            while twin.step_number < self.step_number:
                twin.step()
            self._twin = twin.outcome()
        return self._twin

    def results(self) -> dict[str, float]:
        """Return the measures beside the unenforced twin, as a plain dict (see `sim.metrics.results`)."""
        return results(self.outcome(), self.twin())

    def report(self) -> None:
        """Print the measures beside the unenforced twin."""
        from rich.console import Console
        from rich.table import Table

        own, twin = self.results(), results(self.twin(), self.twin())
        table = Table(
            "measure", "this run", "unenforced twin", title=f"{self.config.scenario.name}, seed {self.config.seed}"
        )
        for name in own:
            table.add_row(name.replace("_", " "), f"{own[name]:,.4g}", f"{twin[name]:,.4g}")
        Console().print(table)


def _enforcement(given: EnforcementConfig | None, threshold: float | None, has_detector: bool) -> EnforcementConfig:
    """Return the enforcement of a run: given or default, with the threshold put in."""
    enforcement = load_enforcement() if given is None else given
    if threshold is not None:
        if isinstance(threshold, bool) or not isinstance(threshold, int | float):
            raise ConfigError(f"threshold must be a number in [0, 1] or inf; got {threshold!r}.")
        enforcement = replace(enforcement, threshold=float(threshold))
    return enforcement if has_detector else replace(enforcement, policy="never", threshold=math.inf)


def _reporters(meter: Meter) -> dict[str, Callable[[Any], float]]:
    reporters: dict[str, Callable[[Any], float]] = {
        "impressions": lambda _: meter.impressions,
        "reach": lambda _: meter.reach,
        "organic_amplification": lambda _: meter.organic_amplification,
        "live_amplifiers": lambda _: meter.live_amplifiers(),
        "suspended_organic": lambda _: meter.suspended("organic"),
        "suspended_core": lambda _: meter.suspended("core"),
        "suspended_amplifiers": lambda _: meter.suspended("amplifiers"),
    }
    assert set(reporters) == set(SERIES)
    return reporters
