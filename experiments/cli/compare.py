"""`takedown task=compare`: runs the bench, prints its tables, writes its tables and the report."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from experiments.compare.config import CompareConfig, compare_from
from experiments.compare.run import Interrupted, run_compare
from experiments.report.comparison_table import tables
from experiments.report.html import html_report
from experiments.report.terminal import console, step_progress
from experiments.store.comparison import Comparison
from experiments.store.results import check_writable, provenance, write_json
from experiments.store.twins import Worlds
from sim.config.composition import enforcement_from, world_from
from sim.config.detector import detectors_of
from sim.core.files import write_whole

REPORT = "report.html"


def compare(config: DictConfig, folder: Path, chosen: str, worlds: Worlds) -> Comparison:
    """Compare detectors as a configuration says; write and print what came of it.

    Parameters
    ----------
    config : DictConfig
        Composed.
    folder : Path
        Where results go.
    chosen : str
        The detector of `config`, with its values as changed on the command line.
    worlds : Worlds
        To share.

    Raises
    ------
    Interrupted
        Ctrl-C, after what had been judged was written and printed.
    """
    world, enforcement = world_from(config), enforcement_from(config)
    options = compare_from(config)
    own = detectors_of(config, chosen, options.detectors)
    check_writable(folder)
    try:
        with step_progress("comparing") as progress:
            found = run_compare(
                world, options, enforcement, detectors=own, folder=folder, worlds=worlds, steps=progress
            )  # fmt: skip
    except Interrupted as stopped:
        _tell(stopped.found, options, config, folder, world.scenario.name)
        raise
    if not found.measures.empty:
        _tell(found, options, config, folder, world.scenario.name)
    return found


def _tell(found: Comparison, options: CompareConfig, config: DictConfig, folder: Path, scenario: str) -> None:
    """Write what a comparison came to and was made of, and print it."""
    origin = provenance([*found.choose_seeds, *found.report_seeds])
    write_whole(folder / "config.yaml", OmegaConf.to_yaml(config, resolve=True).encode())
    write_json(origin, folder / "provenance.json")
    write_whole(folder / REPORT, html_report(found, options, scenario, origin).encode())
    out = console()
    for table in tables(found, found.summary(), "budget" if options.loop == "none" else options.loop):
        out.print(table)
