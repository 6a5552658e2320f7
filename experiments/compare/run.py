"""The comparison of detectors: on the same recorded runs, then in the loop, at thresholds chosen on other seeds."""

from __future__ import annotations

import copy
import math
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from detectors.evaluation.operating_point import ThresholdOutcomes
from experiments.compare.choice import choose
from experiments.compare.config import CompareConfig, check_enforcement, train_config
from experiments.compare.evaluation import Rows, evaluate, threshold_outcomes_of
from experiments.compare.recording import ALWAYS, Recording, record
from experiments.compare.replay import cadence_steps, fit, is_supervised, replay
from experiments.compare.truth import RunTruth
from experiments.store.comparison import Comparison
from experiments.store.results import write_table
from experiments.store.twins import Worlds, outcome_of
from sim.config import ConfigError, EnforcementConfig, WorldConfig
from sim.config.detector import detector_settings, load_detector
from sim.core.files import OutputError
from sim.metrics import results
from sim.platform.platform import check_protocol


class Steps(Protocol):
    """Progress of a comparison."""

    def plan(self, steps: int) -> None:
        """Set the number of steps to be run."""

    def stage(self, text: str) -> None:
        """Set the description of the current stage."""

    def advance(self) -> None:
        """Count a step."""


class Silent:
    """Progress that is not shown."""

    def plan(self, steps: int) -> None: ...

    def stage(self, text: str) -> None: ...

    def advance(self) -> None: ...


class Interrupted(KeyboardInterrupt):
    """The user stopped a comparison; `found` holds what had been evaluated by then."""

    def __init__(self, found: Comparison) -> None:
        super().__init__("interrupted")
        self.found = found


def run_compare(
    config: WorldConfig,
    options: CompareConfig,
    enforcement: EnforcementConfig,
    *,
    detectors: Mapping[str, Any] | None = None,
    folder: Path | None = None,
    worlds: Worlds | None = None,
    steps: Steps | None = None,
) -> Comparison:
    """Compare detectors; one that fails is noted by name and the others go on.

    Each seed's unenforced run is recorded once and replayed to every detector. Thresholds are chosen on the first
    seeds; everything is reported on the others, on which each detector is then run in the loop at its threshold.

    Parameters
    ----------
    config : WorldConfig
        The world; its seed is the first of those that thresholds are chosen on.
    options : CompareConfig
    enforcement : EnforcementConfig
        Cadence and delay of replay and loop, and all else of the loop. Its policy must be `threshold`; the threshold is
        replaced by the one chosen.
    detectors : mapping of str to (str or mapping), optional
        The configuration of each detector; by default its name (a file of conf/detector).
    folder : Path, optional
        Where tables are written after each seed reported on, and recordings while they are needed. By default no
        tables are written, and recordings go to the system's folder for temporary files.
    worlds, steps : optional
        Worlds to share, and a display of progress.

    Raises
    ------
    ConfigError
        A detector cannot be made, or a seed, the training scenario or the enforcement is not allowed.
    OutputError
        The folder cannot be used.
    Interrupted
        Ctrl-C came after something had been evaluated; that is written, and is in the exception.
    """
    first = [config.seed + i for i in range(options.choose_seeds)]
    report = [first[-1] + 1 + i for i in range(options.report_seeds)]
    replace(config, seed=report[-1])  # may be too large
    check_enforcement(enforcement, config)
    comparison = _ComparisonRun(
        config, options, enforcement, dict(detectors or {}), folder, worlds or Worlds(), steps or Silent(),
        Comparison(first, report),
    )  # fmt: skip
    comparison.prepare()
    try:
        with tempfile.TemporaryDirectory(prefix=".recording_", dir=folder, ignore_cleanup_errors=True) as scratch:
            comparison.run(Path(scratch))
    except KeyboardInterrupt:
        if not comparison.rows:
            raise
        comparison.stop()
        raise Interrupted(comparison.found) from None
    comparison.finish()
    return comparison.found


