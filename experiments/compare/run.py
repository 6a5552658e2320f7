"""The bench: every detector on the same recorded runs, and then in the loop, at thresholds chosen on other seeds."""

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
from experiments.compare.evaluation import Rows, judge, threshold_outcomes_of
from experiments.compare.recording import ALWAYS, Recording, record
from experiments.compare.replay import cadence_steps, fit, is_supervised, replay
from experiments.compare.truth import Scene
from experiments.store.comparison import Comparison
from experiments.store.results import write_table
from experiments.store.twins import Worlds, outcome_of
from sim.config import ConfigError, EnforcementConfig, WorldConfig
from sim.config.detector import detector_settings, load_detector
from sim.core.files import OutputError
from sim.metrics import results
from sim.platform.platform import check_protocol


class Steps(Protocol):
    """Told how far a comparison has come."""

    def plan(self, steps: int) -> None:
        """Be told the number of steps to come."""

    def stage(self, text: str) -> None:
        """Be told what is done now."""

    def advance(self) -> None:
        """Be told of a step."""


class Silent:
    """Shows nothing."""

    def plan(self, steps: int) -> None: ...

    def stage(self, text: str) -> None: ...

    def advance(self) -> None: ...


class Interrupted(KeyboardInterrupt):
    """The user stopped a comparison; `found` is what had been judged by then."""

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
    """Compare detectors; one that misbehaves is noted by name and the rest goes on.

    Each seed's unenforced run is recorded once and shown to every detector. On the first seeds thresholds are chosen,
    on the others everything is reported, and each detector is then run in the loop at its threshold.

    Parameters
    ----------
    config : WorldConfig
        The world; its seed is the first of those chosen on.
    options : CompareConfig
    enforcement : EnforcementConfig
        Cadence and delay, and what the loop does besides; its policy must be `threshold`, whose value is replaced by
        the one chosen.
    detectors : mapping of str to (str or mapping), optional
        What to make each detector from; by default its name (a file of conf/detector).
    folder : Path, optional
        Where tables are written after each seed reported on, and recordings while they are needed; by default nothing
        is written and recordings lie in the system's folder for temporary files.
    worlds, steps : optional
        To share worlds, and to be told of progress.

    Raises
    ------
    ConfigError
        A detector cannot be made, or a seed, the training scenario or the enforcement is not allowed.
    OutputError
        The folder cannot be used.
    Interrupted
        Ctrl-C came after something had been judged; it is written, and comes with the exception.
    """
    first = [config.seed + i for i in range(options.choose_seeds)]
    report = [first[-1] + 1 + i for i in range(options.report_seeds)]
    replace(config, seed=report[-1])  # may be too large
    check_enforcement(enforcement, config)
    bench = _Bench(
        config, options, enforcement, dict(detectors or {}), folder, worlds or Worlds(), steps or Silent(),
        Comparison(first, report),
    )  # fmt: skip
    bench.prepare()
    try:
        with tempfile.TemporaryDirectory(prefix=".recording_", dir=folder, ignore_cleanup_errors=True) as room:
            bench.run(Path(room))
    except KeyboardInterrupt:
        if not bench.rows:
            raise
        bench.stop()
        raise Interrupted(bench.found) from None
    bench.finish()
    return bench.found


