"""Cards: accounts of a recorded run as a platform's staff would see them, what detectors say of them, and the truth."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.compare.recording import Recording
from experiments.compare.truth import RunTruth
from sim.config import WorldConfig
from sim.observation import COLUMNS, EVENTS, REPOST

EIGHT = 8
LEAST_ACTS = 5  # an account with fewer shows nothing that could be judged
#: Of the eight of a hand: accounts of the core, amplifiers, people of an innocent coordinated group; the rest are other
#: people. Hands differ, so that nobody can tell the last card by counting.
DEALS = ((2, 2, 2), (1, 2, 3), (2, 3, 1))
WEEK = 7 * 86_400


@dataclass
class Deck:
    """The accounts that are dealt, under a recording's account numbers.

    Attributes
    ----------
    accounts : list of list of int
        By hand, in the order in which they lie.
    cards : dict of int to dict
        What is known of each.
    """

    accounts: list[list[int]]
    cards: dict[int, dict[str, Any]]

    @classmethod
    def of(cls, recording: Recording, truth: RunTruth, world: WorldConfig, hands: int) -> Deck:
        """Deal from the accounts of a recorded run that acted often enough; the choice depends on the seed alone."""
        dealt = _dealt(truth, hands)
        cards = _seen(recording, [one for hand in dealt for one in hand], world) if hands else {}
        for account, card in cards.items():
            card["truth"] = _truth_of(truth, account)
            card["detectors"] = []
        return cls(dealt, cards)

    def take(self, name: str, detector: Any) -> None:
        """Add what a detector that has seen the whole run says of each card: its score, and why."""
        if not self.cards:
            return
        scores = np.asarray(detector.score(), np.float64)
        for account, card in self.cards.items():
            score = float(scores[account])
            reason = detector.explain(account).sentence if hasattr(detector, "explain") else ""
            card["detectors"].append([name, None if math.isnan(score) else score, reason])

    def hands(self) -> list[list[dict[str, Any]]]:
        """Return the hands, as plain values."""
        return [[self.cards[account] for account in hand] for hand in self.accounts]


def _dealt(truth: RunTruth, hands: int) -> list[list[int]]:
    often = truth.acts >= LEAST_ACTS
    grouped = truth.members("organic") & (truth.communities >= 0)
    piles = [
        _shuffled(np.flatnonzero(members & often), truth.seed, name)
        for name, members in (
            ("core", truth.members("core")), ("amplifiers", truth.members("amplifiers")), ("group", grouped),
            ("people", truth.members("organic") & ~grouped),
        )
    ]  # fmt: skip
    dealt = []
    for number in range(hands):
        hand: list[int] = []
        for pile, wanted in zip(piles, (*DEALS[number % len(DEALS)], EIGHT), strict=True):
            for _ in range(min(wanted, len(pile), EIGHT - len(hand))):
                hand.append(pile.pop())
        dealt.append(_shuffled(np.array(hand, np.int64), truth.seed, f"hand {number}"))
    return [hand for hand in dealt if hand]


def _shuffled(accounts: NDArray[np.int64], *key: object) -> list[int]:
    """Return accounts in an order that depends on the key alone."""

    def place(account: int) -> bytes:
        return hashlib.blake2b(repr((*key, account)).encode(), digest_size=8).digest()

    return sorted((int(account) for account in accounts), key=place)


def _seen(recording: Recording, accounts: list[int], world: WorldConfig) -> dict[int, dict[str, Any]]:
    """Return what the platform's staff see of accounts at the end: their profiles, and their acts of the last week."""
    chosen = np.zeros(recording.n_accounts, np.bool_)
    chosen[accounts] = True
    parts: list[dict[str, NDArray[Any]]] = []
    end = world.scenario.start_epoch + world.scenario.n_steps * world.scenario.step_seconds
    columns: dict[str, NDArray[Any]] = {}
    for seen, _ in recording.observations((*COLUMNS, *EVENTS)):
        columns = {name: seen.column(name) for name in seen.columns} if seen.end == end else {}
        if seen.end > end - WEEK:
            theirs = chosen[seen.event("account")]
            parts.append({name: seen.event(name)[theirs] for name in ("account", "kind", "time", "post", "author")})
    wanted = np.unique(np.concatenate([part["post"] for part in parts]))
    posted: dict[int, float] = {}  # when each post that somebody chosen reposts was written
    for seen, _ in recording.observations(("time", "kind", "post")):
        own = np.flatnonzero((seen.event("kind") != REPOST) & np.isin(seen.event("post"), wanted))
        posted |= dict(zip(seen.event("post")[own].tolist(), seen.event("time")[own].tolist(), strict=True))
    events = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    languages = list(world.organic.languages)
    return {account: _card(account, columns, events, posted, languages, end) for account in accounts}


def _card(
    account: int, columns: dict[str, NDArray[Any]], events: dict[str, NDArray[Any]], posted: dict[int, float],
    languages: list[str], end: int,
) -> dict[str, Any]:  # fmt: skip
    def of(name: str) -> int:
        return int(columns[name][account])

    mine = events["account"] == account
    times, posts, reposts = events["time"][mine], events["post"][mine], events["kind"][mine] == REPOST
    delays = [
        time - posted[post]
        for time, post in zip(times[reposts].tolist(), posts[reposts].tolist(), strict=True) if post in posted
    ]  # fmt: skip
    authors = np.unique(events["author"][mine][reposts])
    hours = (times // 3600 + of("utc_offset")) % 24
    return {
        "created": datetime.fromtimestamp(of("created"), UTC).date().isoformat(),
        "age_days": max(0, (end - of("created")) // 86_400),
        "language": languages[of("language")] if of("language") < len(languages) else "",
        "utc_offset": of("utc_offset"),
        "followers": of("follower_count"), "following": of("following_count"), "posts": of("post_count"),
        "default_image": bool(of("default_image")), "empty_bio": bool(of("empty_bio")),
        "phone": bool(of("phone_verified")), "access": of("access"), "client": of("client"),
        "week_posts": int(np.count_nonzero(~reposts)), "week_reposts": int(np.count_nonzero(reposts)),
        "week_authors": int(authors.size),
        "fast_share": float(np.mean(np.array(delays) <= 600.0)) if delays else None,
        "hours": np.bincount(hours.astype(np.int64), minlength=24).tolist(),
    }  # fmt: skip


def _truth_of(truth: RunTruth, account: int) -> str:
    for layer in ("core", "amplifiers"):
        if truth.members(layer)[account]:
            return layer
    kinds = truth.groups["community"]
    return next((kind for kind, members in kinds.items() if members[account]), "none")
