"""Options of `task=score`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from experiments.score.cells import UNITS
from experiments.score.formats import MEANINGS
from sim.config import ConfigError, from_mapping
from sim.config.checks import check_distinct, check_ranges, check_zone, described, one_of, ranged
from sim.config.composition import compose_config, resolved

DUPLICATES = ("refuse", "first")
MOST_HOURS = 1_000_000.0


@dataclass(frozen=True, kw_only=True)
class ScoreConfig:
    """Options of `task=score`: how a log is read, and which detectors score it how."""

    detectors: list[str] | None = described(
        "detectors that score the log; null: every unsupervised one that its columns allow",
        allowed="names of files of conf/detector, null",
    )  # fmt: skip
    # Null rather than empty: Hydra refuses new keys in a mapping that is there, unless + stands before them.
    parameters: dict[str, dict[str, Any]] | None = described(
        "parameters of detectors, by name, that differ from those of their files", allowed="NAME: {KEY: VALUE}, null"
    )
    columns: dict[str, str] | None = described(
        "columns by meaning, where their names do not say it", allowed=f"{', '.join(MEANINGS)}: NAME, null"
    )
    window_hours: float | None = described(
        "of all detectors, so far back acts count; null: the whole log, or with cadence_hours what their "
        "files say", unit="hours", allowed="(0, inf], null",
    )  # fmt: skip
    cadence_hours: float | None = described(
        "from one scoring to the next, of which the highest score counts; null: one over the whole log",
        unit="hours", allowed=f"(0, {MOST_HOURS:g}], null",
    )  # fmt: skip
    duplicates: str = one_of(*DUPLICATES, meaning="what is done about repeated rows: refuse, or keep the first")
    time_unit: str = one_of(
        "auto", *UNITS, meaning="of times that are numbers; auto: seconds, or what puts them before 5138"
    )
    time_zone: str | None = described(
        "of times without an offset; null: UTC", allowed="a name such as Asia/Hong_Kong, null"
    )
    edges_share: float = ranged(
        0.0, 1.0, "share of the alike pairs of a method that are written, the heaviest", unit="share", open_low=True
    )  # fmt: skip
    evidence: int = ranged(
        0, 1000, "accounts of each method, from the top, of which the reasons are written", unit="accounts"
    )

    def __post_init__(self) -> None:
        check_ranges(self, "score")
        for key, most in (("window_hours", math.inf), ("cadence_hours", MOST_HOURS)):
            value = getattr(self, key)
            if value is not None and not 0.0 < value <= most:
                end = "inf]" if math.isinf(most) else f"{most:g}]"
                raise ConfigError(f"score.{key} must lie in (0, {end} or be null; got {value}.")
        for meaning in self.columns or {}:
            if meaning not in MEANINGS:
                raise ConfigError(f"score.columns.{meaning} is not an option; allowed here: {', '.join(MEANINGS)}.")
        if self.detectors is not None:
            if not self.detectors:
                raise ConfigError("score.detectors must name at least one detector; got none.")
            check_distinct("score.detectors", self.detectors)
        check_zone("score.time_zone", self.time_zone)


def load_score(*overrides: str) -> ScoreConfig:
    """Return the default options, changed by overrides such as `score.cadence_hours=24`.

    Raises
    ------
    ConfigError
        An option is unknown, or a value is not allowed.

    Examples
    --------
    >>> load_score("score.detectors=[co_repost,fraudar]").detectors
    ['co_repost', 'fraudar']
    """
    return from_mapping(ScoreConfig, resolved(compose_config(overrides), "score"), "score")
