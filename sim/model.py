"""The model: builds the world from a configuration and says the order of a step."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import mesa

from sim.config import ConfigError, EnforcementConfig, WorldConfig
from sim.config.composition import load_enforcement
from sim.config.detector import load_detector
from sim.enforcement.policy import check_enforcement
from sim.metrics import Meter, Outcome, results
from sim.operation.amplifiers import AmplifierLayer
from sim.operation.operator import Operator
from sim.operation.personas import PersonaCore
from sim.operation.promotion import Promotion
from sim.operation.second_platform import SecondPlatform
from sim.platform.platform import DetectorLike, Platform
from sim.population.world import World, build_world
from sim.public.organic import OrganicPublic
from sim.state import RunState

logging.getLogger("MESA").setLevel(logging.WARNING)  # Mesa logs a line a step


class InfluenceModel(RunState):
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
        if world is not None and world.config != config:
            raise ConfigError("InfluenceModel's world must be built from its config; got the world of another one.")
        rules = _enforcement(enforcement, threshold, detector is not None)
        check_enforcement(rules)
        super().__init__(config, build_world(config) if world is None else world, rules)
        self.organic = OrganicPublic(self)
        self.core = PersonaCore(self)
        self.amplifiers = AmplifierLayer(self)
        self.operator = Operator(self, self.core, self.amplifiers)
        self.second_platform = SecondPlatform(self, self.core)
        self.promotion = Promotion(self, self.core, self.organic)
        made = load_detector(detector) if isinstance(detector, str | Mapping) else detector
        others = rules.routes if rules.acts else {}
        routes = {name: load_detector(route.detector, seed=config.seed) for name, route in others.items()}
        self.platform = Platform(self, made, rules, routes, second_platform=self.second_platform)
        # Mesa numbers agents by a table of the class that keeps every model for good; ours are all made by now.
        getattr(mesa.Agent, "_ids", {}).pop(self, None)
        self.meter = Meter(self, self.platform, self.operator, self.promotion, self.second_platform)
        self.datacollector = mesa.DataCollector(model_reporters=REPORTERS)
        self._twin: Outcome | None = None

    def step(self) -> None:
        """Run one step.

        1. Verdicts of reviewers are taken, and actions whose time has come take effect.
        2. The operator lets personas write, tasks amplifiers, and has due orders carried out; the same campaign goes to
           the second platform.
        3. The organic public logs in, reads what was posted before this step and what is promoted, and acts.
        4. The step's events join the timeline and the log, in time order; within a second accounts come in an order
           drawn for the run.
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
        self.begin_step()
        self.platform.start_step()
        self.operator.step()
        self.second_platform.step()
        self.organic.step()
        self.promotion.step()
        self.join_events()
        self.meter.step()
        self.trends.step(self.step_number, self.end, self.timeline, self.events, self.accounts.status)
        try:
            self.platform.step()
        finally:  # where a detector fails, the step is over all the same: what has been run can be reported
            self.datacollector.collect(self)
            self.end_step()

    def run(self, on_step: Callable[[InfluenceModel], None] | None = None) -> None:
        """Run the steps that are left; `on_step(model)` is called after each."""
        while self.step_number < self.n_steps:
            self.step()
            if on_step is not None:
                on_step(self)

    def outcome(self) -> Outcome:
        """Return all that is measured of the run so far."""
        return self.meter.outcome(self.datacollector.model_vars)

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

    def report(self, *, every: bool = False) -> None:
        """Print the measures that are read first beside the unenforced twin, or `every` measure by its key."""
        from rich.console import Console

        from sim.report import run_table

        title = f"{self.config.scenario.name}, seed {self.config.seed}"
        Console(highlight=False).print(run_table(title, self.outcome(), self.twin(), every=every))


def _enforcement(given: EnforcementConfig | None, threshold: float | None, has_detector: bool) -> EnforcementConfig:
    """Return the enforcement of a run: given or default, with the threshold put in."""
    enforcement = load_enforcement() if given is None else given
    if threshold is not None:
        if isinstance(threshold, bool) or not isinstance(threshold, int | float):
            raise ConfigError(f"threshold must be a number in [0, 1] or inf; got {threshold!r}.")
        enforcement = replace(enforcement, threshold=float(threshold))
    return enforcement if has_detector else replace(enforcement, policy="never", threshold=math.inf)


#: How the data collector reads the measures of `SERIES`: functions of the model, so that a copy reads its own.
REPORTERS: dict[str, Callable[[InfluenceModel], float]] = {
    "impressions": lambda model: model.meter.impressions,
    "reach": lambda model: model.meter.reach,
    "organic_amplification": lambda model: model.meter.organic_amplification,
    "live_amplifiers": lambda model: model.meter.live_amplifiers(),
    "suspended_organic": lambda model: model.meter.suspended("organic"),
    "suspended_core": lambda model: model.meter.suspended("core"),
    "suspended_amplifiers": lambda model: model.meter.suspended("amplifiers"),
}
