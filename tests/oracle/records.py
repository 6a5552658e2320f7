"""Accounts, posts and acts of the slow model: plain Python objects, read from a built world.

There are no rows and no arrays. An account holds the numbers of the accounts that it follows, an act holds its place in
the log, and a post is known by its author and its time.

The world stores some numbers in single precision (stance, appeal, rates). Both models calculate in double precision.
Where the compiled model stores a result in single precision, the slow one rounds it with `single`; otherwise the two
would compare the same draw with slightly different probabilities.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from sim.population.world import World


@dataclass(eq=False)
class Account:
    """An account: its traits, drawn before the run, and its state during the run."""

    number: int
    layer: int
    cell: int
    role: int  # 1 + the index of the role in the configuration; 0 where the account is no persona
    group: int
    created: int  # seconds from the start of the run; at least NEVER while it waits in the reserve
    shown: int  # the creation time that an account of the reserve will show; at least NEVER where it is new
    idle_ends: int  # when it is lost if it waits to be used still; at least NEVER where it is not lost so
    language: int
    interest: int
    at_work: bool
    stance: float
    session_rate: float
    posts_per_session: float
    repost_propensity: float
    boost: float
    post_appeal: float
    followers: int  # as shown on its profile
    phone: bool  # verified
    default_image: bool
    empty_bio: bool
    follows: set[int]
    suspended_at: int | None = None  # seconds from the start of the run
    challenged: bool = False
    came_with: float = 0.0  # stance at the start of its last session
    limit: int = 0  # strengths of limit, label and removal of posts, in 255ths
    label: int = 0
    removal: int = 0
    last_look: int = 0  # the first step whose acts its feed has not shown yet
    acts: list[Act] = field(default_factory=list)  # its own, oldest first
    acted_on: set[Post] = field(default_factory=set)
    blocked: set[int] = field(default_factory=set)  # numbers of the accounts that it reads no more

    @property
    def suspended(self) -> bool:
        """Whether it is suspended or locked by a challenge: then it does not act, and nobody reads it."""
        return self.challenged or self.suspended_at is not None


@dataclass(eq=False)
class Post:
    """Something written, by a person, a persona or state media."""

    author: Account
    time: int  # seconds from the start of the run
    topic: int
    language: int
    origin: int
    appeal: float
    stance: float
    reposts: int = 0  # counted up to the end of the last step, without those that a limit discounts
    recommended: bool = False  # has entered the recommendations
    forgotten: bool = False
    removed: bool = False


@dataclass(eq=False)
class Act:
    """An account writes a post or reposts one."""

    time: int
    account: Account
    kind: int
    post: Post
    source: int  # the account through which the post came, or OWN, RECOMMENDED, PROMOTED
    step: int = -1
    place: int = -1  # its index in the log of the whole run


def single(number: float) -> float:
    """Round to single precision."""
    return float(struct.unpack("f", struct.pack("f", number))[0])


def accounts_of(world: World) -> list[Account]:
    """Return the accounts of a world as objects with plain Python numbers."""
    table, truth, graph = world.accounts, world.truth, world.graph
    start, first = world.config.scenario.start_epoch, world.config.scenario.n_organic
    return [
        Account(
            number=number,
            layer=int(truth.layer[number]),
            cell=int(truth.cell[number]),
            role=int(truth.role[number]),
            group=int(truth.group[number]),
            created=int(table.created[number]) - start,
            shown=int(truth.registered[number - first]) - start if number >= first else 0,
            idle_ends=int(truth.idle_ends[number - first]) - start if number >= first else 0,
            language=int(table.language[number]),
            interest=int(table.interest[number]),
            at_work=bool(table.at_work[number]),
            stance=float(table.stance[number]),
            session_rate=float(table.session_rate[number]),
            posts_per_session=float(table.posts_per_session[number]),
            repost_propensity=float(table.repost_propensity[number]),
            boost=float(table.boost[number]),
            post_appeal=float(table.post_appeal[number]),
            followers=int(table.follower_count[number]),
            phone=bool(table.phone_verified[number]),
            default_image=bool(table.default_image[number]),
            empty_bio=bool(table.empty_bio[number]),
            follows={int(followee) for followee in graph.following(number)},
        )
        for number in range(len(table))
    ]
