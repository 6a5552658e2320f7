"""The manifest: the last file of an archive, which says what belongs to it; files from elsewhere are read without."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from sim import InfluenceModel
from sim.archive import ArchiveError, ArchiveFile, describe, write_archive
from sim.archive import write as writing
from sim.core.files import OutputError
from tests.sim.archive.files import users_csv


@pytest.fixture
def copied(archive: Path, tmp_path: Path) -> Path:
    """Return a copy of an archive that may be changed."""
    return Path(shutil.copytree(archive, tmp_path / "archive"))


def test_the_manifest_holds_the_length_and_the_sha_256_of_each_file(archive: Path):
    listed = json.loads((archive / "manifest.json").read_text())["files"]
    assert {file["name"] for file in listed} == {path.name for path in archive.iterdir()} - {"manifest.json"}
    for file in listed:
        data = (archive / file["name"]).read_bytes()
        assert (file["bytes"], file["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())


def test_the_manifest_is_written_last_and_goes_first(model: InfluenceModel, copied: Path, monkeypatch):
    def full(*_: object) -> None:
        raise OutputError("the disk is full")

    monkeypatch.setattr(writing, "toolkit_tables", full)
    with pytest.raises(OutputError):
        write_archive(model, copied)
    assert not (copied / "manifest.json").exists()
    assert (copied / "activity_toolkit.csv").exists()  # of the archive before


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda data: data[:-100], r"core_users\.csv must have [\d,]+ bytes; got [\d,]+"),
        (lambda data: data.replace(b"2017", b"2018"), r"core_users\.csv was changed since it was written: its SHA-256"),
    ],
)
def test_a_file_that_was_cut_or_edited_is_named(copied: Path, spoil, said: str):
    path = copied / "core_users.csv"
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(ArchiveError, match=rf"^the archive in \S+ is not whole: {said}.*; run takedown task=archive"):
        describe([path, copied / "core_tweets.csv"])
    assert describe([copied / "core_tweets.csv"])["posts"] > 0
    elsewhere = copied.parent / path.name
    shutil.copy(path, elsewhere)
    assert ArchiveFile(elsewhere).kind == "users"


@pytest.mark.parametrize(("record", "name"), [("archive", "manifest.json"), (".", "archive/manifest.json")])
def test_a_folder_that_was_to_have_a_manifest_is_not_whole_without(copied: Path, record: str, name: str):
    (copied.parent / record / "provenance.json").write_text(json.dumps({"manifest": name}))
    assert ArchiveFile(copied / "core_users.csv").kind == "users"
    (copied / "manifest.json").unlink()
    said = r"is not whole: manifest\.json is missing; run takedown task=archive again\.$"
    with pytest.raises(ArchiveError, match=said):
        ArchiveFile(copied / "core_users.csv")
    (copied / "manifest.json").write_text("{")
    with pytest.raises(ArchiveError, match=said):
        ArchiveFile(copied / "core_users.csv")


@pytest.mark.parametrize("beside", [{}, {"manifest.json": "[1]"}, {"manifest.json": "{}"}, {"provenance.json": "{}"}])
def test_files_from_elsewhere_are_read_as_they_are(tmp_path: Path, beside: dict[str, str]):
    (tmp_path / "users.csv").write_text(users_csv({}))
    for name, text in beside.items():
        (tmp_path / name).write_text(text)
    assert ArchiveFile(tmp_path / "users.csv").table().num_rows == 1
