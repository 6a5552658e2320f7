"""The comparison of detectors: on the same recorded runs, then in the loop, at thresholds chosen on other seeds.

What is finished is kept: a detector on a seed, in replay and in the loop (`experiments.compare.kept`). A comparison
that was broken off, and one with more detectors or seeds, does only what is missing; its tables are those of one that
was not broken off.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import pandas as pd

from detectors.evaluation.operating_point import ThresholdOutcomes
from experiments.compare.choice import choose
from experiments.compare.compared import ComparedDetectors
from experiments.compare.config import MATCHED, CompareConfig, check_enforcement, choose_config
from experiments.compare.evaluation import Rows, evaluate, threshold_outcomes_of
from experiments.compare.kept import Kept
from experiments.compare.progress import Counted, Silent, Steps
from experiments.compare.recording import ALWAYS, Recording, record, recordings_in
from experiments.compare.replay import cadence_steps, replay
from experiments.compare.truth import RunTruth
from experiments.store.comparison import Comparison
from experiments.store.comparison_table import write_comparison
from experiments.store.evaluations import Evaluations
from experiments.store.folders import EVALUATIONS
from experiments.store.results import write_table
from experiments.store.twins import Worlds, outcome_of
from sim.config import EnforcementConfig, WorldConfig
from sim.config.composition import load_enforcement
from sim.core.interruption import undisguised
from sim.metrics import Outcome, results


class Interrupted(KeyboardInterrupt):
    """The user stopped a comparison; `found` holds what had been evaluated by then."""

    def __init__(self, found: Comparison) -> None:
        super().__init__("interrupted")
        self.found = found


def run_compare(
    config: WorldConfig,
    options: CompareConfig,
    enforcement: EnforcementConfig | None = None,
    *,
    detectors: Mapping[str, Any] | None = None,
    folder: Path | None = None,
    worlds: Worlds | None = None,
    steps: Steps | None = None,
    kept: Evaluations | None = None,
    shown_detectors: Sequence[str] = (),
    shown_seeds: int = 0,
) -> Comparison:
    """Compare detectors; one that fails is noted by name and the others go on.

    Each seed's unenforced run is recorded once and replayed to every detector. Thresholds are chosen on the first
    seeds; everything is reported on the others, on which each detector is then run in the loop at its threshold.

    Parameters
    ----------
    config : WorldConfig
        The world; its seed is the first of those that thresholds are chosen on.
    options : CompareConfig
    enforcement : EnforcementConfig, optional
        Cadence and delay of replay and loop, and all else of the loop. Its policy must be `threshold`; the threshold is
        replaced by the one chosen. By default `load_enforcement()`.
    detectors : mapping of str to (str or mapping), optional
        The configuration of each detector; by default its name (a file of conf/detector).
    folder : Path, optional
        Where tables are written after each seed reported on, and recordings while they are needed. By default no
        tables are written, and recordings go to the system's folder for temporary files.
    worlds, steps : optional
        Worlds to share, and a display of progress.
    kept : Evaluations, optional
        Where finished evaluations are kept and found again; by default a folder in `folder`, if there is one.
    shown_detectors : sequence of str
        Detectors in the order of the tables, by default those compared. Of others, which are not run, evaluations are
        shown as far as they are kept already.
    shown_seeds : int
        The same of seeds: so many are reported on, if it is more than the options say.

    Raises
    ------
    ConfigError
        A detector cannot be made, or a seed, the training scenario or the enforcement is not allowed.
    OutputError
        The folder cannot be used.
    Interrupted
        Ctrl-C, or another signal to end, came after something had been evaluated; that is written, and is in the
        exception.
    """
    enforcement = enforcement or load_enforcement()
    first = [config.seed + i for i in range(options.choose_seeds)]
    report = [first[-1] + 1 + i for i in range(options.report_seeds)]
    replace(config, seed=report[-1])  # may be too large
    chosen_on = choose_config(options, config)
    for world in (config, chosen_on):
        check_enforcement(enforcement, world)
    compared = ComparedDetectors(config, options, dict(detectors or {}), shown_detectors or options.detectors)
    compared.prepare()
    files = kept or Evaluations(None if folder is None else folder / EVALUATIONS)
    comparison = _ComparisonRun(
        config, options, enforcement, compared, Kept(files, config, options, enforcement, compared, chosen_on), folder,
        worlds or Worlds(), Counted(steps or Silent()),
        Comparison(
            first, report, compared.supervised, failures=compared.failures, settings=compared.settings(),
            chosen_on="" if options.choose_scenario is None else chosen_on.scenario.name,
        ),
        chosen_on,
    )  # fmt: skip
    shown = [first[-1] + 1 + i for i in range(max(options.report_seeds, shown_seeds))]
    try:
        with undisguised(), recordings_in(folder) as scratch:
            comparison.run(scratch, shown)
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
    detectors: ComparedDetectors
    kept: Kept
    folder: Path | None
    worlds: Worlds
    steps: Counted
    found: Comparison
    chosen_on: WorldConfig
    rows: dict[tuple[int, str, str], Rows] = field(default_factory=dict)  # by seed, part, detector; of finished ones

    def run(self, scratch: Path, shown: Sequence[int]) -> None:
        """Choose thresholds on the first seeds, and report on the others, as far as that has not been done.

        Parameters
        ----------
        scratch : Path
            For recordings.
        shown : sequence of int
            Seeds whose evaluations are in the tables; those that are not reported on as far as they are there.
        """
        loops = self.options.loop != "none"
        outcomes = self._choose(scratch, later=len(self.found.report_seeds) * (1 + loops))
        choice = choose(outcomes, self.options)
        self.found.points, self.found.costs, self.found.acting = choice.points, choice.costs, choice.acting
        del outcomes
        parts = ("replay", *(["loop"] if loops else []))
        for seed in shown:
            for name, chosen in choice.thresholds.items():
                for part in parts:
                    if (rows := self.kept.rows(part, name, seed, chosen)) is not None:
                        self.rows[seed, part, name] = rows
        self._report(scratch, choice.thresholds, parts)
        there = {*self.found.report_seeds, *(seed for seed, _, _ in self.rows)}
        self.found.report_seeds = [seed for seed in shown if seed in there]
        self._collect()

    def _choose(self, scratch: Path, later: int) -> dict[str, list[ThresholdOutcomes]]:
        """Return the outcomes of thresholds on each seed that they are chosen on, of the detectors that have them all.

        Parameters
        ----------
        scratch : Path
        later : int
            Runs and replays that come later for each detector, for the progress.
        """
        compared, seeds = self.detectors, self.found.choose_seeds
        known = {
            (name, seed): found for name in compared.shown for seed in seeds
            if (found := self.kept.outcomes(name, seed)) is not None
        }  # fmt: skip
        missing = {seed: [name for name in compared.alive if (name, seed) not in known] for seed in seeds}
        self._plan(missing, later * len(compared.alive) + len(self.found.report_seeds))
        self._train(scratch, missing)
        for seed in seeds:
            recording, truth = self._record(scratch, self.chosen_on, seed, missing[seed]) or (None, None)
            for name in missing[seed]:
                if recording is None or truth is None or name not in compared.alive:
                    continue
                played = self._replay(name, recording, truth, self.chosen_on)
                if played is not None:
                    known[name, seed] = threshold_outcomes_of(truth, played[0])
                    self.kept.keep_outcomes(name, seed, known[name, seed])
            if recording is not None:
                recording.remove()
        complete = [name for name in compared.not_failed if all((name, seed) in known for seed in seeds)]
        return {name: [known[name, seed] for seed in seeds] for name in complete}

    def _report(self, scratch: Path, thresholds: Mapping[str, Mapping[str, float]], parts: Sequence[str]) -> None:
        """Evaluate each detector on the seeds reported on, in replay and in the loop, where that is missing."""
        compared, seeds = self.detectors, self.found.report_seeds
        missing = {
            part: {seed: [name for name in compared.alive if (seed, part, name) not in self.rows] for seed in seeds}
            for part in parts
        }
        self._plan(missing["replay"], sum(map(len, missing.get("loop", {}).values())))
        both = {seed: [name for part in parts for name in missing[part][seed]] for seed in seeds}
        self._train(scratch, both)
        for seed in seeds:
            recorded = self._record(scratch, self.config, seed, missing["replay"][seed])
            twin = None if recorded is None else recorded[1].outcome
            if recorded is not None and twin is not None:
                seeded = replace(self.config, seed=seed)
                if missing.get("loop", {}).get(seed) and self.kept.twin(seeded) is None:
                    self.kept.keep_twin(seeded, twin)
                for name in missing["replay"][seed]:
                    if name in compared.alive:
                        self._evaluate(name, *recorded, thresholds[name])
                recorded[0].remove()
            del recorded
            for name in missing.get("loop", {}).get(seed, ()):
                if name in compared.alive:
                    twin = twin or self._twin(seed)
                    self._in_the_loop(name, seed, twin, thresholds[name])
            if both[seed]:
                self._collect()

    def _plan(self, missing: Mapping[int, Sequence[str]], more: int) -> None:
        """Report to the progress how much is to be done: recordings, replays, training, and so many further runs."""
        names = [name for each in missing.values() for name in each]
        recordings = sum(bool(each) for each in missing.values())
        training = self.detectors.training
        learn = training.scenario.n_steps if training is not None and self.detectors.untrained(names) else 0
        self.steps.remaining(learn + (recordings + len(names) + more) * self.config.scenario.n_steps)

    def _train(self, scratch: Path, missing: Mapping[int, Sequence[str]]) -> None:
        """Train those supervised detectors of which an evaluation is missing."""
        compared, config = self.detectors, self.detectors.training
        names = compared.untrained(list(dict.fromkeys(name for each in missing.values() for name in each)))
        if config is None or not names:
            return
        recording, truth = self._recorded(scratch / "train", config, names)
        for name in names:
            self.steps.stage(f"training {name}")
            with compared.noted(name):
                compared.train(name, recording, truth)
        recording.remove()

    def _record(
        self, scratch: Path, config: WorldConfig, seed: int, names: Sequence[str]
    ) -> tuple[Recording, RunTruth] | None:
        """Record a seed for the detectors that need it; None where none does."""
        names = [name for name in names if name in self.detectors.alive]
        return self._recorded(scratch / str(seed), replace(config, seed=seed), names) if names else None

    def _recorded(self, folder: Path, config: WorldConfig, names: Sequence[str]) -> tuple[Recording, RunTruth]:
        self.steps.stage(f"recording seed {config.seed}")
        read, world = self.detectors.reads(names) | {ALWAYS}, self.worlds.get(config)
        matched = self.options.controls == MATCHED
        return record(config, folder, read, world=world, on_step=self.steps.advance, matched=matched)

    def _replay(self, name: str, recording: Recording, truth: RunTruth, config: WorldConfig) -> Any:
        """Return (history, cost), or None where the detector failed."""
        self.steps.stage(f"{name}, seed {truth.seed}")
        with self.detectors.noted(name):
            return replay(
                recording, truth, self.detectors.fresh(name, truth.seed), on_step=self.steps.advance,
                cadence_steps=cadence_steps(self.enforcement, config),
                delay_seconds=round(self.enforcement.delay_hours * 3600.0),
                step_seconds=config.scenario.step_seconds,
            )  # fmt: skip
        return None

    def _evaluate(self, name: str, recording: Recording, truth: RunTruth, thresholds: Mapping[str, float]) -> None:
        """Replay a seed to a detector, and evaluate it."""
        played = self._replay(name, recording, truth, self.config)
        if played is not None:
            rows = Rows()
            evaluate(rows, name, truth, played[0], thresholds, **self.options.asked())
            rows.add_cost({"detector": name, "seed": truth.seed}, played[1].measures())
            self._keep("replay", name, truth.seed, thresholds, rows)

    def _in_the_loop(self, name: str, seed: int, twin: Outcome, thresholds: Mapping[str, float]) -> None:
        """Run the detector in the loop, where its actions change what it sees next."""
        self.steps.stage(f"{name} in the loop, seed {seed}")
        threshold = thresholds[self.options.loop]
        with self.detectors.noted(name):
            outcome = twin
            if threshold != math.inf:  # else it is the twin
                config = replace(self.config, seed=seed)
                policy = replace(self.enforcement, policy="threshold", threshold=threshold)
                made, world = self.detectors.fresh(name, seed), self.worlds.get(config)
                outcome = outcome_of(config, made, policy, world, self.steps.advance)
            rows = Rows()
            rows.add("loop", {"detector": name, "seed": seed}, "all", results(outcome, twin), self.options.loop)
            self._keep("loop", name, seed, thresholds, rows)

    def _twin(self, seed: int) -> Outcome:
        """Return the unenforced outcome of a seed that was recorded by an earlier comparison; run it if it is lost."""
        config = replace(self.config, seed=seed)
        twin = self.kept.twin(config)
        if twin is None:
            self.steps.stage(f"seed {seed} without enforcement")
            twin = outcome_of(config, world=self.worlds.get(config))
            self.kept.keep_twin(config, twin)
        return twin

    def _keep(self, part: str, name: str, seed: int, thresholds: Mapping[str, float], rows: Rows) -> None:
        self.kept.keep_rows(part, name, seed, thresholds, rows)
        self.rows[seed, part, name] = rows

    def stop(self) -> None:
        """Keep only what has been evaluated so far."""
        self._collect()
        reached = {seed for seed, _, _ in self.rows}
        self.found.stopped_of = len(self.found.report_seeds)
        self.found.report_seeds = sorted(reached)
        self.finish()

    def finish(self) -> None:
        """Write the means and their intervals, and what is made of them."""
        if self.folder is not None and not self.found.measures.empty:
            write_table(self.found.summary(), self.folder / "summary.parquet")
            write_comparison(self.found, self.folder)

    def _collect(self) -> None:
        """Join the rows of all evaluations to tables, and write these."""
        order = {name: i for i, name in enumerate(self.detectors.shown)}
        keys = sorted(self.rows, key=lambda key: (key[0], key[1] == "loop", order[key[2]]))
        self.found.replace_rows(
            {
                spec.name: pd.DataFrame([line for key in keys for line in getattr(self.rows[key], spec.name)])
                for spec in fields(Rows)
            }
        )
        if self.folder is not None and self.rows:
            self.found.write(self.folder)
