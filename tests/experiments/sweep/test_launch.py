"""Batches as jobs of a launcher: what comes back, and what a job that dies costs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn, JobStatus

from experiments.store.results import code_digest
from experiments.sweep import launch as launching
from experiments.sweep.job import BatchLoader, Job, packed
from experiments.sweep.launch import launch
from sim.core.files import temporary_beside

from .launched import command, runs, work

SQUARES = {str(i): str(i * i) for i in range(6)}
BATCHES = [[0, 1], [2, 3], [4, 5]]


@pytest.fixture(autouse=True)
def _hydra() -> Iterator[None]:
    with command():
        yield


class Breaking:
    """A launcher that runs jobs one after the other, and breaks off where a job "dies", as joblib does."""

    dies: tuple[int, ...] = ()
    launched: list[list[int]]

    def __init__(self, job: Any, config: Any) -> None:
        self.job, self.config = job, config

    def launch(self, overrides: Sequence[Sequence[str]], initial_job_idx: int) -> list[JobReturn]:
        numbers = [BATCHES.index(units) for units in (unpacked(words[0]) for words in overrides)]
        self.launched.append(numbers)
        found = []
        for number, words in zip(numbers, overrides, strict=True):
            config = BatchLoader().load_sweep_config(self.config, list(words))
            if number in self.dies:
                self.job._note(number, "begun")
                raise RuntimeError(f"job {number} died")
            found.append(JobReturn(status=JobStatus.COMPLETED, _return_value=self.job(config)))
        return found


def unpacked(text: str) -> list[int]:
    import base64
    import pickle

    return pickle.loads(base64.b64decode(text))[1]


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> type[Breaking]:
    monkeypatch.setattr(Breaking, "launched", [], raising=False)
    monkeypatch.setattr(Plugins.instance(), "instantiate_launcher", lambda _, job, config: Breaking(job, config))
    return Breaking


def a_job(folder: Path, what: Callable[..., None] = work, code: str | None = None) -> Job:
    return Job(what, folder, folder / "jobs", None, code or code_digest())


def test_the_files_of_every_batch_come_into_the_folder_and_nothing_else_stays(tmp_path: Path):
    assert launch(BATCHES, work, tmp_path, "basic") == {}
    assert runs(tmp_path) == SQUARES
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_a_unit_that_raises_costs_itself_alone_and_is_named(tmp_path: Path):
    assert launch([[0, -1, 1], [2]], work, tmp_path, "basic") == {0: "ValueError: a unit below zero"}
    assert set(runs(tmp_path)) == {"0", "1", "2"}


def test_a_job_that_does_not_see_the_folder_hands_its_files_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Job, "sees_folder", lambda _: False)
    assert launch(BATCHES, work, tmp_path, "basic") == {}
    assert runs(tmp_path) == SQUARES


def test_a_folder_of_the_same_name_on_another_machine_is_left_alone(tmp_path: Path):
    (tmp_path / "runs").mkdir()
    returned = a_job(tmp_path)({"batch": packed(0, [3])})
    assert returned.files == {"runs/3.txt": b"9"}
    assert runs(tmp_path) == {}


def test_a_job_without_the_folder_leaves_nothing_on_its_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    killed = subprocess.run(["sh", "-c", "echo $$"], capture_output=True, text=True, check=True).stdout.strip()
    temporary = temporary_beside(scratch / "takedown").name.replace(f"-{os.getpid()}-", f"-{killed}-")
    (scratch / temporary / "runs").mkdir(parents=True)  # of a job that was killed
    assert a_job(tmp_path / "sweep")({"batch": packed(0, [3])}).files
    assert not list(scratch.iterdir())


def test_a_job_stops_when_the_command_that_launched_it_has_ended(tmp_path: Path):
    def ends_after(unit: int, folder: Path) -> None:
        work(unit, folder)
        (tmp_path / "jobs" / "0.begun").unlink()
        (tmp_path / "jobs").rmdir()

    (tmp_path / "jobs").mkdir()
    job = a_job(tmp_path, what=ends_after)
    assert job({"batch": packed(0, [1, 2])}).failed == "the command that started it has ended"
    assert set(runs(tmp_path)) == {"1"}


def test_a_machine_with_another_version_runs_nothing(tmp_path: Path):
    returned = a_job(tmp_path, code="another")({"batch": packed(0, [1])})
    assert "has other versions of Takedown" in str(returned.failed)
    assert returned.files == {}


def test_a_job_that_dies_costs_its_batch_alone_where_a_launch_breaks_off(tmp_path: Path, breaking: type[Breaking]):
    breaking.dies = (1,)
    assert launch(BATCHES, work, tmp_path, "basic") == {1: "RuntimeError: job 1 died"}
    assert runs(tmp_path) == {name: text for name, text in SQUARES.items() if name not in "23"}
    assert breaking.launched == [[0, 1, 2], [2], [1]]


def test_a_launch_that_breaks_off_before_any_job_has_begun_is_not_tried_for_ever(
    tmp_path: Path, breaking: type[Breaking], monkeypatch: pytest.MonkeyPatch
):
    breaking.dies = (0, 1, 2)
    monkeypatch.setattr(Job, "_note", lambda *_: None)
    assert set(launch(BATCHES, work, tmp_path, "basic")) == {0, 1, 2}
    assert breaking.launched == [[0, 1, 2]]


def test_jobs_of_a_cluster_are_launched_by_themselves_so_that_one_cannot_lose_the_others(
    tmp_path: Path, breaking: type[Breaking], monkeypatch: pytest.MonkeyPatch
):
    breaking.dies = (0,)
    monkeypatch.setattr(launching, "at_once", lambda *_: 2)
    assert launch(BATCHES, work, tmp_path, "basic") == {0: "RuntimeError: job 0 died"}
    assert sorted(breaking.launched) == [[0], [1], [2]]
    assert set(runs(tmp_path)) == {"2", "3", "4", "5"}


def test_an_interrupted_launch_keeps_what_is_done_and_leaves_nothing_else(tmp_path: Path):
    def interrupted(unit: int, folder: Path) -> None:
        if unit == 3:
            raise KeyboardInterrupt
        work(unit, folder)

    with pytest.raises(KeyboardInterrupt):
        launch(BATCHES, interrupted, tmp_path, "basic")
    assert set(runs(tmp_path)) == {"0", "1", "2"}
    assert os.listdir(tmp_path) == ["runs"]
