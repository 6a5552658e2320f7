"""Temporary names: what a dead process left goes, what a living one writes stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sim.core import files
from sim.core.files import OutputError, remove_leftovers, scratch_folder, temporary_beside, whole_folder, write_whole
from tests.processes import ROOT

WRITER = """
import sys, time
from pathlib import Path
from sim.core.files import scratch_folder, whole_file, whole_folder
folder = Path(sys.argv[1])
with whole_file(folder / "table.parquet") as file, scratch_folder(folder, "recording") as scratch, \
        whole_folder(folder / "archive") as unfinished:
    file.write(b"half")
    (scratch / "1").mkdir()
    (scratch / "1/step_00000.npz").write_bytes(b"events")
    (unfinished / "core_users.csv").write_bytes(b"half")
    print("writing", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def writer(tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    yield process
    process.kill()
    process.communicate()


def names(folder: Path) -> list[str]:
    """Return what lies in a folder, temporary names without the process."""
    return sorted(path.name.split(".")[1] if path.name.startswith(".") else path.name for path in folder.iterdir())


def test_what_a_killed_process_left_is_removed_and_the_rest_stays(writer: subprocess.Popen, tmp_path: Path):
    for mine in (".mine.tmp", ".mine.123.tmp", "table.parquet.tmp", "results.parquet"):
        (tmp_path / mine).write_text("of the user")
    before = names(tmp_path)
    assert remove_leftovers(tmp_path) == []  # it is alive
    assert names(tmp_path) == before
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    assert len(remove_leftovers(tmp_path, tmp_path / "no such folder")) == 3
    assert {path.name for path in tmp_path.iterdir()} == {
        ".mine.tmp", ".mine.123.tmp", "table.parquet.tmp", "results.parquet",
    }  # fmt: skip


def test_a_killed_process_is_dead_before_its_parent_has_fetched_it(writer: subprocess.Popen, tmp_path: Path):
    writer.send_signal(signal.SIGKILL)
    until = time.monotonic() + 60.0
    while not remove_leftovers(tmp_path) and time.monotonic() < until:
        time.sleep(0.01)
    assert list(tmp_path.iterdir()) == []


def test_another_process_with_the_number_of_a_dead_one_is_not_taken_for_it(tmp_path: Path):
    mine = temporary_beside(tmp_path / "table")
    earlier = mine.with_name(mine.name.rpartition("-")[0] + "-1.tmp")
    for path in (mine, earlier):
        path.write_bytes(b"half")
    assert remove_leftovers(tmp_path) == ([earlier] if Path("/proc/self/stat").exists() else [])
    assert mine.exists()


def test_what_another_machine_is_writing_stays_for_a_week(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(files, "_host", lambda: "0123456789ab")
        folder = temporary_beside(tmp_path / "recording")
    (folder / "1").mkdir(parents=True)
    (folder / "1/step_00000.npz").write_bytes(b"events")
    assert remove_leftovers(tmp_path) == []
    long_ago = time.time() - files.ABANDONED - 60.0
    os.utime(folder, (long_ago, long_ago))
    assert remove_leftovers(tmp_path) == []  # something in it is new
    for path in (folder / "1/step_00000.npz", folder / "1"):
        os.utime(path, (long_ago, long_ago))
    assert remove_leftovers(tmp_path) == [folder]


def test_what_a_link_points_to_is_never_removed(tmp_path: Path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/file").write_text("of the user")
    link = temporary_beside(tmp_path / "recording")
    link = link.with_name(link.name.rpartition("-")[0] + "-1.tmp")
    link.symlink_to(tmp_path / "mine")
    remove_leftovers(tmp_path)
    assert (tmp_path / "mine/file").exists()


def test_a_scratch_folder_is_gone_after_an_error(tmp_path: Path):
    with pytest.raises(OutputError), scratch_folder(tmp_path, "recording") as scratch:
        write_whole(scratch / "step" / "..", b"events")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"), scratch_folder(tmp_path / "file", "recording"):
        pass


def test_a_folder_is_replaced_as_a_whole_or_kept(tmp_path: Path):
    for content in (b"one", b"two"):
        with whole_folder(tmp_path / "archive") as unfinished:
            write_whole(unfinished / "file", content)
    with (
        pytest.raises(OutputError, match=r"archive/file/\.\. cannot be written"),
        whole_folder(tmp_path / "archive") as unfinished,
    ):
        write_whole(unfinished / "file" / "..", b"three")
    assert [path.name for path in tmp_path.iterdir()] == ["archive"]
    assert (tmp_path / "archive/file").read_bytes() == b"two"
