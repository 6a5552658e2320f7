"""One sweep on joblib, on a Ray cluster of two nodes and on SLURM: the tables of a local run, whatever dies.

`make test-cluster` installs all three and runs this; elsewhere what is not installed is skipped, with its name.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from .engines import ROOT, Environment, can_hide_folders, missing_for_slurm, one_slurm_node, two_ray_nodes

pytestmark = pytest.mark.slow

TABLES = ("results.parquet", "days.parquet")
SWEEP = (
    "task=sweep", "scenario.scale=0.002", "scenario.days=2", "sweep.seeds=6", "sweep.detectors=[co_repost,random]",
    "sweep.thresholds.co_repost=[0.8,0.5]", "sweep.thresholds.random=[0.9]",
)  # fmt: skip
#: How the processes that run jobs are named.
JOBS = {"joblib": "loky.backend.popen", "ray": "ray::_run_job", "submitit_slurm": "submitit.core._submit"}
MOST_SECONDS = 600


def started(folder: Path, environment: Environment, *more: str) -> subprocess.Popen[str]:
    """Start the sweep in a folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "experiments", *SWEEP, f"hydra.run.dir={folder}", *more],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment}, cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def swept(folder: Path, environment: Environment, *more: str) -> str:
    """Run the sweep to its end; return what it printed."""
    command = started(folder, environment, *more)
    out, err = command.communicate(timeout=MOST_SECONDS)
    assert command.returncode == 0, err
    return out + err


def tables(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in TABLES}


def at_work(kind: str) -> list[int]:
    """Return the processes that run jobs of a launcher."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if JOBS[kind] in path.read_bytes().replace(b"\0", b" ").decode(errors="replace"):
                found.append(int(path.parent.name))
        except OSError:  # it has ended
            continue
    return found


def view_of(pid: int, folder: Path) -> tuple[str, bool] | None:
    """Return the Ray node that a process belongs to, and whether it sees a folder; None where it has ended."""
    try:
        own = dict(item.partition("=")[::2] for item in Path(f"/proc/{pid}/environ").read_text().split("\0"))
        return own.get("RAY_NODE", ""), Path(f"/proc/{pid}/root", folder.relative_to("/")).exists()
    except OSError:
        return None


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return the tables of a local run."""
    folder = tmp_path_factory.mktemp("local")
    swept(folder, {})
    assert pq.read_table(folder / "results.parquet").num_rows == 18
    return tables(folder)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for results, which Ray's second node does not see."""
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module", params=["joblib", "ray", "submitit_slurm"])
def engine(request: pytest.FixtureRequest, results: Path) -> Iterator[tuple[str, Environment]]:
    """Yield a launcher that runs here, and what its users have in their environment."""
    kind = request.param
    plugin = {"joblib": "joblib", "ray": "ray", "submitit_slurm": "submitit"}[kind]
    if find_spec("hydra_plugins") is None or find_spec(f"hydra_plugins.hydra_{plugin}_launcher") is None:
        pytest.skip(f"hydra-{plugin}-launcher is not installed")
    if kind == "joblib":
        yield kind, {}
    elif kind == "ray":
        if not can_hide_folders():
            pytest.skip("unshare --mount, which keeps the folders of Ray's nodes apart, needs root")
        with two_ray_nodes(results) as environment:
            yield kind, environment
    else:
        if missing := missing_for_slurm():
            pytest.skip(f"SLURM is not installed: {', '.join(missing)}")
        with one_slurm_node() as environment:
            yield kind, environment


def arguments(kind: str) -> tuple[str, ...]:
    return (f"hydra/launcher={kind}", *(("hydra.launcher.n_jobs=2",) if kind == "joblib" else ()))


def test_the_tables_are_those_of_a_local_run(engine: tuple[str, Environment], results: Path, local: dict[str, bytes]):
    kind, environment = engine
    folder = results / kind
    command = started(folder, environment, *arguments(kind))
    views = set()
    while command.poll() is None:
        views |= {view_of(pid, folder) for pid in at_work(kind)}
        time.sleep(0.1)
    printed = "".join(command.communicate())
    assert command.returncode == 0, printed
    assert tables(folder) == local
    assert not any(word in printed for word in ("Launching", "Traceback", "INFO", "WARNING"))
    assert not list(folder.glob(".*"))
    if kind == "ray":
        assert {view for view in views if view is not None} == {("first", True), ("second", False)}
    assert not list(Path(tempfile.gettempdir()).glob(".takedown.*"))


def test_a_job_that_is_killed_is_run_again_and_the_tables_are_the_same(
    engine: tuple[str, Environment], results: Path, local: dict[str, bytes]
):
    kind, environment = engine
    folder = results / f"{kind}-killed"
    command = started(folder, environment, *arguments(kind))
    until = time.monotonic() + MOST_SECONDS
    while not (running := at_work(kind)):
        assert time.monotonic() < until
        time.sleep(0.1)
    time.sleep(1)  # in the middle of its work
    os.kill(running[0], signal.SIGKILL)
    _, err = command.communicate(timeout=MOST_SECONDS)
    assert command.returncode == 0, err
    assert tables(folder) == local


def test_an_interrupted_sweep_goes_on_where_it_was(
    engine: tuple[str, Environment], results: Path, local: dict[str, bytes]
):
    kind, environment = engine
    folder = results / f"{kind}-interrupted"
    command = started(folder, environment, *arguments(kind))
    until = time.monotonic() + MOST_SECONDS
    while not any(folder.glob("runs/*.parquet")):
        assert time.monotonic() < until
        assert command.poll() is None
        time.sleep(0.1)
    command.send_signal(signal.SIGINT)
    printed = "".join(command.communicate(timeout=60))
    assert command.returncode == 130, printed
    kept = set(folder.glob("runs/*.parquet"))
    assert kept
    time.sleep(3)
    assert not at_work(kind)
    before = {path: path.stat().st_mtime_ns for path in kept}
    swept(folder, environment, *arguments(kind))
    assert tables(folder) == local
    assert {path: path.stat().st_mtime_ns for path in kept} == before


@pytest.mark.skipif(bool(missing_for_slurm()), reason="SLURM is not installed")
@pytest.mark.skipif(find_spec("submitit") is None, reason="hydra-submitit-launcher is not installed")
def test_slurm_without_accounting_is_refused_before_anything_is_run(tmp_path: Path):
    with one_slurm_node(accounting=False) as environment:
        command = started(tmp_path / "out", environment, "hydra/launcher=submitit_slurm")
        _, err = command.communicate(timeout=60)
    assert command.returncode == 2
    assert err.count("\n") == 1
    assert "Slurm accounting storage is disabled" in err
    assert not (tmp_path / "out").exists()
