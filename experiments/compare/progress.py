"""What a display of a comparison's progress is given."""

from __future__ import annotations

from typing import Protocol


class Steps(Protocol):
    """Progress of a comparison."""

    def plan(self, steps: int) -> None:
        """Set the number of steps to be run, those that are done included."""

    def stage(self, text: str) -> None:
        """Set the description of the current stage."""

    def advance(self) -> None:
        """Count a step."""


class Silent:
    """Progress that is not shown."""

    def plan(self, steps: int) -> None: ...

    def stage(self, text: str) -> None: ...

    def advance(self) -> None: ...


class Counted:
    """Progress whose total is corrected on the way: what is missing is known one stage at a time."""

    def __init__(self, steps: Steps) -> None:
        self._steps, self._done = steps, 0
        self.stage = steps.stage

    def remaining(self, steps: int) -> None:
        """Set the number of steps that are still to be run."""
        self._steps.plan(self._done + steps)

    def advance(self, _: object = None) -> None:
        """Count a step."""
        self._done += 1
        self._steps.advance()
