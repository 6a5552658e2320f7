"""How the command starts and is refused: little is imported, nothing is left behind, Ctrl-C is understood."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from experiments.cli.interrupts import outlives_its_terminal
from experiments.cli.job import TASKS
from tests.conftest import Takedown
from tests.experiments.tiny import TINY
from tests.processes import ROOT, heed_interrupts, started

HEAVY = {"numpy", "pandas", "scipy", "matplotlib", "numba", "mesa", "sklearn", "pyarrow", "sim.model", "detectors"}


def imported(code: str) -> set[str]:
    """Return the modules that a program of one line imports in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; import sys; print(*sys.modules, file=sys.stderr)"],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("words", [["--help"], ["scenario.scal=1"], ["detector=nosuch"], ["--nosuch"], ["seed=-1"]])
def test_help_and_wrong_use_wait_for_nothing_that_only_a_run_needs(words: list[str]):
    code = (
        f"import sys; sys.argv[1:] = {words}\nfrom experiments.__main__ import main\ntry: main()\n"
        "except SystemExit as left: assert (left.code == 0) == ('--help' in sys.argv)\nimport sys"
    )
    assert not HEAVY & imported(code)


def test_a_scenario_is_loaded_without_what_a_model_needs():
    assert not HEAVY & imported("from sim import load_scenario; load_scenario('hk2019')")


def test_a_model_is_imported_without_statistics_figures_and_detectors():
    found = imported("from sim import InfluenceModel")
    assert "sim.model" in found
    assert not {"scipy.stats", "matplotlib", "sklearn", "detectors"} & found


def test_mesas_log_stays_quiet_and_an_unknown_name_is_an_attribute_error():
    import logging

    import sim

    assert sim.InfluenceModel.__name__ == "InfluenceModel"
    assert logging.getLogger("MESA").level == logging.WARNING
    assert "load_scenario" in dir(sim)
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = sim.Nothing


# ---- what is refused leaves nothing behind


REFUSALS = [
    ["scenario.days=abc"],
    ["--multirun", "scenario.days=abc,def"],
    ["--multirun", "seed=range(0)"],
    ["task=describe"],
    ["hydra.run.dir=deep/in/a/folder", "seed=-1"],
]


@pytest.mark.parametrize("words", REFUSALS)
def test_a_refusal_leaves_no_folder(takedown: Takedown, tmp_path: Path, words: list[str]):
    (tmp_path / "mine").mkdir()
    status, _, err = takedown(*words)
    assert status == 2
    assert err.startswith("takedown: ")
    assert [path.name for path in tmp_path.rglob("*")] == ["mine"]


@pytest.mark.parametrize("words", [["hydra.run.dir=mine/run"], ["--multirun", "hydra.sweep.dir=mine"]])
def test_an_empty_folder_of_the_users_own_stays(takedown: Takedown, tmp_path: Path, words: list[str]):
    (tmp_path / "mine").mkdir()
    takedown(*words, "seed=-1")
    assert [path.name for path in tmp_path.rglob("*")] == ["mine"]


def test_a_multirun_that_is_refused_keeps_what_lay_in_its_folder(takedown: Takedown, tmp_path: Path):
    (tmp_path / "many").mkdir()
    (tmp_path / "many/multirun.yaml").write_text("of an earlier one")
    takedown("--multirun", "hydra.sweep.dir=many", "seed=-1")
    assert [path.name for path in (tmp_path / "many").iterdir()] == ["multirun.yaml"]


# ---- what is said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["seed=range(0)"], "seed must be one value, or several with --multirun; got range(0)."),
        (["--multirun", "seed=range(0)"], "seed must have at least one value; got range(0)."),
        (["--multirun", "seed=1,2", "scenario.days=range(3,3)"], "scenario.days must have at least one value; got ran"),
        (["detector="], "detector must be one of access, "),
        (["scenario="], "scenario must be one of hk2019, "),
        (["scenario.name="], "scenario.name must be a name; got ''."),
        (["scenario.name='  '"], "scenario.name must be a name; got '  '."),
        (["task=sweep", "sweep.detectors=['']"], "sweep.detectors[0] must be the name of a detector; got ''."),
        (["task=compare", "compare.detectors=['']"], "detector must be one of access, "),
        (["task="], f"task must be one of {', '.join(TASKS)}; got ''."),
        (["content.groups.mine=3"], "content.groups.mine is not there; there are activists, commercial_spam, fans"),
        (["enforcement.routes.mine.policy=never"], "enforcement.routes.mine is not there; put + before it to add it"),
        (["enforcement.options.mine=1"], "enforcement.options.mine is not there; put + before it to add it: +enforcem"),
        (["sweep.vary.seed=[1]"], "sweep.vary.seed is not there; put + before it to add it: +sweep.vary.seed=..."),
        (["sweep.thresholds.mine=[1]"], "sweep.thresholds.mine is not there; there are access, activity"),
        (["organic.groups.fans.mine=1"], "organic.groups.fans.mine is not an option; allowed here: appeal, boost"),
    ],
)  # fmt: skip
def test_what_is_empty_or_not_there_is_said(takedown: Takedown, words: list[str], message: str):
    status, _, err = takedown(*words, "enforcement=threshold")
    assert (status, len(err.splitlines())) == (2, 1)
    assert err.removeprefix("takedown: ").startswith(message)


