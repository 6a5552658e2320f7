"""The command: what it writes, how it goes on, what it refuses."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from experiments.sensitivity.__main__ import main
from tests.experiments.tiny import TINY_WORLD

KEYS = ("organic.office_share", "feed.lag_shares.0")


def command(folder: Path, *more: str) -> list[str]:
    return [*TINY_WORLD, "--folder", str(folder), "--seeds", "2", "--workers", "1", "--policy", "co_repost=0.2", *more]


def test_it_prints_a_table_and_keeps_runs_that_the_same_command_uses_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(command(tmp_path, *KEYS)) == 0
    out = capsys.readouterr().out
    assert sum(line.startswith("| `organic.office_share` | 0.2 | ") for line in out.splitlines()) == 2
    frame = pd.read_csv(tmp_path / "sensitivity.csv")
    assert set(frame["key"]) == set(KEYS)
    assert (frame["seeds"] > 0).any()
    runs = {path: path.stat().st_mtime_ns for path in (tmp_path / "runs").iterdir()}
    assert len(runs) == 2 * 2 * 5
    assert main(command(tmp_path, *KEYS)) == 0
    assert capsys.readouterr().out == out
    assert main(command(tmp_path, KEYS[0])) == 0  # fewer values of the same folder
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "runs").iterdir()} == runs
    assert set(pd.read_csv(tmp_path / "sensitivity.csv")["key"]) == {KEYS[0]}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["organic.nosuch"], "organic.nosuch is no value of hk2019: organic has no nosuch."),
        (["scenario.days=0"], "scenario.days must lie in [1, 3660]; got 0."),
        (["--seeds", "0"], "--seeds must be at least 1; got 0."),
        (["--policy", "random=7"], "enforcement.threshold must lie in [0, 1] or be inf; got 7.0."),
        (["--policy", "tarot=0.5"], "detector must be one of "),
        (["--policy", "random"], "must be DETECTOR=THRESHOLD, such as co_repost=0.7; got 'random'"),
        (["--workers", "many"], "--workers must be auto or a whole number from 1 on; got 'many'."),
    ],
)
def test_wrong_use_is_refused_before_anything_is_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
):
    with pytest.raises(SystemExit) as left:
        main(command(tmp_path / "new", *words))
    assert left.value.code == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_an_interrupted_command_says_what_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    assert main(command(tmp_path, KEYS[0])) == 0
    capsys.readouterr()
    monkeypatch.setattr("experiments.sensitivity.__main__.run_plan", interrupted)
    assert main(command(tmp_path, *KEYS)) == 130
    assert capsys.readouterr().err == (
        f"sensitivity: interrupted: 12 of 20 runs are kept in {tmp_path}; the same command goes on from here\n"
    )


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "file").write_text("")
    assert main(command(tmp_path / "file" / "folder", KEYS[0])) == 1
    assert "cannot be written" in capsys.readouterr().err
