"""Classes that a configuration names by a dotted path: what may be run is looked at before anything is called.

A configuration file may name any class on the Python path that has the methods asked for, and nothing else: a function
or a class of another kind is refused before it is called. Importing the module runs its code, as any import does.

Examples
--------
>>> class_of("detector._target_", "detectors.co_repost.CoRepost", ("observe", "score")).__name__
'CoRepost'
>>> class_of("enforcement.policy", "subprocess.getoutput", ("decide",))
Traceback (most recent call last):
sim.config.checks.ConfigError: enforcement.policy must be the dotted path of a class with decide; got
'subprocess.getoutput', which is a function.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping, Sequence
from typing import Any

from sim.config.checks import ConfigError

DETECTOR_METHODS = ("observe", "score")


def class_of(key: str, path: Any, methods: Sequence[str], names: Sequence[str] = ()) -> type:
    """Return the class that stands at a dotted path.

    Parameters
    ----------
    key : str
        Under which the path stands, for messages.
    path : object
        What stands there; nothing but the dotted path of a class passes.
    methods : sequence of str
        What the class must have.
    names : sequence of str
        What else might have been given in its place, for messages.

    Raises
    ------
    ConfigError
        It cannot be imported, is no class, or lacks a method. Nothing of it has been called.
    """
    either = f"one of {', '.join(names)}, or " if names else ""
    allowed = f"{key} must be {either}the dotted path of a class with {', '.join(methods)}; got {path!r}"
    if not isinstance(path, str) or not all(part.isidentifier() for part in path.split(".")) or "." not in path:
        raise ConfigError(f"{allowed}.")
    try:
        found = pkgutil.resolve_name(path)
    except (Exception, SystemExit) as error:  # whatever importing it raises; scripts leave the program
        reason = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(".")
        raise ConfigError(f"{allowed}, which cannot be imported: {reason}.") from error
    if not isinstance(found, type):
        raise ConfigError(f"{allowed}, which is a {type(found).__name__}.")
    missing = [name for name in methods if not callable(getattr(found, name, None))]
    if missing:
        raise ConfigError(f"{allowed}, which has no {', '.join(missing)}.")
    return found


def check_nested(settings: Any, where: str) -> None:
    """Refuse a `_target_`, at any depth below a detector's settings, that is no detector: Hydra would call it."""
    items = settings.items() if isinstance(settings, Mapping) else enumerate(settings)
    for key, value in items:
        inner = f"{where}.{key}" if isinstance(settings, Mapping) else f"{where}[{key}]"
        if isinstance(value, Mapping) and "_target_" in value:
            class_of(f"{inner}._target_", value["_target_"], DETECTOR_METHODS)
        if isinstance(value, Mapping | list | tuple):
            check_nested(value, inner)
