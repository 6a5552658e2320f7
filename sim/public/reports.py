"""Reports and blocks: what readers do about posts that they object to.

A reader who does not repost an item may report its post to the platform, and may block its author. Most people never
do; among the others the tendency is lognormal, a trait of the person for the whole run. The probability is the tendency
times factors of what the reader can see: whether the item came by an account that it follows, so has chosen; the
distance of the post's stance from the reader's own, if it is on the contested topic; and signs that its author's
account is a throwaway (default picture, no bio, few followers). Whether the post is the operation's is not among them,
so partisans report each other, and people with an empty profile are reported, too.

One draw decides what a reader does about an item: the lowest ones repost it (`sim.public.behaviour`), the highest ones
report it and block its author. So who does the rarer of the two does the other as well. A block shuts out for good what
its author writes, and what its author reposts: it is passed over as if it had not been there. Reports and blocks are
public events that nobody but the platform sees; they are no acts.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.config import WorldConfig
from sim.core.rng import Purpose, lognormals, pair, stream, uniforms
from sim.events.records import BLOCK, REPORT
from sim.population.accounts import AccountTable
from sim.public.feed import Scratch, unmanaged

#: Bits of `READER["reports"]`: the account may report or block; it has blocked somebody.
MAY_REPORT, HAS_BLOCKED = 1, 2


class ReportRules(NamedTuple):
    """What compiled loops need of reports and blocks."""

    report: float  # probability of an ordinary item, at a tendency of 1
    block: float
    followed: float
    disagreement: float
    suspect_look: float
    most: float  # the larger probability of an item to which all speaks against, at a tendency of 1
    tendency: NDArray[np.float32]  # of organic accounts; the mean is 1
    signs: NDArray[np.uint8]  # of accounts: how many signs of a throwaway each shows
    blocked: NDArray[np.int64]  # pairs of reader and author, ascending

    @classmethod
    def of(cls, world: WorldConfig, table: AccountTable) -> ReportRules:
        """Read the rules from a configuration, and the traits from the accounts; nobody is blocked yet."""
        config = world.organic.reports
        signs = table.default_image.astype(np.uint8) + table.empty_bio + (table.follower_count < config.few_followers)
        factor = config.disagreement * config.suspect_look ** int(signs.max(initial=0))
        return cls(
            report=config.report_probability,
            block=config.block_probability,
            followed=config.followed,
            disagreement=config.disagreement,
            suspect_look=config.suspect_look,
            most=max(config.report_probability, config.block_probability) * factor,
            tendency=tendencies(world),
            signs=signs.astype(np.uint8),
            blocked=np.empty(0, np.int64),
        )

    def with_blocks(self, reports: NDArray[Any]) -> ReportRules:
        """Return the rules with the blocks among new `REPORTED` rows put in."""
        blocks = reports[reports["kind"] == BLOCK]
        # None is there twice: who is blocked is not read again.
        new = np.sort(blocks["account"].astype(np.int64) << 32 | blocks["author"])
        return self._replace(blocked=np.insert(self.blocked, np.searchsorted(self.blocked, new), new))


def tendencies(world: WorldConfig) -> NDArray[np.float32]:
    """Return how readily each organic account reports and blocks: float32 (organic,), 0 for most; the mean is 1."""
    config, people = world.organic.reports, np.arange(world.scenario.n_organic)
    key = stream(world.seed, Purpose.REPORTING)
    does = np.flatnonzero(uniforms(key, people, 0) < config.people_share)
    tendency = np.zeros(people.size, np.float32)
    tendency[does] = lognormals(key, config.spread, does, 1) / max(config.people_share, 1e-9)
    return tendency


@unmanaged
def blocks(reader: int, author: int, rules: ReportRules) -> bool:
    """Whether a reader has blocked an account before this session."""
    key = pair(reader, author)
    place = np.searchsorted(rules.blocked, key)
    return bool(place < rules.blocked.size and rules.blocked[place] == key)


@unmanaged
def leave_out_blocked(reader: int, rules: ReportRules, scratch: Scratch) -> None:
    """Take the accounts that a reader has blocked out of those whose acts its feed is to be made of."""
    left = 0
    for i in range(scratch.sizes[0]):
        scratch.active[left] = scratch.active[i]
        left += not blocks(reader, scratch.active[i], rules)
    scratch.sizes[0] = left


@unmanaged
def shut_out(reader: int, author: int, source: int, rules: ReportRules, reports: Any, begin: int, end: int) -> bool:
    """Whether a reader has blocked an item's author or who shows it, before the session or in it.

    The session's own reports and blocks are the rows from `begin` to `end` of `reports`.
    """
    if blocks(reader, author, rules) or (source >= 0 and blocks(reader, source, rules)):
        return True
    for i in range(begin, min(end, reports.size)):
        if reports[i].kind == BLOCK and (reports[i].author == author or reports[i].author == source):
            return True
    return False


@unmanaged
def unmoved_below(reader: int, rules: ReportRules) -> float:
    """Return the draw below which a reader neither reports nor blocks, whatever the item: a quick answer for most."""
    return 1.0 - np.float64(rules.tendency[reader]) * rules.most


@unmanaged
def react(
    draw: float,
    reader: int,
    stance: float,
    seconds: int,
    post: Any,
    source: int,
    rules: ReportRules,
    reports: Any,
    at: int,
) -> int:
    """Write what a reader does about a post into `reports` from `at`; return the new end, which may lie past its size.

    Parameters
    ----------
    draw : float
        In [0, 1), of the reader and the item.
    stance : float
        The reader's.
    seconds : int
        When it reads the item.
    """
    factor = np.float64(rules.tendency[reader])
    if source >= 0:
        factor *= rules.followed
    if post.topic == 0:
        factor *= 1.0 + (rules.disagreement - 1.0) * abs(np.float64(post.stance) - stance) / 2.0
    for _ in range(rules.signs[post.author]):
        factor *= rules.suspect_look
    for kind in range(REPORT, BLOCK + 1):
        if draw < 1.0 - factor * (rules.report if kind == REPORT else rules.block):
            continue
        if at < reports.size:
            reports[at].time = seconds
            reports[at].account = reader
            reports[at].author = post.author
            reports[at].post_time = post.time
            reports[at].kind = kind
        at += 1
    return at
