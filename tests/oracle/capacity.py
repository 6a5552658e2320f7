"""Capacity, in plain Python: how much an amplifier is good for, and which share of the posts its cell is assigned."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.core.rng import Purpose, normals, stream, uniform
from tests.oracle.cover import repost_share
from tests.oracle.records import Account, Post

if TYPE_CHECKING:
    from tests.oracle.operation import Operation


def chance_of_order(post: Post, operation: Operation) -> float:
    """Return with which probability a cell is assigned a post: so many a day, shared out over what the core writes.

    The core is expected to write what its living personas would on such a day. State media, which write as much at any
    scale, have a part of the orders that goes with the scale.
    """
    now = operation.model.step_number * operation.model.config.scenario.step_seconds
    living = [one for one in operation.personas if one.created <= now and not one.suspended]
    day, volume = 0.0, operation._campaign_volume(operation.model.step_number)
    for persona in living:
        campaign = min(operation._campaign_share(persona) * volume, 1.0)
        acts = operation.month.acts[persona, operation._local_minute() // 1440]
        posts = acts * (1.0 - operation._repost_share(persona))
        day += part(persona, operation) * posts * campaign
    orders = operation.rules.capacity.orders_per_day
    return min(part(post.author, operation) * orders / max(day, 1e-9), 1.0)


def part(persona: Account, operation: Operation) -> float:
    """Return what a persona's posts have of the orders: all, or of state media the scale."""
    return min(operation.model.config.scenario.scale, 1.0) if persona in operation.model.state_media else 1.0


def share_taking_part(amplifier: Account, written: int, operation: Operation) -> float:
    """Return with which probability an amplifier carries out an order; in some of its weeks it carries out none."""
    rules, seed = operation.rules.capacity, operation.model.config.seed
    if not rules.limited:
        return operation.rules.participation
    if uniform(stream(seed, Purpose.BREAK), amplifier.number, written // (7 * 86_400), 0) < rules.break_share:
        return 0.0
    normal = float(normals(stream(seed, Purpose.CAPACITY), amplifier.number)[0])
    acts = rules.acts_per_month_median / 30.0 * math.exp(rules.acts_per_month_sigma * normal)
    reposts = acts * max(repost_share(amplifier, operation.model), 1.0 / 61.0)
    return min(operation.rules.participation, reposts / (rules.orders_per_day * (1.0 - rules.break_share)))
