"""The public's behaviour in the form that compiled loops need: rules as numbers, and the streams of draws."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.config import WorldConfig
from sim.core.rng import Purpose, stream
from sim.population.news import news_days


class Keys(NamedTuple):
    """Streams of the organic public's draws."""

    session_time: np.uint64
    write: np.uint64
    topic: np.uint64
    appeal: np.uint64
    repost: np.uint64
    recommend: np.uint64
    lag: np.uint64

    @classmethod
    def of(cls, seed: int) -> Keys:
        """Return the streams of a seed."""
        purposes = (
            Purpose.SESSION_TIME, Purpose.WRITE, Purpose.TOPIC, Purpose.APPEAL, Purpose.REPOST, Purpose.RECOMMEND,
            Purpose.LAG,
        )  # fmt: skip
        return cls(*(stream(seed, purpose) for purpose in purposes))


class BehaviourRules(NamedTuple):
    """The behavioural part of `OrganicConfig` as numbers for compiled loops; times in seconds."""

    topics: int
    topic_loyalty: float
    appeal_sigma: float
    ceiling: float
    interest_match: float
    interest_mismatch: float
    foreign_language: float
    secondhand: float
    shown_by_platform: float
    agreement_weight: float
    social_proof: float
    novelty_half_life: float
    belief: int  # 0 none, 1 bounded confidence, 2 DeGroot
    belief_rate: float
    confidence_bound: float
    unhindered: float  # 1 - feed.repost_friction
    news: NDArray[np.bool_]  # (days, topics)

    @classmethod
    def of(cls, world: WorldConfig) -> BehaviourRules:
        """Read the rules from a configuration."""
        config = world.organic
        return cls(
            topics=config.topics,
            topic_loyalty=config.topic_loyalty,
            appeal_sigma=config.appeal_sigma,
            ceiling=config.repost_probability_max,
            interest_match=config.interest_match,
            interest_mismatch=config.interest_mismatch,
            foreign_language=config.foreign_language,
            secondhand=config.secondhand,
            shown_by_platform=config.shown_by_platform,
            agreement_weight=config.agreement_weight,
            social_proof=config.social_proof,
            novelty_half_life=config.novelty_half_life_hours * 3600.0,
            belief=("none", "bounded_confidence", "degroot").index(config.belief),
            belief_rate=config.belief_rate,
            confidence_bound=config.confidence_bound,
            unhindered=1.0 - world.feed.repost_friction,
            news=news_days(world),
        )
