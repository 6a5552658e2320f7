"""`metrics.attribute=true`: the results of a run say what the drop in reach consists of, and so does its table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from detectors import RandomDetector
from sim import InfluenceModel, load_scenario
from sim.metrics import PARTS
from tests.experiments.tiny import TINY


def test_the_parts_stand_in_the_results_and_in_the_table_where_they_are_asked_for(takedown, tmp_path: Path):
    asked = ("enforcement=threshold", "detector=random", "enforcement.threshold=0.5", "seed=2", "hydra.run.dir=run")
    status, out, err = takedown(*TINY, *asked, "metrics.attribute=true")
    assert (status, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    row = pd.read_parquet(tmp_path / "run/results.parquet").iloc[0]
    model = InfluenceModel(load_scenario("hk2019", seed=2, overrides=TINY), detector=RandomDetector(2), threshold=0.5)
    model.run()
    for name, value in model.attribution().items():
        assert row[name] == value
    assert row["reach_lost"] == sum(row[f"reach_lost_{part}"] for part in PARTS) > 0
    shown = {line.split("  ")[0].strip(): line.split()[-2:] for line in out.splitlines()}
    assert shown["people reached in the twin alone, net"] == [f"{row['reach_lost']:,.0f}", "0"]


def test_without_it_nothing_is_attributed(takedown, tmp_path: Path):
    status, out, err = takedown(*TINY, "seed=2", "hydra.run.dir=run")
    assert (status, err) == (0, "")
    assert not [name for name in pd.read_parquet(tmp_path / "run/results.parquet") if "lost_" in name]
    assert "in the twin alone" not in out


@pytest.mark.parametrize("value", ["7", "maybe", "null"])
def test_whether_to_attribute_is_true_or_false(takedown, value: str):
    status, _, err = takedown(*TINY, f"metrics.attribute={value}", "hydra.run.dir=run")
    assert status == 2
    assert err.startswith("takedown: metrics.attribute must be")
    assert len(err.splitlines()) == 1
