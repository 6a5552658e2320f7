"""What depends on the values that have no source: `python -m experiments.sensitivity`.

Each value of `values.yaml` is changed by itself, down and up, and hk2019 is run without enforcement and under some
policies, each of one detector at one threshold. Runs that differ in one value share every draw that they have in
common, so each is compared with the default seed by seed. A finished run is kept, as a sweep's is: what is stopped goes
on with the same command, and more values or seeds add to it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.report.figures import save
from experiments.report.progress import sweep_progress
from experiments.sensitivity.changes import SCENARIO, changes_of, composed, listed, runs_of_changes, world_of
from experiments.sensitivity.effects import effects, markdown, measured, tornado
from experiments.store.folders import RUNS, TWINS
from experiments.store.lock import only_writer
from experiments.store.runs import run_path
from experiments.sweep import Run, run_plan
from sim.config import ConfigError
from sim.config.checks import auto_or_count
from sim.core.files import OutputError, remove_leftovers, write_whole

#: A method that looks for likeness, as the alike people of the record are hit by, and one that cuts off much.
POLICIES = {"co_repost": 0.7, "creation_burst": 0.98}
TABLE, FIGURE = "sensitivity.csv", "sensitivity"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status: 0, 1 (a run failed), 2 (wrong use) or 130 (interrupted)."""
    parser = _parser()
    options = parser.parse_intermixed_args(arguments)
    keys = [word for word in options.words if "=" not in word]
    overrides = [word for word in options.words if "=" in word]
    if options.seeds < 1:
        parser.error(f"--seeds must be at least 1; got {options.seeds}.")
    try:
        values = listed()["values"]
        config = composed([f"scenario.scale={options.scale}", *overrides])
        changes = changes_of(config, {key: values.get(key) for key in keys} if keys else values)
        seeds = range(1, options.seeds + 1)
        policies = dict(options.policy or POLICIES)
        runs = runs_of_changes(config, changes, seeds, policies)
        workers = auto_or_count("--workers", options.workers)
        world = world_of(config)
    except ConfigError as error:
        parser.error(str(error))
    folder = Path(options.folder)
    try:
        with only_writer(folder):
            remove_leftovers(folder, folder / RUNS, folder / TWINS)
            with sweep_progress() as progress:
                swept = run_plan(runs, folder, workers=workers, watch=progress)
            planned = {run.key for run in runs}
            found = measured(swept.table[swept.table["key"].isin(planned)], world, list(policies))
            table = effects(found, changes)
            write_whole(folder / TABLE, table.to_csv(index=False).encode())
            scenario = world.scenario
            about = ", ".join(f"{name} at {threshold:g}" for name, threshold in policies.items())
            title = f"{SCENARIO} at scale {scenario.scale:g}, {scenario.days} days, seeds 1 to {options.seeds}; {about}"
            written = save(tornado(table, title), folder / FIGURE)
    except OutputError as error:
        return _failed(str(error), 1)
    except KeyboardInterrupt:
        return _failed(f"interrupted: {_kept(runs, folder)}; the same command goes on from here", 130)
    print(markdown(table, found))
    print("\n" + "\n".join(map(str, [folder / TABLE, *written])))
    for run, reason in swept.failures:
        _failed(f"{run} failed: {reason}", 1)
    return int(bool(swept.failures))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments.sensitivity", description=__doc__)
    parser.add_argument("--scale", type=float, default=0.1, help=f"of {SCENARIO} (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=2, help="how many, from 1 on (default: %(default)s)")
    named = " and ".join(f"{name}={threshold}" for name, threshold in POLICIES.items())
    parser.add_argument(
        "--policy", action="append", type=_policy, metavar="DETECTOR=THRESHOLD",
        help=f"what acts, each in runs of its own; may be given several times (default: {named})",
    )  # fmt: skip
    parser.add_argument("--workers", type=_workers, default="auto", help="processes (default: a core each)")
    parser.add_argument("--folder", default="outputs/sensitivity", help="where results go (default: %(default)s)")
    parser.add_argument(
        "words", nargs="*", metavar="KEY | KEY=VALUE", help="these values alone; other values of the configuration"
    )
    return parser


def _policy(text: str) -> tuple[str, float]:
    name, _, threshold = text.partition("=")
    try:
        return name, float(threshold)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be DETECTOR=THRESHOLD, such as co_repost=0.7; got {text!r}") from None


def _workers(text: str) -> Any:
    return int(text) if text.isdigit() else text


def _kept(runs: Sequence[Run], folder: Path) -> str:
    done = sum(run_path(folder, run.key).exists() for run in runs)
    return f"{done} of {len(runs)} runs are kept in {folder}"


def _failed(message: str, status: int) -> int:
    print(f"sensitivity: {message}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
