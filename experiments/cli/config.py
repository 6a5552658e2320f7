"""What each task reads besides the configuration of a run, except `task=compare` (`experiments.compare.config`)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.config import ConfigError
from sim.config.checks import check_ranges, check_zone, date_of, described, ranged

if TYPE_CHECKING:
    from sim.archive import View

MOST_SEEDS = 100_000


def files_of(value: Any, key: str) -> list[str]:
    """Return the files that a key names: one, or a list."""
    files = [value] if isinstance(value, str) else value
    if not isinstance(files, list) or not files or not all(isinstance(file, str) and file for file in files):
        example = "[users.csv,tweets.csv]" if key == "archive" else "[one.csv,two.csv]"
        raise ConfigError(f"{key} must name a file, or a list of files {example}; got {value!r}.")
    return files


@dataclass(frozen=True, kw_only=True)
class FigureConfig:
    """What the figure of a sweep shows."""

    x: str | None = described("across: something varied, or a measure; null: chosen", allowed="a column, null")
    y: str | None = described("up: a measure; null: chosen", allowed="a measure, null")
    hue: str | None = described("a line each: something varied; null: chosen", allowed="a column, null")


@dataclass(frozen=True, kw_only=True)
class MetricsConfig:
    """What is measured beside the usual."""

    attribute: bool = described(
        "whether a third run splits the drop in reach into readers silenced, operation removed and people removed"
    )

    def __post_init__(self) -> None:
        check_ranges(self, "metrics")


@dataclass(frozen=True, kw_only=True)
class SweepConfig:
    """What `task=sweep` reads."""

    seeds: int = ranged(1, MOST_SEEDS, "number of seeds, from `seed` on", unit="seeds")
    detectors: list[str] = described("detectors that are tried", allowed="names of files of conf/detector")
    thresholds: dict[str, list[float] | None] = described(
        "thresholds that are tried, by detector; null: those in the detector's file", unit="score",
        allowed="NAME: [0, 1] or inf, null",
    )  # fmt: skip

    vary: dict[str, Any] = described(
        "what else is varied: a key of the configuration, or a group, and its values", allowed="KEY: [VALUE, ...]"
    )
    points: dict[str, list[str]] = described(
        "runs beside the grid, by name: what the command line would say for each, of detector, enforcement and feed",
        allowed="NAME: [KEY=VALUE, ...]",
    )  # fmt: skip
    most_hit: float | None = described(
        "budget of people hit, within which each arm's threshold is chosen on the other seeds; null: none",
        unit="share of people", allowed="[0, 1], null", default=None,
    )  # fmt: skip
    whole: str | None = described(
        "the point of which every other leaves out a part: what each part is worth is drawn and said; null: none",
        allowed="a name in sweep.points, null", default=None,
    )  # fmt: skip
    headline: bool = described(
        "whether the headline figure, and each method's difference from the best simple rule, are made as well"
    )
    figure: FigureConfig = described("what the figure shows")

    def __post_init__(self) -> None:
        check_ranges(self, "sweep")
        for i, name in enumerate(self.detectors):
            if not name.strip():
                raise ConfigError(f"sweep.detectors[{i}] must be the name of a detector; got {name!r}.")
        if self.most_hit is not None and not 0.0 <= self.most_hit <= 1.0:
            raise ConfigError(f"sweep.most_hit must lie in [0, 1] or be null; got {self.most_hit!r}.")
        if self.whole is not None and (self.whole not in self.points or len(self.points) == 1):
            named = ", ".join(self.points) or "none"
            raise ConfigError(f"sweep.whole must be a point of several, null; got {self.whole!r}, of points {named}.")


@dataclass(frozen=True, kw_only=True)
class PublishConfig:
    """What `task=archive`, and `task=simulate` where an investigation publishes an archive, read."""

    hash_below: int = ranged(
        0, 2**31 - 1, "ids and names of accounts with 1 to this many less one are replaced by a hash", unit="followers"
    )

    def __post_init__(self) -> None:
        check_ranges(self, "publish")


@dataclass(frozen=True, kw_only=True)
class DescribeConfig:
    """How `task=describe` looks at an archive."""

    date: str | None = described(
        "date at which ages are taken; null: the day after the newest post or account", unit="UTC day",
        allowed="YYYY-MM-DD, null",
    )  # fmt: skip
    time_zone: str | None = described(
        "time zone for the hours and months of posts, and of times in a log without an offset; null: UTC",
        allowed="a name such as Asia/Hong_Kong, null",
    )  # fmt: skip
    languages: list[str] = described("languages of posts that count for hours and months; empty: all")
    busiest_days: int = ranged(1, 100_000, "number of busiest registration days that count as batches", unit="days")

    def __post_init__(self) -> None:
        check_ranges(self, "describe")
        if self.date is not None:
            date_of("describe.date", self.date)
        check_zone("describe.time_zone", self.time_zone)

    def view(self) -> View:
        """Return the same as `sim.archive.describe` takes it."""
        from sim.archive import View

        date = None if self.date is None else dt.date.fromisoformat(self.date)
        return View(date, self.time_zone or "UTC", tuple(self.languages), self.busiest_days)
