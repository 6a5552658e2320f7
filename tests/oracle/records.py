"""What the slow model is made of: accounts, posts and acts as plain Python objects, taken over from a built world.

A post is the object itself (its identity is its author and time), an account knows whom it follows by number, and an
act knows its place in the log. There are no rows, chains or arrays.

The world keeps some numbers in single precision (stance, appeal, rates). The slow model calculates in double precision,
as the compiled one does, and rounds to single precision, by `single`, just where the compiled one stores: the next
comparison of a draw with a probability would otherwise be made with another number.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from sim.population.world import World


@dataclass(eq=False)
class Account:
    """An account: what was drawn for it, and what became of it."""

    number: int
    layer: int
    cell: int
    role: int  # 1 + its number in the configuration; 0 for everybody but personas
    group: int
    created: int  # seconds from the start of the run; NEVER and more while nobody has taken it up
    shown: int  # registration that an account of the reserve shows once it is taken up; as large where it is fresh
    language: int
    interest: int
    stance: float
    session_rate: float
    posts_per_session: float
    repost_propensity: float
    boost: float
    post_appeal: float
    follows: set[int]
    suspended_at: int | None = None  # seconds from the start of the run
    challenged: bool = False
    came_with: float = 0.0  # stance at the start of the last session
    limit: int = 0  # in 255ths, as the label and the removal of posts
    label: int = 0
    removal: int = 0
    last_look: int = 0  # the first step whose acts it has not been offered
    acts: list[Act] = field(default_factory=list)  # its own, oldest first
    acted_on: set[Post] = field(default_factory=set)

    @property
    def suspended(self) -> bool:
        """Suspended, or locked by a challenge: it neither acts nor is read."""
        return self.challenged or self.suspended_at is not None


@dataclass(eq=False)
class Post:
    author: Account
    time: int  # seconds from the start of the run
    topic: int
    language: int
    origin: int
    appeal: float
    stance: float
    reposts: int = 0  # up to the end of the last step; those by accounts under a limit that do not count left out
    recommended: bool = False  # has entered the recommendations
    forgotten: bool = False
    removed: bool = False


@dataclass(eq=False)
class Act:
    """Somebody writes a post or reposts one."""

    time: int
    account: Account
    kind: int
    post: Post
    source: int  # number of the account through which the post came, OWN or RECOMMENDED
    step: int = -1
    place: int = -1  # in the log of the whole run


def single(number: float) -> float:
    """Round to single precision."""
    return float(struct.unpack("f", struct.pack("f", number))[0])


def accounts_of(world: World) -> list[Account]:
    """Take the accounts over from a world, as Python numbers."""
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
            language=int(table.language[number]),
            interest=int(table.interest[number]),
            stance=float(table.stance[number]),
            session_rate=float(table.session_rate[number]),
            posts_per_session=float(table.posts_per_session[number]),
            repost_propensity=float(table.repost_propensity[number]),
            boost=float(table.boost[number]),
            post_appeal=float(table.post_appeal[number]),
            follows={int(followee) for followee in graph.following(number)},
        )
        for number in range(len(table))
    ]
