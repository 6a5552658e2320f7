"""Enforcement: when scores are taken, and what is done about them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from sim.config.checks import ConfigError, check_ranges, one_of, ranged


def is_threshold(value: Any) -> bool:
    """Whether a value is a number in [0, 1], or inf."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and (0.0 <= value <= 1.0 or value == math.inf)


@dataclass(frozen=True, kw_only=True)
class EnforcementConfig:
    """When scores are taken, and what is done about them."""

    policy: str = one_of("never", "threshold")
    threshold: float  # in [0, 1], or inf, which never acts
    cadence_hours: float = ranged(0.0, 87600.0, open_low=True)  # between two scorings, in whole steps
    delay_hours: float = ranged(0.0, 87600.0)  # from a score to its action

    def __post_init__(self) -> None:
        check_ranges(self, "enforcement")
        if not is_threshold(self.threshold):
            raise ConfigError(f"enforcement.threshold must lie in [0, 1] or be inf; got {self.threshold!r}.")
