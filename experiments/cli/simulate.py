"""`takedown task=simulate`: one run beside its unenforced twin, and the archive of its takedown wave."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.cli.config import MetricsConfig, PublishConfig
from experiments.cli.errors import FAILURE, shown
from experiments.cli.job import Job
from experiments.cli.origin import write_origin
from experiments.report.terminal import StepProgress, console, run_table, step_progress
from experiments.store.arms import UNENFORCED
from experiments.store.results import check_writable, row_of, series_of, write_table
from experiments.store.twins import outcome_of
from experiments.sweep.beside import TwinBeside, fits_beside
from sim import InfluenceModel
from sim.archive import write_wave
from sim.archive.manifest import MANIFEST
from sim.config import ConfigError
from sim.config.detector import load_detector
from sim.metrics import Outcome, attribution, results
from sim.observation import DetectorError
from sim.platform.platform import check_protocol
from sim.population.world import World


def run(job: Job) -> None:
    """Run one simulation and its twin; write and print what came of them, and what an investigation published."""
    world_config, enforcement, folder = job.world, job.enforcement, job.folder
    publish, attribute = job.options(PublishConfig, "publish"), job.options(MetricsConfig, "metrics").attribute
    detector = load_detector(job.config.detector)
    check_protocol(detector)
    for route in enforcement.routes.values():
        check_protocol(load_detector(route.detector, seed=world_config.seed))
    check_writable(folder)
    world = job.shared.worlds.get(world_config)
    steps = world_config.scenario.n_steps
    with step_progress("simulating") as progress, tempfile.TemporaryDirectory(prefix="takedown_") as scratch:
        progress.plan((2 + attribute) * steps)
        beside = TwinBeside(world_config, world, Path(scratch)) if fits_beside(world_config, job.workers) else None
        try:
            model, twin, failed = _run(job, detector, world, beside, progress)
            outcome = model.outcome()
            parts = attribution(outcome, model.scripted(progress.step), twin) if attribute else {}
        finally:
            if beside is not None:
                beside.stop()
    threshold = model.platform.enforcement.threshold
    keys = {
        "scenario": world_config.scenario.name, "detector": job.chosen, "threshold": threshold,
        "seed": world_config.seed,
    }  # fmt: skip
    twin_keys = {**keys, "detector": UNENFORCED, "threshold": float("inf")}
    series = pd.concat([series_of(twin_keys, twin), series_of(keys, outcome)], ignore_index=True)
    # First what the files are of: where the command is killed before the last one, the same command is not refused.
    promised = f"archive/{MANIFEST}" if model.platform.investigation.report.published else None
    write_origin(job.config, folder, [world_config.seed], failed, promised)
    write_table(pd.DataFrame([row_of(keys, results(outcome, twin) | parts)]), folder / "results.parquet")
    write_table(series, folder / "series.parquet")
    published = publish_wave(model, folder / "archive", publish, shown(folder / "archive"))
    several = enforcement.routes or enforcement.investigation.analysts > 0
    what = f"enforcement={job.enforced}" if several else f"{job.chosen} at threshold {threshold:g}"
    title = f"{world_config.scenario.name}: {what}, seed {world_config.seed}"
    if failed:
        job.fail(failed, FAILURE)
        title += f", the first {model.step_number} of {steps} steps"
    out = console()
    out.print(run_table(title, outcome, twin, parts=parts))
    if published:
        out.print(published, soft_wrap=True)
    out.print(f"results in {shown(folder)}", soft_wrap=True)


def _run(
    job: Job, detector: Any, world: World, beside: TwinBeside | None, progress: StepProgress
) -> tuple[InfluenceModel, Outcome, str | None]:
    """Return the run, its twin's outcome, and why the run broke off; then what has been run is shown all the same."""
    model = InfluenceModel(job.world, detector, enforcement=job.enforcement, world=world)

    def step(model: InfluenceModel) -> None:
        progress.step(model)
        for _ in range(beside.steps() if beside is not None else 0):
            progress.advance()

    try:
        model.run(step)
    except DetectorError as error:
        reason = str(error).removesuffix(".")
        return model, model.twin(), f"{reason}. Results are of {model.step_number} of {model.n_steps} steps."
    twin = (
        outcome_of(job.world, world=world, on_step=progress.step) if beside is None else beside.outcome(progress.step)
    )
    return model, twin, None


def publish_wave(model: InfluenceModel, folder: Path, options: PublishConfig, where: str) -> str | None:
    """Write the archive that a run's investigation published, and return what is said of it; None where it did not.

    Parameters
    ----------
    model : InfluenceModel
    folder : Path
        Of the archive.
    options : PublishConfig
    where : str
        The folder as it is shown.
    """
    try:
        n = write_wave(model, folder, hash_below=options.hash_below)
    except ConfigError as error:  # nothing that the user must put right: a run of that time is as good as any other
        return f"the takedown wave's archive is not written: {error}"
    return f"{n:,} accounts of the takedown wave published in {where}" if n else None
