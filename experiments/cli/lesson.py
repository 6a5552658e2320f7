"""`takedown task=lesson`: the page for a class, from runs that are made where they are not kept."""

from __future__ import annotations

from pathlib import Path

from experiments.cli.errors import FAILURE, shown
from experiments.cli.job import Job
from experiments.cli.origin import write_origin
from experiments.lesson.build import BrokenRuns, contents
from experiments.lesson.config import LessonConfig
from experiments.lesson.page import check_sources, page
from experiments.report.progress import sweep_progress
from experiments.report.terminal import console
from experiments.store.results import check_writable
from sim.core.files import write_whole

PAGE = "lesson.html"


def run(job: Job) -> None:
    """Run what is missing, and write the page."""
    check_sources()
    options = job.options(LessonConfig, "lesson")
    check_writable(job.folder)
    target = Path(options.file) if options.file is not None else job.folder / PAGE
    out = console()
    with sweep_progress() as progress:
        try:
            said, packed = contents(
                job.world, job.enforcement, options, job.folder, workers=job.workers, watching=progress, say=out.print
            )
        except BrokenRuns as error:
            job.fail(str(error), FAILURE)
            return
    html = page(said, packed)
    write_origin(job.config, job.folder, [job.world.seed + i for i in range(options.seeds)])
    write_whole(target, html.encode())
    out.print(f"{shown(target)}, {len(html.encode()):,} bytes", soft_wrap=True)
