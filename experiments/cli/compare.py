"""`takedown task=compare`: compares detectors, prints its tables, writes its tables and the report."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from experiments.cli.errors import FAILURE, shown
from experiments.cli.interrupts import status_of
from experiments.cli.job import Job
from experiments.cli.origin import write_origin
from experiments.cli.resume import go_on
from experiments.compare.config import CompareConfig, compare_from
from experiments.compare.run import Interrupted, run_compare
from experiments.report.comparison_answer import answer
from experiments.report.comparison_table import tables
from experiments.report.html import html_report
from experiments.report.terminal import console, step_progress
from experiments.store.comparison import Comparison
from experiments.store.evaluations import Evaluations
from experiments.store.folders import EVALUATIONS
from experiments.store.results import check_writable, provenance
from sim.config import ConfigError
from sim.config.detector import detectors_of
from sim.core.files import write_whole

REPORT = "report.html"


def run(job: Job) -> None:
    """Compare detectors; write and print what came of it, also of a comparison that is broken off."""
    world, folder = job.world, job.folder
    options = compare_from(job.config)
    own = detectors_of(job.config, job.chosen, options.detectors)
    check_writable(folder)
    earlier = _Earlier.of(folder)
    for name in earlier.detectors:
        with suppress(ConfigError):  # a detector of one's own that is out of reach now: its evaluations stay unshown
            own = detectors_of(job.config, job.chosen, [name]) | own
    config = earlier.joined(job.config, options)
    seeds = [world.seed + i for i in range(options.choose_seeds + options.report_seeds)]
    kept = Evaluations(folder / EVALUATIONS, _name_damaged, lambda: write_origin(config, folder, seeds))
    stopped = None
    try:
        with step_progress("comparing") as progress:
            found = run_compare(
                world, options, job.enforcement, detectors=own, folder=folder, worlds=job.shared.worlds,
                steps=progress, kept=kept, shown_detectors=list(config.compare.detectors),
                shown_seeds=config.compare.report_seeds,
            )  # fmt: skip
    except Interrupted as error:
        found, stopped = error.found, error
    except KeyboardInterrupt as error:
        if any((folder / EVALUATIONS).glob("*.npz")):
            job.fail(f"what is finished is in {shown(folder / EVALUATIONS)}; {go_on(folder)}", status_of(error))
        raise
    if not found.measures.empty or stopped is not None:
        _write(found, options, config, folder, world.scenario.name)
    for name, reason in found.failures:
        job.fail(f"{name} could not be evaluated: {reason}", FAILURE)
    if not found.measures.empty:
        console().print(shown(folder / REPORT), soft_wrap=True)
    if stopped is not None:
        reached = f"{len(found.report_seeds)} of the {found.stopped_of} seeds to be reported on"
        said = f"what was evaluated so far, on {reached}, is in {shown(folder)}; {go_on(folder)}"
        job.fail(said, status_of(stopped))
        raise stopped


@dataclass(frozen=True)
class _Earlier:
    """What the comparison that lies in a folder was asked for: more than this one, perhaps."""

    detectors: Sequence[str] = ()
    report_seeds: int = 0

    @classmethod
    def of(cls, folder: Path) -> _Earlier:
        """Read it from a folder; `check_free` has seen that all else is the same."""
        path = folder / "config.yaml"
        if not path.exists():
            return cls()
        asked = OmegaConf.load(path).compare
        return cls(list(asked.detectors), int(asked.report_seeds))

    def joined(self, config: DictConfig, options: CompareConfig) -> DictConfig:
        """Return a configuration that asks for all that lies in the folder as well, in the order of the longer list."""
        names, joined = options.detectors, config.copy()
        every = self.detectors if set(names) <= set(self.detectors) else [*dict.fromkeys([*names, *self.detectors])]
        joined.compare.detectors = list(every)
        joined.compare.report_seeds = max(options.report_seeds, self.report_seeds)
        return joined


def _name_damaged(path: Path) -> None:
    print(f"takedown: {shown(path)} is damaged and is made again", file=sys.stderr)


def _write(found: Comparison, options: CompareConfig, config: DictConfig, folder: Path, scenario: str) -> None:
    """Write what a comparison came to and was made of, and print it."""
    seeds = [*found.choose_seeds, *found.report_seeds]
    write_origin(config, folder, seeds)
    write_whole(folder / REPORT, html_report(found, options, scenario, provenance(seeds)).encode())
    out = console()
    for sentence in answer(found, options):
        out.print(sentence)
    for table in tables(found, found.summary(), "budget" if options.loop == "none" else options.loop).values():
        out.print(table)
