"""Reports and blocks, in plain Python: what a reader does about an item that it does not repost."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.core.rng import Purpose, stream, to_normal, uniform
from sim.events.records import BLOCK, REPORT
from tests.oracle.records import Account, Post, single

if TYPE_CHECKING:
    from tests.oracle.slow_model import SlowModel


def tendency(reader: Account, model: SlowModel) -> float:
    """Return how readily a person reports and blocks: 0 for most."""
    config, key = model.config.organic.reports, stream(model.config.seed, Purpose.REPORTING)
    if uniform(key, reader.number, 0, 0) >= config.people_share:
        return 0.0
    normal = to_normal(uniform(key, reader.number, 1, 0))
    return single(math.exp(config.spread * normal - config.spread**2 / 2.0) / config.people_share)


def objection(reader: Account, post: Post, source: int, model: SlowModel) -> float:
    """Return the factor on the probabilities of reporting a post and of blocking its author."""
    config = model.config.organic.reports
    factor = tendency(reader, model)
    if source >= 0:
        factor *= config.followed
    if post.topic == 0:
        factor *= 1.0 + (config.disagreement - 1.0) * abs(post.stance - reader.came_with) / 2.0
    for sign in (post.author.default_image, post.author.empty_bio, post.author.followers < config.few_followers):
        factor *= config.suspect_look if sign else 1.0
    return factor


def react(draw: float, reader: Account, post: Post, source: int, second: int, model: SlowModel) -> None:
    """Report the post and block its author, if the reader's draw for the item says so."""
    factor, config = objection(reader, post, source, model), model.config.organic.reports
    for kind, probability in ((REPORT, config.report_probability), (BLOCK, config.block_probability)):
        if draw >= 1.0 - factor * probability:
            model.reports.append((second, reader.number, kind, post.author.number, post.time))
            if kind == BLOCK:
                reader.blocked.add(post.author.number)
