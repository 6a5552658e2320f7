"""`takedown task=score`: detectors on a log of somebody's own; scores, networks, groups and a report."""

from __future__ import annotations

from dataclasses import replace

from rich import box
from rich.table import Table

from experiments.cli.config import files_of
from experiments.cli.errors import FAILURE, shown
from experiments.cli.job import Job
from experiments.cli.origin import write_origin
from experiments.report.layout import text
from experiments.report.score_page import score_report
from experiments.report.terminal import StepProgress, console, step_progress
from experiments.score.config import ScoreConfig
from experiments.score.files import (
    as_arrow,
    edge_table,
    group_table,
    score_table,
    write_csv,
    write_graphml,
    write_parquet,
)
from experiments.score.read import read_log
from experiments.score.run import Result, score_log
from experiments.score.truth import read_labels
from experiments.store.results import check_writable, provenance
from sim.config import ConfigError, convert
from sim.config.composition import resolved
from sim.core.files import write_whole


def run(job: Job) -> None:
    """Score a log; print what was done, write scores, edges, groups and the report."""
    options, seed = job.options(ScoreConfig, "score"), convert(int, job.config.seed, "seed")
    names = files_of(resolved(job.config, "log"), "log")
    labels, controls = (
        [] if (given := resolved(job.config, key)) is None else files_of(given, key) for key in ("labels", "controls")
    )
    if labels and controls:
        raise ConfigError("labels and controls must not be given together: each says which accounts are to be found.")
    check_writable(job.folder)
    with step_progress("reading") as progress:
        log = read_log(
            names, options.columns, controls=controls, duplicates=options.duplicates, time_unit=options.time_unit,
            time_zone=options.time_zone, progress=lambda name, rows: _reading(progress, name, rows),
        )  # fmt: skip
        if labels:
            log = replace(log, labels=read_labels(labels, log))
        found = score_log(log, options, seed=seed, stage=progress.stage)
    _write(found, job, seed)
    for name, reason in found.failed.items():
        job.fail(f"{name} could not score the log: {reason}", FAILURE)


def _reading(progress: StepProgress, name: str, rows: int) -> None:
    progress.stage(f"reading {name}: {rows:,} rows")


def _write(found: Result, job: Job, seed: int) -> None:
    """Write all files, and print what was scored and where the files are."""
    folder = job.folder
    write_origin(job.config, folder, [seed])
    frame = score_table(found)
    scores, edges, groups = as_arrow(frame), edge_table(found), group_table(found)
    write_parquet(scores, folder / "scores.parquet")
    write_csv(scores, folder / "scores.csv")
    write_csv(edges, folder / "edges.csv")
    write_graphml(edges, folder / "network.graphml")
    write_csv(groups, folder / "groups.csv")
    report = score_report(found, frame, provenance([seed]))
    write_whole(folder / "report.html", report.encode())
    out = console()
    out.print(summary(found))
    for note in found.notes:
        out.print(note)
    for name, reason in found.left_out.items():
        out.print(f"{name} was left out: {reason}.")
    for name in ("scores.csv", "scores.parquet", "edges.csv", "network.graphml", "groups.csv", "report.html"):
        out.print(shown(folder / name), soft_wrap=True)


def summary(found: Result) -> Table:
    """Return what is printed: each detector with how many it scored, its groups and edges; and who was left out."""
    log = found.log
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=text("Your log, scored", "table.title"))
    drawn.caption = text(
        f"{log.time.size:,} acts by {int(log.acting().sum()):,} accounts in {log.hours:,.1f} hours", "table.caption"
    )
    for heading in ("detector", "accounts\nscored", "highest\nscore", "groups", "edges"):
        drawn.add_column(text(heading), justify="left" if heading == "detector" else "right", overflow="fold")
    for one in found.scored:
        scored = one.scores[one.scores == one.scores]
        network = one.network
        drawn.add_row(*map(text, (
            one.name, f"{scored.size:,}", f"{scored.max():.3f}" if scored.size else "–",
            "–" if network is None else f"{len(network.groups):,}",
            "–" if network is None else f"{network.one.size:,}",
        )))  # fmt: skip
    return drawn
