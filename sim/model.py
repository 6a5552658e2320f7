"""The model: builds the world from a configuration and says the order of a step."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np
from numpy.typing import NDArray

from sim import networks
from sim.arguments import WorldArguments, enforcement_of
from sim.collector import RunCollector
from sim.config import ConfigError, EnforcementConfig, WorldConfig
from sim.config.detector import load_detector
from sim.enforcement.policy import check_enforcement
from sim.enforcement.script import Script
from sim.metrics import Meter, Outcome, attribution, results
from sim.operation.amplifiers import AmplifierLayer
from sim.operation.operator import Operator
from sim.operation.personas import PersonaCore
from sim.operation.promotion import Promotion
from sim.operation.second_platform import SecondPlatform
from sim.platform.platform import DetectorLike, Platform
from sim.population.world import World, build_world
from sim.public.organic import OrganicPublic
from sim.state import RunState

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd
    from matplotlib.axes import Axes

logging.getLogger("MESA").setLevel(logging.WARNING)  # Mesa logs a line a step


class InfluenceModel(RunState):
    """An influence operation, the public it wants to reach and the platform that tries to stop it.

    Parameters
    ----------
    config : WorldConfig, optional
        The world, as `sim.load_scenario` gives it. Either this or `scenario`.
    detector : str, mapping or object, optional
        Name of a detector (a file of conf/detector), or a mapping with `_target_`, or a detector; none by default.
        An object is used up by the run: one that has been in a run is refused.
    threshold : float, optional
        Acts on accounts that score at least this; inf never acts. Overrides that of `enforcement`.
    scenario, scale, overrides : str, float, list of str, optional
        As of `sim.load_scenario`, instead of `config`; one override may be a text.
    seed, rng : int, optional
        Key of every draw of the run, in [0, 2**63), beside `scenario`; two names of one thing, as Mesa's tools use
        both. Without one (nor one in `overrides` or of `world`) it is drawn; `model.config.seed` and the report say it.
    enforcement : EnforcementConfig or str, optional
        Policy, cadence and delay, or the name of a file of conf/enforcement; `threshold` by default. Nothing acts where
        there is no detector.
    world : World, optional
        A world built before from the same configuration, to share among runs.

    Attributes
    ----------
    accounts : sim.population.accounts.AccountTable
        `model.accounts[i]` is one account.
    activity, impressions : sim.events.log.ActivityLog
        What accounts did; what organic accounts read of operation content.
    datacollector : mesa.DataCollector
        The measures of `sim.metrics.SERIES` per step and, once the run is over, those that need no twin
        (`sim.collector.RunCollector`).

    Raises
    ------
    ConfigError
        An argument is unknown or not allowed, or both forms are used.

    Examples
    --------
    >>> from sim import InfluenceModel, load_scenario
    >>> world = load_scenario("hk2019", scale=0.001, seed=1, overrides=["scenario.days=2"])
    >>> model = InfluenceModel(world, detector="co_repost", threshold=0.8)
    >>> model.run()
    >>> 0.0 <= model.results()["false_positive_rate"] <= 1.0
    True
    >>> same = InfluenceModel(scenario="hk2019", scale=0.001, seed=1, overrides=["scenario.days=2"])
    >>> same.config == world
    True
    """

    def __init__(
        self,
        config: WorldConfig | None = None,
        detector: str | Mapping[str, Any] | DetectorLike | None = None,
        threshold: float | None = None,
        *,
        scenario: str | None = None,
        scale: float | None = None,
        seed: int | None = None,
        rng: int | None = None,
        overrides: Sequence[str] = (),
        enforcement: EnforcementConfig | str | None = None,
        world: World | None = None,
    ) -> None:
        config = WorldArguments(config, scenario, scale, seed, rng, overrides, world).load()
        rules = enforcement_of(enforcement, threshold, has_detector=detector is not None)
        if world is not None and world.config != config:
            raise ConfigError("InfluenceModel's world must be built from its config; got the world of another one.")
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
        self.datacollector = RunCollector(REPORTERS)
        self._twin: tuple[int, Outcome] | None = None  # after so many steps

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
        8. The clock goes on, and the data collector takes down the step; after the last one, the run's measures too.

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
        self.trends.step(self.step_number, self.end, self.timeline, self.events, self.accounts)
        try:
            self.platform.step()
        finally:  # where a detector fails, the step is over all the same: what has been run can be reported
            self.end_step()
            self.datacollector.collect(self)

    def run(self, on_step: Callable[[InfluenceModel], None] | None = None) -> None:
        """Run the steps that are left; `on_step(model)` is called after each."""
        while self.step_number < self.n_steps:
            self.step()
            if on_step is not None:
                on_step(self)

    def outcome(self) -> Outcome:
        """Return all that is measured of the run so far."""
        return self.meter.outcome(self.datacollector.series)

    def twin(self) -> Outcome:
        """Return the outcome of the unenforced twin (the same world and luck, no enforcement), run when first asked."""
        if self._twin is None or self._twin[0] != self.step_number:
            self._twin = self.step_number, self._beside(None)
        return self._twin[1]

    def scripted(self, on_step: Callable[[InfluenceModel], None] | None = None) -> Outcome:
        """Return the outcome of a run with this run's actions on the operation, same account, action and second, alone.

        It is run each time; `on_step(model)` is called after each of its steps. What the second platform does after a
        tip is as in this run.
        """
        return self._beside(Script(self.platform.actions, self.world.truth.operation), on_step)

    def _beside(self, script: Script | None, on_step: Callable[[InfluenceModel], None] | None = None) -> Outcome:
        """Return the outcome of as many steps of the same world without enforcement, or with a script's alone."""
        # A script has in it what appeals lifted: they are not heard again.
        never = replace(self.enforcement, policy="never", appeals=replace(self.enforcement.appeals, actions=[]))
        other = InfluenceModel(self.config, enforcement=never, world=self.world)
        if script is not None:
            other.second_platform.removed_at = self.second_platform.removed_at
        while other.step_number < self.step_number:
            if script is not None:
                script.step(other.now, other.platform.actions)
            other.step()
            if on_step is not None:
                on_step(other)
        return other.outcome()

    def attribution(self) -> dict[str, float]:
        """Return what the drop in reach and in impressions consists of (see `sim.metrics.attribution`).

        A third run is needed for it, beside the twin: with this run's actions on the operation alone.
        """
        return attribution(self.outcome(), self.scripted(), self.twin())

    def results(self) -> dict[str, float]:
        """Return the measures beside the unenforced twin, as a plain dict (see `sim.metrics.results`).

        Before the end of the run they are those up to now, beside the twin's up to now, and a `UserWarning` says so.
        """
        if not self.over:
            warnings.warn(self.progress, UserWarning, stacklevel=2)
        return results(self.outcome(), self.twin())

    def report(self, *, every: bool = False) -> None:
        """Print the measures that are read first beside the unenforced twin's, or `every` measure by its key.

        Before the end of the run it is what the run has come to by now, and the title says so.
        """
        from rich.console import Console

        from sim.report import run_table

        title = f"{self.config.scenario.name}, seed {self.config.seed}"
        if not self.over:
            warnings.warn(self.progress, UserWarning, stacklevel=2)
            title += f": {self.progress}"
        Console(highlight=False).print(run_table(title, self.outcome(), self.twin(), every=every))

    def accounts_frame(self) -> pd.DataFrame:
        """Return `accounts.to_frame()` with the truth beside it (see `sim.networks.accounts_frame`)."""
        return networks.accounts_frame(self, self.platform)

    def scores(self) -> pd.DataFrame:
        """Return the last scores of each route, under the world's account numbers (see `sim.networks.scores`)."""
        return networks.scores(self, self.platform)

    def accounts_of(self, pseudonyms: NDArray[np.integer]) -> NDArray[np.int64]:
        """Return the world's numbers of accounts that a detector names: its numbers are pseudonyms, drawn for the run.

        Parameters
        ----------
        pseudonyms : int (some,) or one

        Returns
        -------
        int64 of the same shape
        """
        return self.platform.accounts_of(pseudonyms)

    def explain(self, account: int, route: str = "main") -> Any:
        """Return why a route's detector gives an account its score, every account in it by the world's number.

        Parameters
        ----------
        account : int
            The world's number, as in `accounts`, the logs, `scores()` and the networks.
        route : str

        Returns
        -------
        detectors.Evidence
        """
        return self.platform.explain(account, route)

    def repost_network(self, *, least: int = 1) -> nx.DiGraph:
        """Return who reposted whom so far (see `sim.networks.repost_network`)."""
        return networks.repost_network(self, least=least)

    def follower_network(self, accounts: NDArray[np.integer] | None = None) -> nx.DiGraph:
        """Return who follows whom, of all or some accounts (see `sim.networks.follower_network`)."""
        return networks.follower_network(self, accounts)

    def plot_network(self, *, nodes: int = 300, ax: Axes | None = None) -> Axes:
        """Draw a part of the repost network (see `sim.networks.plot_network`)."""
        return networks.plot_network(self, nodes=nodes, ax=ax)


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
