"""Folders of sweeps in the hands of real processes: two at once, signals, a full disk, a folder that is read-only."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pandas as pd
import pytest

from tests.experiments.tiny import TINY
from tests.processes import started

SWEEP = ("task=sweep", *TINY, "sweep.detectors=[random,oracle]", "sweep.seeds=4", "hydra.run.dir=sweep")


def runs(folder: Path) -> int:
    return len(list((folder / "sweep/runs").glob("*.parquet")))


def wait_for_runs(process: subprocess.Popen[str], folder: Path, least: int) -> None:
    while runs(folder) < least:
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder = tmp_path_factory.mktemp("undisturbed")
    process = started(folder, *SWEEP)
    assert process.wait(600) == 0, process.communicate()
    return tables(folder)


def tables(folder: Path) -> list[bytes]:
    return [(folder / "sweep" / name).read_bytes() for name in ("results.parquet", "days.parquet")]


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_keeps_what_is_done_and_says_how_to_go_on(
    tmp_path: Path, undisturbed: list[bytes], number: signal.Signals, status: int
):
    process = started(tmp_path, *SWEEP)
    wait_for_runs(process, tmp_path, 3)
    process.send_signal(number)
    _, err = process.communicate(timeout=120)
    assert process.returncode == status
    assert "Traceback" not in err
    kept, interrupted = err.splitlines()
    assert kept == (
        f"takedown: {runs(tmp_path)} of 20 runs are kept in sweep; the same command goes on from here"
    )  # fmt: skip
    assert interrupted == "takedown: interrupted"
    assert len(pd.read_parquet(tmp_path / "sweep/results.parquet")) == runs(tmp_path) < 20
    again = started(tmp_path, *SWEEP)
    out, err = again.communicate(timeout=600)
    assert (again.returncode, err) == (0, "")
    assert "runs were in the folder already" in out
    assert tables(tmp_path) == undisturbed


@pytest.mark.slow
def test_the_second_of_two_commands_in_one_folder_is_refused_by_name(tmp_path: Path):
    first = started(tmp_path, *SWEEP, "sweep.seeds=100")  # a minute of work
    wait_for_runs(first, tmp_path, 1)
    second = started(tmp_path, *SWEEP, "sweep.detectors=[co_repost]")
    _, err = second.communicate(timeout=120)
    assert second.returncode == 1
    assert err.startswith(f"takedown: {tmp_path}/sweep is being written by process {first.pid} on ")
    assert first.poll() is None
    first.terminate()
    first.communicate(timeout=120)
    assert len(pd.read_parquet(tmp_path / "sweep/results.parquet")) == runs(tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="a small disk can be mounted by root alone")
def test_a_disk_that_fills_up_loses_nothing_that_is_finished(tmp_path: Path, undisturbed: list[bytes]):
    (tmp_path / "sweep").mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=180k", "none", str(tmp_path / "sweep")]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        process = started(tmp_path, *SWEEP)
        _, err = process.communicate(timeout=600)
        assert process.returncode == 1
        assert "No space left on device" in err
        assert "Traceback" not in err
        kept = {path.name: path.read_bytes() for path in (tmp_path / "sweep/runs").glob("*.parquet")}
        assert 0 < len(kept) < 20
        subprocess.run(["mount", "-o", "remount,size=50m", str(tmp_path / "sweep")], check=True)
        again = started(tmp_path, *SWEEP)
        out, err = again.communicate(timeout=600)
        assert (again.returncode, err) == (0, "")
        assert f"{len(kept)} of 20 runs were in the folder already" in out
        assert tables(tmp_path) == undisturbed
    finally:
        subprocess.run(["umount", str(tmp_path / "sweep")], check=True)
