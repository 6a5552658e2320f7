"""Processes: one that dies costs its run alone, and none is left behind."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from detectors import RandomDetector
from experiments.store.collect import DAYS, RESULTS
from experiments.sweep import grid, run_sweep
from experiments.sweep.process import context, workers_for
from sim import load_scenario
from sim.config.composition import load_enforcement
from tests.experiments.tiny import TINY

WORLD = load_scenario("hk2019", seed=1, overrides=TINY)
CELLS = grid(["random", "oracle"], {"random": [1.0, 0.5], "oracle": [0.5]}, [1, 2])

pytestmark = pytest.mark.skipif(context().get_start_method() != "fork", reason="processes are not forked here")


class Kills(RandomDetector):
    """A detector that kills its process: always, or where a file is missing, which it makes."""

    def __init__(self, seed: int, once: str | None = None) -> None:
        super().__init__(seed)
        self.once = once

    def score(self):
        if self.once is None or not Path(self.once).exists():
            if self.once is not None:
                Path(self.once).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().score()


def killing(once: Path | None = None) -> dict[str, object]:
    return {"oracle": {"_target_": f"{__name__}.Kills", "seed": 1, "once": None if once is None else str(once)}}


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_a_process_that_dies_costs_its_run_alone(tmp_path: Path, workers: int):
    found = run_sweep(WORLD, CELLS, load_enforcement(), detectors=killing(), folder=tmp_path, workers=workers)
    assert sorted((run.arms["detector"], run.world.seed) for run, _ in found.failures) == [("oracle", 1), ("oracle", 2)]
    assert all("ended by SIGKILL" in reason for _, reason in found.failures)
    assert list(found.table["detector"]) == ["random"] * 4


def test_a_process_that_died_once_leaves_no_trace_in_the_tables(tmp_path: Path):
    detectors = killing(tmp_path / "killed")
    for name in ("disturbed", "undisturbed"):
        found = run_sweep(WORLD, CELLS, load_enforcement(), detectors=detectors, folder=tmp_path / name, workers=2)
        assert not found.failures
    for name in (RESULTS, DAYS):
        assert (tmp_path / "disturbed" / name).read_bytes() == (tmp_path / "undisturbed" / name).read_bytes()


def test_workers_are_as_many_as_memory_reaches(monkeypatch: pytest.MonkeyPatch):
    large = load_scenario("hk2019", scale=1.0)
    monkeypatch.setattr("experiments.sweep.process.usable_cores", lambda: 64)
    monkeypatch.setattr("experiments.sweep.process.available_memory", lambda: 8e9)
    assert 1 <= workers_for([large]) <= 5
    assert workers_for([WORLD]) > 15
    assert workers_for([large], 3) == 3
    monkeypatch.setattr("experiments.sweep.process.available_memory", lambda: 1e8)
    assert workers_for([large]) == 1
