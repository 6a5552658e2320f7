"""Interruptions that come disguised: a signal's exception that something on the way has turned into another one.

A handler runs wherever Python looks for signals, also where compiled code calls back. What that raises there is
replaced by a `SystemError` whose cause it is, and would be taken for a fault of a detector or of a run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

Kind = TypeVar("Kind", bound=BaseException)


def behind(error: BaseException, kind: type[Kind]) -> Kind | None:
    """Return the first of a kind among an exception and those it was raised from, or while handling; else None."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, kind):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None


def interruption(error: BaseException) -> KeyboardInterrupt | None:
    """Return the interruption that an exception was raised from, or while it was handled; None where there is none."""
    return behind(error, KeyboardInterrupt)


@contextmanager
def undisguised() -> Iterator[None]:
    """Raise an interruption in the block as what it is, whatever it became on the way.

    Raises
    ------
    KeyboardInterrupt
        In place of an exception that was raised from one.
    """
    try:
        yield
    except Exception as error:
        if (found := interruption(error)) is not None:
            raise found from None
        raise