@dataclass
class _ComparisonRun:
    """A comparison in progress."""

    config: WorldConfig
    options: CompareConfig
    enforcement: EnforcementConfig
    configurations: dict[str, Any]  # of detectors, by name
    folder: Path | None
    worlds: Worlds
    steps: Steps
    found: Comparison
    names: set[str] = field(default_factory=set)  # columns and event fields that at least one detector reads
    training: WorldConfig | None = None
    fitted: dict[str, Any] = field(default_factory=dict)
    alive: list[str] = field(default_factory=list)
    rows: list[Rows] = field(default_factory=list)  # only of finished evaluations, whenever Ctrl-C comes

    def prepare(self) -> None:
        """Make each detector once, so that a wrong configuration is reported before the first run."""
        for name in self.options.detectors:
            made = self._fresh(name, self.config.seed)
            check_protocol(made)
            self.names |= set(made.requires)
            self.alive.append(name)
            if is_supervised(made):
                self.found.supervised[name] = ""
        named = self.options.train_scenario is not None or self.options.train_overrides
        training = train_config(self.options, self.config) if named or self.found.supervised else None
        self.training = training if self.found.supervised else None  # checked in any case
        for name in list(self.found.supervised):
            if self.training is None:
                self._fail(
                    name, "it needs another scenario to be trained on, and there is none; see compare.train_scenario."
                )
            else:
                self.found.supervised[name] = self.training.scenario.name

    def run(self, scratch: Path) -> None:
        """Train supervised detectors, choose thresholds, report."""
        seeds = len(self.found.choose_seeds) + len(self.found.report_seeds)
        each, loops = len(self.alive), len(self.alive) * len(self.found.report_seeds) * (self.options.loop != "none")
        training = self.training.scenario.n_steps if self.training is not None else 0
        self.steps.plan(training + (seeds * (1 + each) + loops) * self.config.scenario.n_steps)
        if self.training is not None:
            self._train(scratch / "train", self.training)
        outcomes: dict[str, list[ThresholdOutcomes]] = {name: [] for name in self.alive}
        for seed in self.found.choose_seeds:
            recording, truth = self._record(scratch / str(seed), replace(self.config, seed=seed))
            for name in list(self.alive):
                played = self._replay(name, recording, truth)
                if played is not None:
                    outcomes[name].append(threshold_outcomes_of(truth, played[0]))
            recording.remove()
        self.found.points, self.found.costs, thresholds = choose(
            {name: outcomes[name] for name in self.alive}, self.options
        )
        del outcomes
        for seed in self.found.report_seeds:
            recording, truth = self._record(scratch / str(seed), replace(self.config, seed=seed))
            for name in list(self.alive):
                played = self._replay(name, recording, truth)
                if played is not None:
                    history, cost = played
                    rows = Rows()
                    evaluate(
                        rows, name, truth, history, thresholds[name], top=self.options.top,
                        before_posts=self.options.before_posts,
                    )  # fmt: skip
                    rows.add("replay", {"detector": name, "seed": seed}, "all", cost.measures())
                    self.rows.append(rows)
            recording.remove()
            for name in list(self.alive) if self.options.loop != "none" else ():
                self._in_the_loop(name, truth, thresholds[name][self.options.loop])
            self._collect()

    def _record(self, folder: Path, config: WorldConfig) -> tuple[Recording, RunTruth]:
        self.steps.stage(f"recording seed {config.seed}")
        world = self.worlds.get(config)
        return record(config, folder, self.names | {ALWAYS}, world=world, on_step=lambda _: self.steps.advance())

    def _train(self, folder: Path, config: WorldConfig) -> None:
        recording, truth = self._record(folder, config)
        for name in [name for name in self.alive if name in self.found.supervised]:
            self.steps.stage(f"training {name}")
            with self._noted(name):
                made = self._fresh(name, config.seed)
                fit(made, recording, truth)
                self.fitted[name] = made
        recording.remove()

    def _replay(self, name: str, recording: Recording, truth: RunTruth) -> Any:
        """Return (history, cost), or None where the detector failed."""
        self.steps.stage(f"{name}, seed {truth.seed}")
        with self._noted(name):
            return replay(
                recording, truth, self._fresh(name, truth.seed), on_step=self.steps.advance,
                cadence_steps=cadence_steps(self.enforcement, self.config),
                delay_seconds=round(self.enforcement.delay_hours * 3600.0),
                step_seconds=self.config.scenario.step_seconds,
            )  # fmt: skip
        return None

    def _in_the_loop(self, name: str, truth: RunTruth, threshold: float) -> None:
        """Run the detector in the loop, where its actions change what it sees next."""
        self.steps.stage(f"{name} in the loop, seed {truth.seed}")
        with self._noted(name):
            outcome = truth.outcome
            if threshold != math.inf:  # else it is the twin
                config = replace(self.config, seed=truth.seed)
                policy = replace(self.enforcement, policy="threshold", threshold=threshold)
                outcome = outcome_of(
                    config, self._fresh(name, truth.seed), policy, self.worlds.get(config),
                    lambda _: self.steps.advance(),
                )  # fmt: skip
            found = results(outcome, truth.outcome)
            rows = Rows()
            rows.add("loop", {"detector": name, "seed": truth.seed}, "all", found, self.options.loop)
            self.rows.append(rows)

    def _fresh(self, name: str, seed: int) -> Any:
        """Return a new detector; of a supervised one a copy of the trained one."""
        if name in self.fitted:
            return copy.deepcopy(self.fitted[name])
        try:
            return load_detector(detector_settings(self.configurations.get(name, name), seed=seed))
        except SystemExit as error:
            raise ConfigError(f"detector {name} cannot be made: it raised SystemExit: {error}.") from error

    def stop(self) -> None:
        """Keep only what has been evaluated so far."""
        self._collect()
        reached = set(self.found.measures["seed"])
        self.found.stopped_of = len(self.found.report_seeds)
        self.found.report_seeds = [seed for seed in self.found.report_seeds if seed in reached]
        self.finish()

    def finish(self) -> None:
        """Write the means and their intervals."""
        if self.folder is not None and not self.found.measures.empty:
            write_table(self.found.summary(), self.folder / "summary.parquet")

    def _collect(self) -> None:
        """Join the rows of all evaluations to tables, and write these."""
        for name in ("measures", "groups", "curves", "calibration"):
            setattr(self.found, name, pd.DataFrame([line for rows in self.rows for line in getattr(rows, name)]))
        self.found._summary = None
        if self.folder is not None:
            self.found.write(self.folder)

    def _fail(self, name: str, reason: str) -> None:
        self.found.failures.append((name, reason))
        self.alive.remove(name)

    def _noted(self, name: str) -> _Noted:
        return _Noted(self, name)


class _Noted:
    """A block in which an exception of a detector is noted under its name; the detector is left out from there on."""

    def __init__(self, comparison: _ComparisonRun, name: str) -> None:
        self._comparison, self._name = comparison, name

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        if not isinstance(error, Exception | SystemExit) or isinstance(error, OutputError):
            return False
        reason = f"SystemExit: {error}" if isinstance(error, SystemExit) else f"{error}"
        self._comparison._fail(self._name, " ".join(reason.split()) or type(error).__name__)
        return True