def test_thresholds_are_those_of_the_detectors_file_or_of_the_command_line(takedown: Takedown, tmp_path: Path):
    import pandas as pd

    own = tmp_path / "conf/detector"
    own.mkdir(parents=True)
    (own / "mine.yaml").write_text("_target_: detectors.random.RandomDetector\nseed: 3\nthresholds: [0.75]\n")
    status, _, err = takedown(
        "--config-dir", "conf", *TINY, "task=sweep", "sweep.seeds=1", "sweep.detectors=[mine,oracle,random]",
        "sweep.thresholds.random=[0.25]", "hydra.run.dir=sweep",
    )  # fmt: skip
    assert (status, err) == (0, "")
    table = pd.read_parquet(tmp_path / "sweep/results.parquet")
    assert list(zip(table["detector"], table["threshold"], strict=True)) == [
        ("mine", 0.75), ("oracle", 0.5), ("random", 0.25),
    ]  # fmt: skip


# ---- real processes


@pytest.mark.parametrize(
    ("module", "number", "status"),
    [
        ("omegaconf", signal.SIGINT, 130), ("antlr4.LL1Analyzer", signal.SIGINT, 130), ("pandas", signal.SIGINT, 130),
        ("pandas", signal.SIGTERM, 143), ("hydra.core.config_store", signal.SIGHUP, 129),
    ],
    ids=str,
)  # fmt: skip
def test_a_signal_while_the_command_starts_is_understood(tmp_path: Path, module: str, number: int, status: int):
    process = started(tmp_path, *TINY, flags=("-X", "importtime"))  # Python tells of each module that it has imported
    assert process.stderr is not None
    assert any(line.split("|")[-1].strip() == module for line in process.stderr)
    process.send_signal(number)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err.splitlines()[-1]) == (status, "", "takedown: interrupted")
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_printing_to_a_closed_terminal_does_not_fail_before_its_signal_comes():
    terminal, end = pty.openpty()
    with os.fdopen(end, "w") as own:
        printed = outlives_its_terminal(own)
        print("read", file=printed)
        assert os.read(terminal, 100).split() == [b"read"]
        os.close(terminal)
        with pytest.raises(OSError, match="Input/output error"):
            os.write(end, b"refused")
        print("discarded", file=printed)
        assert os.path.samestat(os.fstat(end), os.stat(os.devnull))


@pytest.mark.slow
def test_a_closed_terminal_ends_a_run_with_its_report_and_exit_status(tmp_path: Path):
    terminal, end = pty.openpty()
    words = [*TINY, "task=compare", "compare.detectors=[random]", "compare.report_seeds=1000", "hydra.run.dir=run"]
    process = subprocess.Popen(
        [sys.executable, "-m", "experiments", *words], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=end, stdout=end, stderr=end, start_new_session=True,
        preexec_fn=lambda: (heed_interrupts(), fcntl.ioctl(0, termios.TIOCSCTTY, 0)),
    )  # fmt: skip
    os.close(end)
    until = time.monotonic() + 240.0
    while not (tmp_path / "run/measures.parquet").exists() and process.poll() is None and time.monotonic() < until:
        if select.select([terminal], [], [], 0.05)[0]:
            os.read(terminal, 65536)  # the progress bar
    os.close(terminal)
    assert process.wait(timeout=120) == 129
    assert (tmp_path / "run/report.html").exists()


def test_a_working_folder_that_has_been_deleted_is_named(tmp_path: Path):
    lost = tmp_path / "lost"
    lost.mkdir()
    done = subprocess.run(
        ["sh", "-c", f'cd "{lost}" && rmdir "{lost}" && exec "{sys.executable}" -m experiments'],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    said = f"takedown: {lost} cannot be used: it has been deleted; change to another folder.\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)
