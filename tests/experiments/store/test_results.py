"""Results on disk: whole or not at all, and with where they came from."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from experiments.store import results
from sim.core.files import OutputError


class FullDisk:
    """A file that takes a few bytes and then finds the disk full."""

    def __init__(self, file: Any) -> None:
        self.file = file

    def __enter__(self) -> FullDisk:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def write(self, content: bytes) -> int:
        self.file.write(content[:3])
        self.file.flush()
        raise OSError(errno.ENOSPC, "No space left on device")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


def test_a_full_disk_leaves_no_half_file_and_the_former_one_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "results.parquet"
    results.write_table(pd.DataFrame({"reach": [1.0]}), path)
    before = path.read_bytes()
    opened = Path.open
    monkeypatch.setattr(Path, "open", lambda self, *args, **kw: FullDisk(opened(self, *args, **kw)))
    with pytest.raises(OutputError, match=r"results\.parquet cannot be written: No space left on device"):
        results.write_table(pd.DataFrame({"reach": [2.0]}), path)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["results.parquet"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match=r"file/run/results\.json cannot be written: Not a directory"):
        results.write_json({}, tmp_path / "file" / "run" / "results.json")


def test_provenance_names_versions_seeds_and_code():
    origin = results.provenance([1, 2], command=["experiment=demo"])
    assert origin["seeds"] == [1, 2]
    assert origin["command"] == ["takedown", "experiment=demo"]
    assert origin["versions"]["numpy"].split(".")[0] == "2"
    assert len(origin["code_sha256"]) == 64
    json.dumps(origin)


def test_configurations_that_differ_in_one_value_have_different_digests():
    assert results.digest({"seed": 1}, "a") == results.digest({"seed": 1}, "a")
    assert results.digest({"seed": 1}, "a") != results.digest({"seed": 2}, "a")
    assert results.digest({"seed": 1}, "a") != results.digest({"seed": 1}, "b")
