"""What people are shown, in plain Python: the feed of a session and the recommendations of each language."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sim.config.feed import LAG_SPREAD
from sim.core.rng import Purpose, pair, quick_uniform, stream, substream, uniform
from sim.events.records import RECOMMENDED, REPOST
from sim.population.truth import Layer
from tests.oracle.records import Account, Act, Post, single
from tests.oracle.rhythm import rhythm, utc_offsets

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
    feed = model.config.feed
    return now - post.time > (feed.kept_hours if post.recommended else feed.unlisted_hours) * 3600.0


def in_network(reader: Account, now: int, model: SlowModel, most: int) -> list[Act]:
    """Return the highest-ranked acts of the accounts that the reader follows, since it last looked.

    Of each account the newest `feed.acts_per_account` acts count, if they are of the last `feed.followed_hours`.
    A chronological feed shows the newest `most` of them all; a feed by engagement ranks the newest `feed.candidates`.
    Posts that are too old are dropped after this choice.
    """
    feed = model.config.feed
    new = [
        act
        for followee in reader.follows - reader.blocked
        if not model.accounts[followee].suspended
        for act in reversed(model.accounts[followee].acts[-feed.acts_per_account :])
        if act.step >= max(reader.last_look, model.oldest_shown)
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
    """Return posts from outside the reader's network: recommended ones whose lag has ended since it last looked.

    A draw of reader and post says after which of `feed.lag_hours` the post is recommended to this reader; each lag is
    up to a tenth shorter or longer for everybody. Shorter lags come first, of one lag the newest entries.
    """
    feed, step = model.config.feed, model.step_number
    relevant = np.uint64(substream(stream(model.config.seed, Purpose.RECOMMEND), reader.number))
    of_lag = np.uint64(substream(stream(model.config.seed, Purpose.LAG), reader.number))
    shown: list[Post] = []
    for kind, hours in enumerate(feed.lag_hours):
        stretch = 1.0 + LAG_SPREAD * (2.0 * quick_uniform(of_lag, kind) - 1.0)
        lag = int(hours * 60.0 / model.config.scenario.step_minutes * stretch)
        for entered, post in reversed(model.trends.get(reader.language, [])):
            if len(shown) == round(feed.attention * feed.recommended_share):
                return shown
            if not reader.last_look <= entered + lag < step or kind_of_lag(of_lag, post, model) != kind:
                continue
            if post.author is reader or post.author.suspended or post.author.number in reader.follows or post.removed:
                continue
            relevance = feed.relevance_match if concerns(post, reader, model) else feed.relevance_mismatch
            if not too_old(post, now, model) and quick_uniform(relevant, identity(post)) < relevance:
                shown.append(post)
    return shown


def concerns(post: Post, reader: Account, model: SlowModel) -> bool:
    """Return whether a post is on the reader's main interest, or was in the news when it was written."""
    return post.topic == reader.interest or post.time // 86_400 in model.news[post.topic]


def identity(post: Post) -> int:
    return pair(post.author.number, post.time)


def kind_of_lag(key: np.uint64, post: Post, model: SlowModel) -> int:
    """Return the index of the lag after which a post is recommended to the reader whose key it is."""
    shares, draw, passed = model.config.feed.lag_shares, quick_uniform(key, identity(post)), 0.0
    for kind, share in enumerate(shares):
        passed += share
        if draw < passed:
            return kind
    return len(shares) - 1


def update_trends(acts: list[Act], model: SlowModel) -> None:
    """Let posts that were reposted in this step enter the recommendations of their language, once each.

    The more likely, the more its reposts in the step weigh, against what is usual for the language at that hour. A
    repost by a limited account counts with probability 1 - limit.
    """
    feed, seed, step = model.config.feed, model.config.seed, model.step_number
    now = (step + 1) * model.config.scenario.step_seconds
    counted, entered = stream(seed, Purpose.LIMIT_REPOST), []
    reposted = {act.post for act in acts if act.kind == REPOST}
    usual = {language: usual_reposts(language, model) for language in {post.language for post in reposted}}
    for post in reposted:
        weight = 0.0
        for act in acts:
            words = (act.account.number, post.author.number, post.time)
            if act.kind == REPOST and act.post is post and uniform(counted, *words) >= act.account.limit / 255:
                stands_for = model.config.graph.whole_ratio if act.account.layer == Layer.ORGANIC else 1.0
                weight += stands_for * weight_of_repost(act.account, act.time, model)
        rate = feed.entries_per_hour * model.config.scenario.step_minutes / 60.0 if feed.recommended_share else 0.0
        rate /= max(model.config.graph.whole_ratio * usual[post.language], 1e-9)
        chance = -math.expm1(-rate * weight)
        if (
            uniform(stream(seed, Purpose.TREND), post.author.number, post.time, step) < chance
            and uniform(stream(seed, Purpose.LIMIT_RECOMMEND), post.author.number, post.time, 0)
            >= post.author.limit / 255
            and not (post.recommended or post.author.suspended or post.removed)
            and now - post.time <= feed.followed_hours * 3600.0
        ):
            post.recommended = True
            entered.append(post)
    for post in sorted(entered, key=lambda post: (post.time, post.author.number)):
        model.trends.setdefault(post.language, []).append((step, post))


def weight_of_repost(who: Account, time: int, model: SlowModel) -> float:
    """Return what a repost weighs: less by a factor for each sign of a real person that its account lacks."""
    feed = model.config.feed
    signs = [time - who.created >= feed.known_age_days * 86_400, who.followers >= feed.known_followers, who.phone]
    return feed.missing_sign_factor ** signs.count(False)


def usual_reposts(language: int, model: SlowModel) -> float:
    """Return what the reposts weigh that the people of a language are drawn to make in a step at this time of day."""
    organic, offset = model.config.organic, utc_offsets(model)[language]
    per_day = {False: 0.0, True: 0.0}  # at home, at work
    for who in model.accounts:
        if who.layer == Layer.ORGANIC and who.language == language:
            often = max(who.session_rate, 1e-9)
            items = organic.repost_reference_items * often**-organic.repost_reference_exponent
            weight = weight_of_repost(who, 0, model)
            per_day[who.at_work] += who.session_rate * who.repost_propensity * items * weight
    steps = 1440 // model.config.scenario.step_minutes
    return sum(per_day[work] * rhythm(offset, work, model) / steps for work in (False, True))
