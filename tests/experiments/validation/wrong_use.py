"""Wrong use of a command of this folder is refused in one line."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest


def assert_refused(
    main: Callable[[Sequence[str]], int], words: Sequence[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Hold that a command ends with status 2 and says why."""
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2
    assert message in capsys.readouterr().err
