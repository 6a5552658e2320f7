"""Paid promotion, in plain Python: which reader is shown which promoted post."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.core.rng import Purpose, stream, uniform
from sim.events.records import PROMOTED, REPOST
from sim.population.truth import Layer, Origin
from tests.oracle.behaviour import repost_probability
from tests.oracle.records import Account, Act, Post
from tests.oracle.reports import react

if TYPE_CHECKING:
    from tests.oracle.slow_model import SlowModel


def promote(online: list[tuple[Account, int]], acts: list[Act], model: SlowModel) -> list[Act]:
    """Show promoted posts to the readers who are online, language by language; return their reposts.

    Parameters
    ----------
    online : list of (reader, second at which its session began)
    acts : list of Act
        The acts of the step so far; those of earlier steps are in `model.log`.
    """
    rules, seed, step = model.config.operation.promotion, model.config.seed, model.step_number
    names, scenario = list(model.config.organic.languages), model.config.scenario
    reposts: list[Act] = []
    for code, name in enumerate(names):
        rates = [who.session_rate for who in model.accounts if who.layer == Layer.ORGANIC and who.language == code]
        bought = rules.impressions_per_day.get(name, 0.0) * len(rates) / 1000.0
        chance = min(bought / sum(rates), 1.0) if sum(rates) else 0.0
        offered = [post for who in model.state_media if who.language == code for post in newest(who, model)]
        for reader, now in online:
            key = stream(seed, Purpose.PROMOTION)
            if reader.language != code or not offered or uniform(key, reader.number, step, 0) >= chance:
                continue
            post = offered[min(int(uniform(key, reader.number, step, 1) * len(offered)), len(offered) - 1)]
            if post.author.number in reader.blocked:
                continue
            second = min(now + 2 * model.config.feed.attention, (step + 1) * scenario.step_seconds - 1)
            model.impressions.append((second, reader.number, post.author.number, post.time, PROMOTED))
            draw = uniform(stream(seed, Purpose.PROMOTION_REPOST), reader.number, post.author.number, post.time)
            again = post in reader.acted_on or any(act.account is reader and act.post is post for act in acts)
            if draw >= repost_probability(reader, post, PROMOTED, now, model):
                react(draw, reader, post, PROMOTED, second, model)
            elif not again:
                reposts.append(Act(second, reader, REPOST, post, PROMOTED))
    return reposts


def newest(advertiser: Account, model: SlowModel) -> list[Post]:
    """Return the newest campaign post that an advertiser wrote before this step, if it can still be shown."""
    posts = [
        act.post for act in advertiser.acts if act.post.author is advertiser and act.post.origin == Origin.CAMPAIGN
    ]
    return posts[-1:] if posts and fit(posts[-1]) else []


def fit(post: Post) -> bool:
    return not (post.forgotten or post.removed or post.author.suspended)
