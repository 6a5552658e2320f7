"""Cover, in plain Python: what amplifiers write beside their reposts, each with its own share of reposts."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from sim.core.rng import Purpose, normals, pair, stream, uniform
from sim.events.records import OWN, POST
from sim.population.truth import Origin
from tests.oracle.records import Account, Act, Post, single

if TYPE_CHECKING:
    from tests.oracle.slow_model import SlowModel


def cover(reposts: list[Act], end: int, model: SlowModel) -> list[Act]:
    """Let amplifiers write posts of their own, 1/s - 1 for each repost, where s is the share of reposts.

    Each is at a second of its own within equal slots up to the end of the step.
    """
    organic, acts, taken = model.config.organic, [], set()

    def draw(purpose: Purpose, *words: int) -> float:
        return uniform(stream(model.config.seed, purpose), *words)

    for repost in reposts:
        who, key = repost.account, pair(repost.post.author.number, repost.post.time)
        mean = 1.0 / max(repost_share(who, model), 1.0 / 61.0) - 1.0
        count = min(int(mean + draw(Purpose.COVER_COUNT, who.number, key, 0)), 60, end - 1 - repost.time)
        for nth in range(count):
            slot = (end - 1 - repost.time) // count
            within = int(draw(Purpose.COVER_TIME, who.number, key, nth) * slot)
            when = repost.time + 1 + nth * slot + within
            if (who, when) in taken:
                continue
            taken.add((who, when))
            topic = 1 + draw(Purpose.COVER_TOPIC, who.number, key, nth) * (organic.topics - 1)
            normal = float(normals(stream(model.config.seed, Purpose.COVER_APPEAL), who.number, key, nth)[0])
            appeal = math.exp(organic.appeal_sigma * normal - organic.appeal_sigma**2 / 2.0)
            post = Post(
                author=who,
                time=when,
                topic=min(int(topic), organic.topics - 1),
                language=who.language,
                origin=Origin.COVER,
                appeal=single(appeal),
                stance=0.0,
            )
            acts.append(Act(when, who, POST, post, OWN))
    return acts


def repost_share(who: Account, model: SlowModel) -> float:
    """Return the share of reposts in an amplifier's acts: a quantile, by straight lines between those given."""
    draw = uniform(stream(model.config.seed, Purpose.REPOST_SHARE), who.number, 1, 0)
    for (low, share), (high, other) in pairwise(model.config.operation.amplifier_repost_share):
        if low <= draw < high:
            return (other - share) / (high - low) * (draw - low) + share
    raise AssertionError("a draw lies in [0, 1)")
