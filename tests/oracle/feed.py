"""What people are shown, in plain Python: the feed of a session and the recommendations of each language."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sim.core.rng import Purpose, pair, quick_uniform, stream, substream, uniform
from sim.events.records import RECOMMENDED, REPOST
from tests.oracle.records import Account, Act, Post, single

if TYPE_CHECKING:
    from tests.oracle.slow_model import SlowModel

LN2 = math.log(2.0)


def read_feed(reader: Account, now: int, model: SlowModel) -> list[tuple[Post, int]]:
    """Return the items of a session in the order of reading: the post, and the account through which it came.

    Recommended posts have the first claim on the `feed.attention` places and are read last.
    """
    recommended = recommendations(reader, now, model)
    acts = in_network(reader, now, model, model.config.feed.attention - len(recommended))
    return [(act.post, act.account.number) for act in acts] + [(post, RECOMMENDED) for post in recommended]


def too_old(post: Post, now: int, model: SlowModel) -> bool:
    return now - post.time > model.config.feed.post_lifetime_hours * 3600.0


def in_network(reader: Account, now: int, model: SlowModel, most: int) -> list[Act]:
    """Return the highest-ranked acts of the accounts that the reader follows, since it last looked.

    Of each account the newest `feed.acts_per_account` acts count. A chronological feed shows the newest `most` of them
    all; a feed by engagement ranks the newest `feed.candidates`. Posts that are too old are dropped after this choice.
    """
    feed = model.config.feed
    new = [
        act
        for followee in reader.follows
        if not model.accounts[followee].suspended
        for act in reversed(model.accounts[followee].acts[-feed.acts_per_account :])
        if act.step >= reader.last_look
    ]
    new.sort(key=lambda act: act.place, reverse=True)
    by_time = feed.ranking == "chronological"
    fit = [act for act in new[: most if by_time else feed.candidates] if not too_old(act.post, now, model)]
    if not by_time:
        fit.sort(key=lambda act: (rank(act.post, now, model), act.place), reverse=True)
    return fit[:most]


def rank(post: Post, now: int, model: SlowModel) -> int:
    """Return w ln(1 + reposts) - ln(2) age / half-life, plus ln(1 - s) under a limit of strength s, in millionths.

    The operations are in the order of the compiled model, because the last bit can decide between two posts.
    """
    feed = model.config.feed
    value = feed.engagement_weight * single(math.log1p(post.reposts))
    value -= LN2 * (now - post.time) / (feed.recency_half_life_hours * 3600.0)
    if post.author.limit:
        value += math.log(1.0 - post.author.limit / 255.0) if post.author.limit < 255 else -math.inf
    return math.floor(min(max(value, -2000.0), 2000.0) * 1e6)


def recommendations(reader: Account, now: int, model: SlowModel) -> list[Post]:
    """Return posts from outside the reader's network: those that entered the recommendations since it last looked."""
    feed = model.config.feed
    key = np.uint64(substream(stream(model.config.seed, Purpose.RECOMMEND), reader.number))
    shown: list[Post] = []
    for entered, post in model.trends.get(reader.language, []):
        if len(shown) == round(feed.attention * feed.recommended_share):
            break
        if entered < reader.last_look or too_old(post, now, model):
            continue
        if post.author is reader or post.author.suspended or post.author.number in reader.follows or post.removed:
            continue
        relevance = feed.relevance_match if post.topic == reader.interest else feed.relevance_mismatch
        if quick_uniform(key, pair(post.author.number, post.time)) < relevance:
            shown.append(post)
    return shown


def update_trends(acts: list[Act], model: SlowModel) -> None:
    """Let the hottest posts that were reposted in this step enter the recommendations of their language, once each.

    Two posts whose heat differs in the last bit alone (one is a half-life older and has twice the reposts) could change
    places between this exponential and NumPy's: one case in millions.
    """
    feed, now = model.config.feed, (model.step_number + 1) * model.config.scenario.step_seconds

    def heat(post: Post) -> float:
        return int(post.reposts) * math.exp(-LN2 * (now - post.time) / (feed.recency_half_life_hours * 3600.0))

    reposted = {act.post for act in acts if act.kind == REPOST}
    key = stream(model.config.seed, Purpose.LIMIT_RECOMMEND)
    fit = [
        post
        for post in reposted
        if post.reposts >= feed.trend_minimum_reposts
        and not post.recommended
        and not post.author.suspended
        and not post.removed
        and not too_old(post, now, model)
        and uniform(key, post.author.number, post.time, 0) >= post.author.limit / 255
    ]
    fit.sort(key=lambda post: (-heat(post), -post.time, post.author.number))
    for language in {post.language for post in fit}:
        chosen = [post for post in fit if post.language == language][: feed.trends_per_step]
        for post in chosen:
            post.recommended = True
        entries = [(model.step_number, post) for post in chosen]
        model.trends[language] = entries + model.trends.get(language, [])
