"""When people are awake, in plain Python."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.oracle.slow_model import SlowModel


def utc_offsets(model: SlowModel) -> list[int]:
    return [model.config.organic.utc_offset_hours[name] for name in model.config.organic.languages]


def rhythm(utc_offset: int, at_work: bool, model: SlowModel) -> float:
    """Return the activity in this step, relative to the mean of the week: a raised cosine by hour, or working hours."""
    organic, scenario = model.config.organic, model.config.scenario
    if at_work:
        curve = working_week(utc_offset, organic.office_floor, scenario.step_minutes, scenario.start_epoch)
    else:
        curve = week_at_home(utc_offset, organic.peak_hour, organic.night_floor, scenario.step_minutes)
    return curve[model.step_number % len(curve)] / (sum(curve) / len(curve))


@cache
def working_week(utc_offset: int, floor: float, step_minutes: int, start_epoch: int) -> list[float]:
    curve = []
    for step in range(7 * 1440 // step_minutes):
        local = (step + 0.5) * step_minutes / 60.0 + start_epoch / 3600.0 + utc_offset
        working = 9.0 <= local % 24.0 < 18.0 and (local // 24.0 + 3) % 7 < 5  # 1970-01-01 was a Thursday
        curve.append(1.0 if working else floor)
    return curve


@cache
def week_at_home(utc_offset: int, peak_hour: float, floor: float, step_minutes: int) -> list[float]:
    curve = []
    for step in range(7 * 1440 // step_minutes):
        of_day = (step % (1440 // step_minutes) + 0.5) * step_minutes / 60.0
        phase = 2.0 * math.pi * (of_day + utc_offset - peak_hour) / 24.0
        curve.append(floor + (1.0 - floor) * (0.5 + 0.5 * math.cos(phase)))
    return curve
