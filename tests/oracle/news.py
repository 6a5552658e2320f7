"""Which days a topic is in the news, in plain Python."""

from __future__ import annotations

from sim.config import WorldConfig
from sim.core.rng import Purpose, stream, uniform


def days_in_the_news(topic: int, config: WorldConfig) -> set[int]:
    """Return one day of each stretch of a topic: at a rate of 4 a month, one of every 7.5 days."""
    rate = config.organic.news_days_per_month
    key = stream(config.seed, Purpose.NEWS)
    days: set[int] = set()
    nth = 0
    while rate > 0.0 and nth * 30.0 / rate <= config.scenario.days:
        days.add(int((nth + uniform(key, topic, nth, 0)) * (30.0 / rate)))
        nth += 1
    return days
