"""The code of detectors of one's own: what `code_digest` does not cover."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from hydra.utils import get_object


def own_code_digest(settings: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the source files of the classes that a detector is made from.

    Those are the files of the classes named by `_target_`, of the detector and of what it is made of, and of the
    classes that they derive from. What these import beyond that is not looked at.

    Parameters
    ----------
    settings : mapping
        As `sim.config.detector.detector_settings` returns them.
    """
    whole = hashlib.sha256()
    for path in sorted({path for target in _targets(settings) for path in _files(target)}):
        whole.update(path.read_bytes())
    return whole.hexdigest()


def _targets(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        if isinstance(value.get("_target_"), str):
            yield value["_target_"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _targets(item)


def _files(target: str) -> Iterator[Path]:
    with suppress(Exception):  # what cannot be imported is said where the detector is made
        made = get_object(target)
        for cls in inspect.getmro(made) if inspect.isclass(made) else [made]:
            with suppress(TypeError, OSError):  # built in
                yield Path(inspect.getfile(cls))