@dataclass
class _Bench:
    """A comparison under way."""

    config: WorldConfig
    options: CompareConfig
    enforcement: EnforcementConfig
    recipes: dict[str, Any]
    folder: Path | None
    worlds: Worlds
    steps: Steps
    found: Comparison
    names: set[str] = field(default_factory=set)  # columns and event fields that any detector reads
    training: WorldConfig | None = None
    fitted: dict[str, Any] = field(default_factory=dict)
    alive: list[str] = field(default_factory=list)
    rows: list[Rows] = field(default_factory=list)  # whole ones, whenever Ctrl-C comes

    def prepare(self) -> None:
        """Make each detector once: a wrong one shows before the first hour is spent."""
        for name in self.options.detectors:
            made = self._fresh(name, self.config.seed)
            check_protocol(made)
            self.names |= set(made.requires)
            self.alive.append(name)
            if is_supervised(made):
                self.found.supervised[name] = ""
        named = self.options.train_scenario is not None or self.options.train_overrides
        training = train_config(self.options, self.config) if named or self.found.supervised else None
        self.training = training if self.found.supervised else None  # checked all the same
        for name in list(self.found.supervised):
            if self.training is None:
                self._fail(name, "it is trained on another scenario, and there is none; see compare.train_scenario.")
            else:
                self.found.supervised[name] = self.training.scenario.name

    def run(self, room: Path) -> None:
        """Train, choose, report."""
        seeds = len(self.found.choose_seeds) + len(self.found.report_seeds)
        each, loops = len(self.alive), len(self.alive) * len(self.found.report_seeds) * (self.options.loop != "none")
        training = self.training.scenario.n_steps if self.training is not None else 0
        self.steps.plan(training + (seeds * (1 + each) + loops) * self.config.scenario.n_steps)
        if self.training is not None:
            self._train(room / "train", self.training)
        outcomes: dict[str, list[ThresholdOutcomes]] = {name: [] for name in self.alive}
        for seed in self.found.choose_seeds:
            recording, scene = self._record(room / str(seed), replace(self.config, seed=seed))
            for name in list(self.alive):
                played = self._replay(name, recording, scene)
                if played is not None:
                    outcomes[name].append(threshold_outcomes_of(scene, played[0]))
            recording.remove()
        self.found.points, self.found.costs, thresholds = choose(
            {name: outcomes[name] for name in self.alive}, self.options
        )
        del outcomes
        for seed in self.found.report_seeds:
            recording, scene = self._record(room / str(seed), replace(self.config, seed=seed))
            for name in list(self.alive):
                played = self._replay(name, recording, scene)
                if played is not None:
                    history, cost = played
                    rows = Rows()
                    judge(
                        rows, name, scene, history, thresholds[name], top=self.options.top,
                        before_posts=self.options.before_posts,
                    )  # fmt: skip
                    rows.add("replay", {"detector": name, "seed": seed}, "all", cost.measures())
                    self.rows.append(rows)
            recording.remove()
            for name in list(self.alive) if self.options.loop != "none" else ():
                self._in_the_loop(name, scene, thresholds[name][self.options.loop])
            self._collect()

    def _record(self, room: Path, config: WorldConfig) -> tuple[Recording, Scene]:
        self.steps.stage(f"recording seed {config.seed}")
        world = self.worlds.get(config)
        return record(config, room, self.names | {ALWAYS}, world=world, on_step=lambda _: self.steps.advance())

    def _train(self, room: Path, config: WorldConfig) -> None:
        recording, scene = self._record(room, config)
        for name in [name for name in self.alive if name in self.found.supervised]:
            self.steps.stage(f"training {name}")
            with self._noted(name):
                made = self._fresh(name, config.seed)
                fit(made, recording, scene)
                self.fitted[name] = made
        recording.remove()

    def _replay(self, name: str, recording: Recording, scene: Scene) -> Any:
        """Return (history, cost), or None where the detector misbehaved."""
        self.steps.stage(f"{name}, seed {scene.seed}")
        with self._noted(name):
            return replay(
                recording, scene, self._fresh(name, scene.seed), on_step=self.steps.advance,
                cadence_steps=cadence_steps(self.enforcement, self.config),
                delay_seconds=round(self.enforcement.delay_hours * 3600.0),
                step_seconds=self.config.scenario.step_seconds,
            )  # fmt: skip
        return None

    def _in_the_loop(self, name: str, scene: Scene, threshold: float) -> None:
        """Run the detector where its own actions change what it sees next."""
        self.steps.stage(f"{name} in the loop, seed {scene.seed}")
        with self._noted(name):
            outcome = scene.outcome
            if threshold != math.inf:  # else it is the twin
                config = replace(self.config, seed=scene.seed)
                policy = replace(self.enforcement, policy="threshold", threshold=threshold)
                outcome = outcome_of(
                    config, self._fresh(name, scene.seed), policy, self.worlds.get(config),
                    lambda _: self.steps.advance(),
                )  # fmt: skip
            found = results(outcome, scene.outcome)
            rows = Rows()
            rows.add("loop", {"detector": name, "seed": scene.seed}, "all", found, self.options.loop)
            self.rows.append(rows)

    def _fresh(self, name: str, seed: int) -> Any:
        """Return a detector that has seen nothing of this run; a supervised one as it was trained."""
        if name in self.fitted:
            return copy.deepcopy(self.fitted[name])
        try:
            return load_detector(detector_settings(self.recipes.get(name, name), seed=seed))
        except SystemExit as error:
            raise ConfigError(f"detector {name} cannot be made: it raised SystemExit: {error}.") from error

    def stop(self) -> None:
        """Keep what has been judged so far, and no more."""
        self._collect()
        reached = set(self.found.measures["seed"])
        self.found.stopped_of = len(self.found.report_seeds)
        self.found.report_seeds = [seed for seed in self.found.report_seeds if seed in reached]
        self.finish()

    def finish(self) -> None:
        """Write the means."""
        if self.folder is not None and not self.found.measures.empty:
            write_table(self.found.summary(), self.folder / "summary.parquet")

    def _collect(self) -> None:
        """Put the tables together, and write them."""
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
    """A block in which whatever a detector raises is noted under its name, and the detector left out from there on."""

    def __init__(self, bench: _Bench, name: str) -> None:
        self._bench, self._name = bench, name

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        if not isinstance(error, Exception | SystemExit) or isinstance(error, OutputError):
            return False
        said = f"SystemExit: {error}" if isinstance(error, SystemExit) else f"{error}"
        self._bench._fail(self._name, " ".join(said.split()) or type(error).__name__)
        return True
