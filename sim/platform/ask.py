"""Calls of a detector's methods: what one raises says whose it was."""

from __future__ import annotations

from typing import Any

from sim.core.interruption import interruption
from sim.observation import DetectorError


def ask(detector: Any, verb: str, *given: Any) -> Any:
    """Call a method of a detector.

    Raises
    ------
    DetectorError
        In place of what the method raises, `SystemExit` included, with the detector's name and the reason.
    KeyboardInterrupt
        The command was interrupted in the meantime, whatever became of that on the way.
    """
    name = type(detector).__name__
    try:
        return getattr(detector, verb)(*given)
    except (Exception, SystemExit) as error:  # sys.exit in one detector must not end the others
        if (interrupted := interruption(error)) is not None:
            raise interrupted from None
        if isinstance(error, DetectorError) and name in str(error):
            raise
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise DetectorError(f"detector {name}: {verb}() raised {reason}") from error
