"""`takedown task=collect`: the tables, the figures and the report of a sweep's folder, made again from its runs."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pandas as pd
from omegaconf import DictConfig, OmegaConf

from experiments.cli.config import FigureConfig, SweepConfig
from experiments.cli.errors import FAILURE, USAGE, shown
from experiments.cli.job import Job
from experiments.cli.questions import Answer, answer_of
from experiments.report import figures
from experiments.report.about import CONFIG
from experiments.report.headline import headline
from experiments.report.headline_table import (
    check_alone,
    differences,
    differences_table,
    headline_section,
    headline_sentences,
)
from experiments.report.sweep import Sweep
from experiments.report.sweep_html import sweep_report
from experiments.report.sweep_table import sweep_table
from experiments.report.terminal import console
from experiments.store.collect import DAYS, RESULTS, Collected, collect, write_tables
from experiments.store.results import provenance, write_json, write_table
from sim.config import ConfigError, from_mapping
from sim.core.files import write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

REPORT, ORIGIN = "report.html", "provenance.json"
DIFFERENCES = "differences.parquet"


def run(job: Job) -> None:
    """Make the tables again, and name the files that are damaged."""
    found = collect(job.folder)
    for path in found.damaged:
        job.fail(f"{shown(path)} was cut or changed since it was written; its sweep's command runs it again", FAILURE)
    write_tables(found, job.folder)
    show(job, found)


def show(job: Job, found: Collected, seeds: list[int] | None = None, *, reused: int = 0) -> None:
    """Write the figures and the report of a folder's tables, and print what they come to.

    Parameters
    ----------
    job : Job
    found : Collected
        The runs of the folder.
    seeds : list of int, optional
        Of the sweep that has been run; None where nothing has.
    reused : int
        Runs that lay in the folder.
    """
    if found.table.empty:
        return
    folder, figure = job.folder, _figure(job)
    if seeds is not None:
        write_json(_origin(job, seeds), folder / ORIGIN)  # first: a config.yaml by itself is taken for a user's own
        write_whole(folder / CONFIG, OmegaConf.to_yaml(job.config, resolve=True).encode())
    sweep = Sweep(found.table, found.days, folder)
    try:
        drawn, answer = sweep.figures(figure.x, figure.y, figure.hue), answer_of(sweep, _config_of(job), figure)
    except ConfigError as error:  # which measures there are is known from the table: what has been run is shown
        job.fail(f"sweep.figure: {error} The figure is the default one.", USAGE)
        drawn, answer = sweep.figures(), Answer()
    top = _headline(job, sweep)
    drawn = ({"headline": top.figure} if top else {}) | answer.figures | drawn
    written = [path for name, one in drawn.items() for path in figures.save(one, folder / name)]
    config = (folder / CONFIG).read_text() if (folder / CONFIG).exists() else ""
    said = top.sentences if top else answer.sentences
    more = [headline_section(top.differences, sweep.table)] if top and top.known else []
    report = sweep_report(sweep, config, _read_origin(job), found.timings, drawn, said, more)
    write_whole(folder / REPORT, report.encode())
    out = console()
    out.print(sweep_table(found.table, out.width, figure.y))
    if top:
        write_table(top.differences, folder / DIFFERENCES)
        written.append(folder / DIFFERENCES)
        if more:
            out.print(differences_table(top.differences, sweep.table))
    for sentence in said or sweep.sentences():
        out.print(sentence, soft_wrap=False)
    if reused:
        out.print(f"{reused} of {len(found.table)} runs were in the folder already")
    if found.other_code:
        out.print(f"{found.other_code} runs of other code are in the folder, and left out of the tables")
    for path in [*written, folder / RESULTS, folder / DAYS, folder / REPORT]:
        out.print(shown(path), soft_wrap=True)


@dataclass(frozen=True)
class _Headline:
    """What `sweep.headline` adds to a sweep's report."""

    figure: Figure
    differences: pd.DataFrame
    sentences: list[str]

    @property
    def known(self) -> bool:
        """Whether there is any difference; fewer than three seeds have none."""
        return bool(self.differences.filter(like="_difference").notna().any(axis=None))


def _headline(job: Job, sweep: Sweep) -> _Headline | None:
    """Return the headline of a sweep where it is asked for, and nothing else varies."""
    config = job.config
    if config.task == "collect" and not config.sweep.headline and (kept := _kept(job)) is not None:
        config = kept
    if not OmegaConf.select(config, "sweep.headline"):
        return None
    if reason := check_alone(sweep.arms):
        job.fail(f"sweep.headline: {reason}. It is left out.", USAGE)
        return None
    scenario, points = config.scenario, list(config.sweep.points)
    figure = headline(sweep.table, points, scenario=scenario.name, scale=scenario.scale, days=scenario.days)
    return _Headline(figure, differences(sweep.table), headline_sentences(sweep.table))


def _figure(job: Job) -> FigureConfig:
    """Return what the figure shows: as the command says, or else as the sweep's did whose tables are made again."""
    asked = job.options(SweepConfig, "sweep").figure
    if job.config.task != "collect" or asked != FigureConfig(x=None, y=None, hue=None) or (kept := _kept(job)) is None:
        return asked
    return from_mapping(FigureConfig, OmegaConf.to_container(kept.sweep.figure), "sweep.figure")


def _config_of(job: Job) -> DictConfig:
    """Return the configuration of the command, or that of the sweep whose tables are made again."""
    return (_kept(job) or job.config) if job.config.task == "collect" else job.config


def _kept(job: Job) -> DictConfig | None:
    """Return the configuration of the last sweep into the folder."""
    path = job.folder / CONFIG
    return cast(DictConfig, OmegaConf.load(path)) if path.exists() else None


def _origin(job: Job, seeds: list[int]) -> dict[str, Any]:
    """Return the provenance of a sweep; of those that filled the folder before, the commands."""
    before = _read_origin(job)
    earlier = before.pop("earlier", [])
    known = ("command", "seeds", "code_sha256", "commit", "written")
    return provenance(seeds, job.command) | {
        "earlier": [*earlier, *([{k: before.get(k) for k in known}] if before else [])]
    }


def _read_origin(job: Job) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        found = json.loads((job.folder / ORIGIN).read_text())
        return found if isinstance(found, dict) else {}
    return {}
