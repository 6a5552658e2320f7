"""`takedown task=archive`: one run, written as a published archive."""

from __future__ import annotations

from experiments.cli.config import PublishConfig
from experiments.cli.errors import shown
from experiments.cli.job import Job
from experiments.cli.origin import write_origin
from experiments.report.terminal import console, step_progress
from experiments.store.results import check_writable
from sim import InfluenceModel
from sim.archive import check_publishable, write_archive
from sim.archive.manifest import MANIFEST
from sim.config.detector import load_detector
from sim.platform.platform import check_protocol


def run(job: Job) -> None:
    """Run one simulation and write it as an archive; the twin is not needed."""
    world = job.world
    options = job.options(PublishConfig, "publish")
    check_publishable(world.scenario)
    detector = load_detector(job.config.detector)
    check_protocol(detector)
    check_writable(job.folder)
    model = InfluenceModel(world, detector, enforcement=job.enforcement, world=job.shared.worlds.get(world))
    with step_progress("simulating") as progress:
        progress.plan(world.scenario.n_steps)
        model.run(progress.step)
    # First what the files are of: where the command is ended before the last one, the same command completes them.
    write_origin(job.config, job.folder, [world.seed], manifest=MANIFEST)
    written = write_archive(model, job.folder, hash_below=options.hash_below)
    out = console()
    for path in written:
        out.print(shown(path), soft_wrap=True)
