"""`takedown task=compare`: runs the bench, prints its tables, writes its tables and the report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from experiments.compare import run_compare
from experiments.compare_config import compare_from
from experiments.compare_table import tables
from experiments.comparison import Comparison
from experiments.html_report import html_report
from experiments.report import console, step_progress
from experiments.results import check_writable, provenance, write_json
from experiments.twins import Worlds
from sim.files import write_whole
from sim.scenario import enforcement_from, world_from

REPORT = "report.html"


def compare(config: DictConfig, folder: Path, chosen: Mapping[str, Any], worlds: Worlds) -> Comparison:
    """Compare detectors as a configuration says; write and print what came of it.

    Parameters
    ----------
    config : DictConfig
        Composed.
    folder : Path
        Where results go.
    chosen : mapping of str to mapping
        Settings of detectors as changed on the command line; others are read from their files.
    worlds : Worlds
        To share.
    """
    world, enforcement = world_from(config), enforcement_from(config)
    options = compare_from(config)
    check_writable(folder)
    with step_progress("comparing") as progress:
        found = run_compare(
            world, options, enforcement, detectors=chosen, folder=folder, worlds=worlds, steps=progress
        )  # fmt: skip
    if found.measures.empty:
        return found
    origin = provenance([*found.choose_seeds, *found.report_seeds])
    write_whole(folder / "config.yaml", OmegaConf.to_yaml(config, resolve=True).encode())
    write_json(origin, folder / "provenance.json")
    page = html_report(found, options, world.scenario.name, origin)
    write_whole(folder / REPORT, page.encode())
    out = console()
    for table in tables(found, found.summary(), "budget" if options.loop == "none" else options.loop, out.width):
        out.print(table)
    return found
