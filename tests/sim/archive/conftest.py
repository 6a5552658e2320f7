"""A core of the size of August 2019's in a small public, run for thirty days, and its archive."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim import InfluenceModel, load_scenario
from sim.archive import write_archive
from tests.worlds import PLAIN_OPERATION

SMALL = (
    "scenario.scale=1",
    "scenario.days=30",
    "scenario.organic=400",
    "scenario.amplifiers=10",
    "graph.neighbourhood=20",
    "graph.mean_following=10",
    *PLAIN_OPERATION,
)


def run(*overrides: str, seed: int = 1) -> InfluenceModel:
    model = InfluenceModel(load_scenario("hk2019", seed=seed, overrides=[*SMALL, *overrides]))
    model.run()
    return model


@pytest.fixture(scope="session")
def model() -> InfluenceModel:
    return run()


@pytest.fixture(scope="session")
def archive(model: InfluenceModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    write_archive(model, folder)
    return folder
