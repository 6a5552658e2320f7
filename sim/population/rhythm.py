"""When the public logs in: over the day by the time zone of its language, and over the week.

Most people log in most in the evening, on all days alike. Others do so from work: offices, shifts and newsrooms.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.config import OrganicConfig, WorldConfig

_FIRST_WEEKDAY = 3  # of 1970-01-01, a Thursday; 0 is a Monday
_WORK = (9.0, 18.0)  # local hours, Monday to Friday


def daily_rhythm(config: OrganicConfig, step_minutes: int) -> NDArray[np.float64]:
    """Return the activity per language and step of the UTC day, relative to the mean: float64 (languages, steps).

    A raised cosine in local time between `night_floor` and 1, divided by its mean.
    """
    hours = (np.arange(1440 // step_minutes) + 0.5) * step_minutes / 60.0
    offsets = np.array([config.utc_offset_hours[name] for name in config.languages])
    phase = 2.0 * np.pi * (hours + offsets[:, None] - config.peak_hour) / 24.0
    curve = config.night_floor + (1.0 - config.night_floor) * (0.5 + 0.5 * np.cos(phase))
    return np.asarray(curve / curve.mean(axis=1, keepdims=True))


def weekly_rhythm(config: WorldConfig) -> NDArray[np.float64]:
    """Return the activity per step of a week, relative to its mean: float64 (2 * languages, steps of a week).

    The week begins with the run. First come those who log in at home, by language: `daily_rhythm` on every day. Then
    those who log in from work: 1 in working hours and `office_floor` outside them, divided by the mean.
    """
    organic, minutes = config.organic, config.scenario.step_minutes
    home = np.tile(daily_rhythm(organic, minutes), 7)
    hours = (np.arange(home.shape[1]) + 0.5) * minutes / 60.0 + config.scenario.start_epoch / 3600.0
    local = hours + np.array([organic.utc_offset_hours[name] for name in organic.languages])[:, None]
    working = (local % 24.0 >= _WORK[0]) & (local % 24.0 < _WORK[1]) & ((local // 24.0 + _FIRST_WEEKDAY) % 7.0 < 5.0)
    office = np.where(working, 1.0, organic.office_floor)
    return np.concatenate([home, office / office.mean(axis=1, keepdims=True)])


def rhythm_of(config: WorldConfig, language: NDArray[np.uint8], at_work: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return the row of `weekly_rhythm` that each account follows: uint8 (accounts,)."""
    return (language + len(config.organic.languages) * at_work).astype(np.uint8)
