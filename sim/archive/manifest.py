"""The manifest of an archive: its last file, which says that it is whole and what belongs to it.

It holds the name, the length and the SHA-256 of each file, so that others can check a copy as well. An archive from
elsewhere has none and is read as it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sim.archive.schema import ArchiveError
from sim.core.files import OutputError, write_whole

MANIFEST = "manifest.json"
_FORMAT = "takedown archive 1"
_AGAIN = "run takedown task=archive again"


def begin_manifest(folder: Path) -> None:
    """Remove the manifest of an earlier archive: until the new one is there, the folder is not whole.

    Raises
    ------
    OutputError
        It cannot be removed.
    """
    try:
        (folder / MANIFEST).unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{folder / MANIFEST} cannot be removed: {error.strerror or error}.") from error


def write_manifest(folder: Path, files: Sequence[Path]) -> Path:
    """Write the manifest of the files of a folder, once they are all there.

    Raises
    ------
    OutputError
        A file cannot be read, or the manifest not be written.
    """
    try:
        listed = [{"name": path.name, "bytes": path.stat().st_size, "sha256": _sha256(path)} for path in files]
    except OSError as error:
        raise OutputError(f"{error.filename} cannot be read: {error.strerror or error}.") from error
    write_whole(folder / MANIFEST, (json.dumps({"format": _FORMAT, "files": listed}, indent=2) + "\n").encode())
    return folder / MANIFEST


def check_listed(path: Path) -> None:
    """See that a file is what the manifest beside it says; one without a manifest, or not in it, is taken as it is.

    Raises
    ------
    ArchiveError
        The file was cut off or changed since the archive was written, or the archive was never finished: a
        `provenance.json` in the folder, or in the one above, promises a manifest that is not there.
    OSError
        The file cannot be read.
    """
    folder = path.parent
    manifest = _read(folder / MANIFEST)
    if manifest.get("format") != _FORMAT:
        if any(_promised(base, folder) for base in (folder, folder.parent)):
            raise ArchiveError(f"the archive in {folder} is not whole: {MANIFEST} is missing; {_AGAIN}.")
        return
    for listed in manifest["files"]:
        if listed["name"] != path.name:
            continue
        length = path.stat().st_size
        if length != listed["bytes"]:
            wrong = f"{path.name} must have {listed['bytes']:,} bytes; got {length:,}"
        elif _sha256(path) != listed["sha256"]:
            wrong = f"{path.name} was changed since it was written: its SHA-256 is not that in {MANIFEST}"
        else:
            return
        raise ArchiveError(
            f"the archive in {folder} is not whole: {wrong}; {_AGAIN}, or copy the file elsewhere to read it as it is."
        )


def _promised(base: Path, folder: Path) -> bool:
    """Return whether the record of where results came from says that an archive's folder has a manifest."""
    name = _read(base / "provenance.json").get("manifest")
    return isinstance(name, str) and base / name == folder / MANIFEST


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
