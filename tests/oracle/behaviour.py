"""What people do, in plain Python: they log in, read their feed one item at a time, repost, write, and are persuaded.

Products and sums are taken in the same order as in the compiled model, because a result that differs in its last bit
can fall on the other side of a draw.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sim.core.rng import Purpose, pair, quick_uniform, stream, substream, to_normal
from sim.events.records import OWN, POST, REPOST
from sim.population.truth import Layer, Origin
from tests.oracle.feed import LN2, concerns, read_feed
from tests.oracle.records import Account, Act, Post, single
from tests.oracle.reports import react
from tests.oracle.rhythm import rhythm, utc_offsets

if TYPE_CHECKING:
    from tests.oracle.slow_model import SlowModel

SECONDS_WITHOUT_START = 64  # no session starts in the last seconds of a step
MOST_POSTS = 60  # that one session writes


def sessions(model: SlowModel) -> list[Act]:
    """Let the people who log in in this step have their sessions, by account number; return what they did."""
    acts: list[Act] = []
    key = np.uint64(substream(stream(model.config.seed, Purpose.SESSION), model.step_number))
    chances = {(code, work): chance(offset, work, model) for code, offset in enumerate(utc_offsets(model))
               for work in (False, True)}  # fmt: skip
    begin = model.step_number * model.config.scenario.step_seconds
    for account in model.accounts:
        if account.layer != Layer.ORGANIC or account.suspended or account.created > begin:
            continue
        if quick_uniform(key, account.number) < account.session_rate * chances[account.language, account.at_work]:
            acts += session(account, model)
            account.last_look = model.step_number
    return acts


def chance(utc_offset: int, at_work: bool, model: SlowModel) -> float:
    """Return the probability that an account which logs in once a day does so in this step."""
    minutes = model.config.scenario.step_minutes
    return rhythm(utc_offset, at_work, model) * minutes / 1440.0


def session(reader: Account, model: SlowModel) -> list[Act]:
    """Return what a reader does in one session: it reads its feed, reposts, writes, and changes its stance."""
    config, step = model.config, model.step_number
    seed, length = config.seed, config.scenario.step_seconds
    late = quick_uniform(stream(seed, Purpose.SESSION_TIME), pair(reader.number, step))
    now = step * length + int(late * (length - SECONDS_WITHOUT_START))
    model.online.append((reader, now))
    reader.came_with = reader.stance  # the whole session is read with this stance, promoted posts included
    last_second = (step + 1) * length - 1
    key = stream(seed, Purpose.REPOST)
    acts: list[Act] = []
    gaps: list[float] = []
    reposted: set[Post] = set()
    for place, (post, source) in enumerate(read_feed(reader, now, model)):
        if post.author is reader or post.author.suspended or post.removed:
            continue
        if post.author.number in reader.blocked or source in reader.blocked:
            model.passed_over += 1
            continue
        second = min(now + 2 * place, last_second)
        if post.origin == Origin.CAMPAIGN:
            model.impressions.append((second, reader.number, post.author.number, post.time, source))
        if post.origin == Origin.ORGANIC:
            model.organic_impressions += 1
        if post.topic == 0:
            gaps.append(post.stance - reader.stance)
        through = np.uint64(substream(key, pair(reader.number, source + 2)))
        draw = quick_uniform(through, pair(post.author.number, post.time))
        first_time = post not in reposted and post not in reader.acted_on
        if draw >= repost_probability(reader, post, source, now, model):
            react(draw, reader, post, source, second, model)
        elif first_time:
            reposted.add(post)
            acts.append(Act(second, reader, REPOST, post, source))
    acts += own_posts(reader, now, model)
    move_stance(reader, gaps, model)
    return acts


def repost_probability(reader: Account, post: Post, source: int, now: int, model: SlowModel) -> float:
    """Return the probability that a reader reposts a post that reached it through `source` (docs/ODD.md, 7.7)."""
    organic = model.config.organic
    p = reader.repost_propensity * post.appeal
    p *= organic.interest_match if concerns(post, reader, model) else organic.interest_mismatch
    if post.language != reader.language:
        p *= organic.foreign_language
    if source < 0:
        p *= organic.shown_by_platform
    elif source != post.author.number:
        p *= organic.secondhand
    if post.topic == 0:
        p *= 1.0 - organic.agreement_weight * abs(post.stance - reader.came_with) / 2.0
    if reader.group >= 0 and reader.group == post.author.group:
        p *= reader.boost
    p *= 1.0 + organic.social_proof * single(math.log1p(post.reposts))
    if source >= 0:
        p *= math.exp(-LN2 * (now - post.time) / (organic.novelty_half_life_hours * 3600.0))
    p = min(p, organic.repost_probability_max) * (1.0 - model.config.feed.repost_friction)
    return p * (1.0 - post.author.label / 255.0) if post.author.label else p


def own_posts(writer: Account, now: int, model: SlowModel) -> list[Act]:
    """Return the posts that a person writes after reading, one a second."""
    organic, seed, step = model.config.organic, model.config.seed, model.step_number
    write_key, topic_key, appeal_key = (
        np.uint64(substream(stream(seed, purpose), pair(writer.number, step)))
        for purpose in (Purpose.WRITE, Purpose.TOPIC, Purpose.APPEAL)
    )
    count = min(int(writer.posts_per_session + quick_uniform(write_key, 0)), MOST_POSTS)
    acts = []
    for nth in range(count):
        topic = writer.interest
        if quick_uniform(topic_key, 2 * nth) >= organic.topic_loyalty:
            topic = int(quick_uniform(topic_key, 2 * nth + 1) * organic.topics)
        normal = to_normal(quick_uniform(appeal_key, nth))
        appeal = math.exp(organic.appeal_sigma * normal - organic.appeal_sigma**2 / 2.0)
        post = Post(
            author=writer,
            time=now + 1 + nth,
            topic=topic,
            language=writer.language,
            origin=Origin.ORGANIC,
            appeal=single(appeal * writer.post_appeal),
            stance=writer.stance if topic == 0 else 0.0,
        )
        acts.append(Act(post.time, writer, POST, post, OWN))
    return acts


def move_stance(reader: Account, gaps: list[float], model: SlowModel) -> None:
    """Move the stance towards the mean of the contested posts that were read and persuade the reader."""
    organic = model.config.organic
    if organic.belief == "none":
        return
    if organic.belief == "bounded_confidence":
        gaps = [gap for gap in gaps if abs(gap) <= organic.confidence_bound]
    if gaps:
        pull = 0.0
        for gap in gaps:  # not sum(), which is more exact than plain addition from Python 3.12 on
            pull += gap
        moved = reader.stance + organic.belief_rate * pull / len(gaps)
        reader.stance = single(min(max(moved, -1.0), 1.0))
