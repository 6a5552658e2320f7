"""Tasks that are killed with SIGKILL at random moments: the same command then ends in the same files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from experiments.store.comparison import Comparison
from tests.experiments.tiny import TINY
from tests.kills import kill_and_finish

SMALL = [*TINY, "scenario.days=1"]
COMPARE = (
    "task=compare", *SMALL, "compare.choose_seeds=1", "compare.report_seeds=2",
    "compare.detectors=[random,co_repost,profile_forest]", f"compare.train_overrides={json.dumps(SMALL)}",
    "compare.false_positive_budget=0.05", "hydra.run.dir=run",
)  # fmt: skip
TABLES = tuple(f"{name}.parquet" for name in (*Comparison.TABLES, "summary"))
ARCHIVE = ("task=archive", *TINY, "enforcement=never", "hydra.run.dir=run")


def content(folder: Path, names: tuple[str, ...]) -> dict[str, bytes]:
    return {name: (folder / "run" / name).read_bytes() for name in names}


@pytest.mark.slow
def test_a_comparison_killed_fifteen_times_ends_in_the_tables_of_an_undisturbed_one(tmp_path: Path):
    def check(folder: Path) -> None:
        assert not [path.name for path in (folder / "run").rglob(".*")]  # what the dead had left

    undisturbed, killed = kill_and_finish(tmp_path, COMPARE, kills=15, in_a_row=5, earliest=2.0, check=check)
    expected = content(undisturbed, TABLES)
    for folder in killed.folders:
        assert content(folder, TABLES) == expected, killed.moments
