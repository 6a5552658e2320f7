"""What is read from whole runs for the page, kept in files of its own and found again by what made it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from experiments.store.packed import DamagedError, seal, unseal
from experiments.store.results import code_digest, digest
from sim.core.files import write_whole

FOLDER = "lesson"
READERS = ("watched.py", "cards.py", "day.py", "layout.py")


def kept(folder: Path, name: str, made_from: Any, make: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    """Return what was made before from the same configuration, by the same code; else make it and keep it.

    Parameters
    ----------
    folder : Path
        Of the whole page's runs.
    name : str
        Of the kind of thing.
    made_from : any
        What it depends on, as `experiments.store.results.digest` takes it.
    make : callable
        Returns it: numbers, texts and arrays, by name.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    key = digest(name, made_from, code_digest(), _own_code())
    path = folder / FOLDER / f"{name}_{key[:24]}.npz"
    with suppress(DamagedError):
        return unseal(path, key)
    write_whole(path, seal(make(), key))
    return unseal(path, key)


def _own_code() -> str:
    """Return the SHA-256 of the modules that read runs: `code_digest` is of the world and of detectors alone."""
    return digest(*(Path(__file__).with_name(name).read_text(encoding="utf-8") for name in READERS))
