"""When the public is awake: its activity over the day, by the time zone of its language."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.config import OrganicConfig


def daily_rhythm(config: OrganicConfig, step_minutes: int) -> NDArray[np.float64]:
    """Return the activity per language and step of the UTC day, relative to the mean: float64 (languages, steps).

    A raised cosine in local time between `night_floor` and 1, divided by its mean.
    """
    hours = (np.arange(1440 // step_minutes) + 0.5) * step_minutes / 60.0
    offsets = np.array([config.utc_offset_hours[name] for name in config.languages])
    phase = 2.0 * np.pi * (hours + offsets[:, None] - config.peak_hour) / 24.0
    curve = config.night_floor + (1.0 - config.night_floor) * (0.5 + 0.5 * np.cos(phase))
    return np.asarray(curve / curve.mean(axis=1, keepdims=True))
