"""News: days on which a topic is everybody's.

A post about a topic that is written on such a day is recommended to people, and reposted by them, as if the topic were
their main interest. So on these days many people look at the same posts. Each topic has its days, spread evenly over
the run: one in each stretch of equal length, at random within it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.config import WorldConfig
from sim.core.rng import Purpose, stream, uniforms

DAY_SECONDS = 86_400
_MONTH_DAYS = 30.0


def news_days(config: WorldConfig) -> NDArray[np.bool_]:
    """Return on which days each topic is in the news: bool (days, topics)."""
    days, topics, rate = config.scenario.days, config.organic.topics, config.organic.news_days_per_month
    out = np.zeros((days, topics), np.bool_)
    if rate == 0.0:
        return out
    length = _MONTH_DAYS / rate
    key, stretches = stream(config.seed, Purpose.NEWS), np.arange(int(days / length) + 1)
    for topic in range(topics):
        day = ((stretches + uniforms(key, np.full(stretches.size, topic), stretches)) * length).astype(np.int64)
        out[day[day < days], topic] = True
    return out
