"""What `task=lesson` reads: how large the grids behind the page are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sim.config import ConfigError
from sim.config.checks import check_distinct, check_ranges, described, ranged
from sim.config.yaml_files import available

MOST_SETTINGS = 120  # of an operator: more would take hours


@dataclass(frozen=True, kw_only=True)
class LessonConfig:
    """What `task=lesson` reads."""

    seeds: int = ranged(1, 100, "number of seeds of the grid, from `seed` on", unit="seeds")
    detectors: list[str] = described("detectors of the grid", allowed="names of files of conf/detector")
    thresholds: int = ranged(3, 101, "thresholds of each detector, evenly from 0 to 1", unit="thresholds")
    detector: str = described("detector where none is asked for", allowed="one of `detectors`")
    threshold: float = ranged(0.0, 1.0, "its threshold there; the nearest of those tried is taken", unit="score")
    operator: dict[str, list[Any]] = described(
        "what an operator can choose: all combinations are run, at most 120", allowed="KEY: [VALUE, ...]"
    )
    operator_seeds: int = ranged(1, 100, "seeds of an operator's settings, from `seed` on", unit="seeds")
    operations: dict[str, list[str]] = described(
        "operations that are set side by side: what the command line would say of each",
        allowed="NAME: [KEY=VALUE, ...]",
    )
    adaptation_thresholds: int = ranged(1, 101, "thresholds at which these are tried", unit="thresholds")
    august_days: int = ranged(1, 366, "days of the chapter on August 2019; announced on the 31st", unit="days")
    hands: int = ranged(1, 20, "hands of eight cards", unit="hands")
    nodes: int = ranged(20, 1000, "accounts of the network that is drawn", unit="accounts")
    file: str | None = described("where the page is written; null: in the folder of the run", allowed="a path, null")

    def __post_init__(self) -> None:
        check_ranges(self, "lesson")
        if not self.detectors:
            raise ConfigError("lesson.detectors must name at least one detector; got none.")
        check_distinct("lesson.detectors", self.detectors)
        known = available("detector")
        for i, name in enumerate(self.detectors):
            if name not in known:
                raise ConfigError(f"lesson.detectors[{i}] must be one of {', '.join(known)}; got {name!r}.")
        if self.detector not in self.detectors:
            allowed = ", ".join(self.detectors)
            raise ConfigError(f"lesson.detector must be one of lesson.detectors ({allowed}); got {self.detector!r}.")
        settings = 1
        for key, values in self.operator.items():
            if not isinstance(values, list) or not values:
                raise ConfigError(f"lesson.operator.{key} must be a list of values; got {values!r}.")
            check_distinct(f"lesson.operator.{key}", values)
            settings *= len(values)
        if settings > MOST_SETTINGS:
            raise ConfigError(f"lesson.operator must have at most {MOST_SETTINGS} combinations; got {settings}.")

    @property
    def tried(self) -> list[float]:
        """Return the thresholds of the grid, rising."""
        return [round(i / (self.thresholds - 1), 4) for i in range(self.thresholds)]

    @property
    def chosen(self) -> float:
        """Return the threshold of the grid that is nearest to `threshold`."""
        return min(self.tried, key=lambda one: abs(one - self.threshold))

    @property
    def adapted_to(self) -> list[float]:
        """Return the thresholds at which operations are set side by side, rising: from the second on, evenly."""
        tried = self.tried[1:]
        n = min(self.adaptation_thresholds, len(tried))
        return sorted({tried[(2 * i + 1) * len(tried) // (2 * n)] for i in range(n)})
