"""An interruption that became another exception on the way is raised as one; other exceptions are left alone."""

from __future__ import annotations

import pytest

from sim.core.interruption import interruption, undisguised


def disguised() -> None:
    """Raise what CPython makes of a signal's exception where compiled code calls back."""
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt as error:
        raise SystemError("a result with an exception set") from error


def twice() -> None:
    """Raise a third exception: the context of the second is still there."""
    try:
        disguised()
    except SystemError:
        raise ValueError("a third error") from None


def test_an_interruption_is_found_behind_what_was_raised_from_it() -> None:
    with pytest.raises(KeyboardInterrupt), undisguised():
        disguised()
    with pytest.raises(KeyboardInterrupt), undisguised():
        twice()


def test_other_exceptions_are_left_alone() -> None:
    with pytest.raises(ValueError, match="as it is"), undisguised():
        raise ValueError("as it is")
    assert interruption(ValueError()) is None
