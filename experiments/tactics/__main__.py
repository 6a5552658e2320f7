"""Judge tactics of the operator, at equal dollars: `python -m experiments.tactics [NAME ...]`.

Each tactic of `tried.yaml` is run beside the static operation, under a defence and without one, on the same seeds. It
is a counter-measure if it gains under the defence, and more than without one. A finished run is kept, so that the same
command goes on.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from experiments.report.terminal import step_progress
from experiments.tactics.judge import HEADER, judge, row
from experiments.tactics.trial import Trials
from sim.config import ConfigError


def listed() -> dict[str, Any]:
    """Return the file `tried.yaml`: `tried`, from name to overrides; `base`, those of all runs."""
    return dict(yaml.safe_load(files("experiments.tactics").joinpath("tried.yaml").read_text(encoding="utf-8")))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status: 0, or 2 (wrong use)."""
    parser = argparse.ArgumentParser(prog="python -m experiments.tactics", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="tactics of tried.yaml (default: all)")
    parser.add_argument("--seeds", type=int, default=10, help="how many (default: %(default)s)")
    parser.add_argument("--first", type=int, default=1, help="the first of them (default: %(default)s)")
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", help="other values of all runs")
    parser.add_argument(
        "--defence", nargs="+", default=["enforcement=defence"], metavar="KEY=VALUE",
        help="what the defence is (default: enforcement=defence)",
    )  # fmt: skip
    parser.add_argument("--folder", default="outputs/tactics", help="where runs are kept (default: %(default)s)")
    options, known = parser.parse_args(arguments), listed()
    if options.seeds < 1:
        parser.error(f"--seeds must be at least 1; got {options.seeds}.")
    if unknown := [name for name in options.names if name not in known["tried"]]:
        parser.error(f"NAME must be one of {', '.join(known['tried'])}; got {unknown[0]}.")
    trials = Trials(Path(options.folder), [*known["base"], *options.set], options.defence)
    seeds = range(options.first, options.first + options.seeds)
    print(HEADER, flush=True)
    try:
        for name in options.names or known["tried"]:
            with step_progress(name) as progress:
                trials.on_step = progress.step
                verdict = judge(trials, name, known["tried"][name], seeds)
            print(row(verdict), flush=True)
    except ConfigError as error:
        parser.error(str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())
