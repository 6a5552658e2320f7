"""The code of classes of one's own that a configuration names: what `code_digest` does not cover."""

from __future__ import annotations

import hashlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

_CLASSES = ("_target_", "policy", "action", "tactics", "detector", "probe")  # keys under which such a path may stand


def own_sources(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the SHA-256 of the source files of classes of one's own, by the paths under which they are named.

    Those of the classes that they derive from are in it; what these import beyond that is not looked at.

    Parameters
    ----------
    config : mapping
        Plain containers: a detector's settings, or a whole configuration.
    """
    return {path: digest for path in sorted(set(_paths(config))) if (digest := _digest(path))}


def _paths(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _paths(item, str(name))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _paths(item, key)
    elif key in _CLASSES and isinstance(value, str) and "." in value:
        yield value


def _digest(path: str) -> str | None:
    """Return the digest of the files of a class and its bases that are not the package's; None where there are none."""
    files: set[Path] = set()
    with suppress(Exception, SystemExit):  # what cannot be imported is said where it is made
        made = pkgutil.resolve_name(path)
        for one in inspect.getmro(made) if inspect.isclass(made) else [made]:
            if one.__module__.partition(".")[0] not in {"sim", "detectors", *sys.stdlib_module_names}:
                with suppress(TypeError, OSError):  # written in a notebook
                    files.add(Path(inspect.getfile(one)))
    if not files:
        return None
    whole = hashlib.sha256()
    for file in sorted(files):
        whole.update(file.read_bytes())
    return whole.hexdigest()
