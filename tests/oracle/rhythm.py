"""When people are awake, in plain Python."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.oracle.slow_model import SlowModel


def utc_offsets(model: SlowModel) -> list[int]:
    return [model.config.organic.utc_offset_hours[name] for name in model.config.organic.languages]


def rhythm(utc_offset: int, model: SlowModel) -> float:
    """Return the activity in this step, relative to the mean of the day."""
    organic, minutes = model.config.organic, model.config.scenario.step_minutes
    curve = []
    for step in range(1440 // minutes):
        phase = 2.0 * math.pi * ((step + 0.5) * minutes / 60.0 + utc_offset - organic.peak_hour) / 24.0
        curve.append(organic.night_floor + (1.0 - organic.night_floor) * (0.5 + 0.5 * math.cos(phase)))
    return curve[model.step_number % len(curve)] / (sum(curve) / len(curve))
