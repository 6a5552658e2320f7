"""What a display of a sweep's progress is given."""

from __future__ import annotations

from pathlib import Path


class Watch:
    """Progress of a sweep. This one is not shown; what shows it overrides the methods."""

    def plan(self, runs: int, kept: int, steps: int) -> None:
        """Set the number of runs of the plan, of those that lie in the folder already, and of steps to be run."""

    def damaged(self, path: Path) -> None:
        """Note a file that does not hold what was written, and is made again."""

    def steps(self, n: int) -> None:
        """Count steps that have been run."""

    def finished(self, failed: bool) -> None:
        """Count a run."""
