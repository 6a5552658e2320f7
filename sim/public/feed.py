"""The feed: what an account reads when it logs in.

A pull feed. At log-in the newest acts of the followed accounts since the last session are collected and ranked by time
or by engagement; a share of attention goes to posts from outside the network that the platform recommends because they
gather reposts. Each post enters the recommendations of its language once, and each reader has a lag of its own to each
entry: at a session it is offered the entries whose lag ended since its last session. So no item is offered twice, no
memory per reader is needed, and a post lives on for as long as the longest lag.

A session reads memory in three stages, each of which needs the result of the last: the followed accounts, their newest
acts, the posts of these acts. They are three functions (`look`, `gather`, `read_feed`), so that the loop over readers
can prefetch memory for later readers while it works on an earlier one.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.config import WorldConfig
from sim.config.feed import LAG_SPREAD
from sim.core.prefetch import prefetch
from sim.core.rng import pair, quick_uniform, substream
from sim.events.kept import row_of
from sim.events.records import REMOVED, TRENDED
from sim.events.timeline import TimelineView
from sim.population.news import DAY_SECONDS, news_days

CHRONOLOGICAL, ENGAGEMENT = 0, 1
_LN2 = math.log(2.0)
_MILLION = 1e6
_ACTS = 2**31  # more than there are acts in a run
_TOP = 2000.0  # of a rank: in millionths and times as many acts it still fits into 64 bits
_UNFIT = -(2**63)

# Compiled without Numba's reference counts. Nothing here allocates, and every array outlives the call; counting the
# references to the arrays handed from function to function took most of a session's time. Only compiled code calls
# them: each wrapper for another caller would hold the whole function once more.
unmanaged = njit(cache=True, _nrt=False, forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)


class FeedRules(NamedTuple):
    """`FeedConfig` as numbers for compiled loops; times in seconds."""

    ranking: int
    attention: int
    candidates: int
    engagement_weight: float
    recency_half_life: float
    recommended: int  # items of a session
    relevance_match: float
    relevance_mismatch: float
    lifetime: float  # of a post that was recommended
    unlisted: float  # of any other
    lags: NDArray[np.float64]  # in steps
    lag_shares: NDArray[np.float64]  # cumulative
    news: NDArray[np.bool_]  # (days, topics)

    @classmethod
    def of(cls, world: WorldConfig) -> FeedRules:
        """Read the rules from a configuration."""
        config = world.feed
        shares = np.cumsum(config.lag_shares)
        shares[-1] = 1.0
        return cls(
            ranking=CHRONOLOGICAL if config.ranking == "chronological" else ENGAGEMENT,
            attention=config.attention,
            candidates=config.candidates if config.ranking == "engagement" else config.attention,
            engagement_weight=config.engagement_weight,
            recency_half_life=config.recency_half_life_hours * 3600.0,
            recommended=round(config.attention * config.recommended_share),
            relevance_match=config.relevance_match,
            relevance_mismatch=config.relevance_mismatch,
            lifetime=config.kept_hours * 3600.0,
            unlisted=config.unlisted_hours * 3600.0,
            lags=np.array(config.lag_hours) * 60.0 / world.scenario.step_minutes,
            lag_shares=shares,
            news=news_days(world),
        )


class Scratch(NamedTuple):
    """Working memory for the session of one reader. Candidates are kept in slots, unordered."""

    active: NDArray[np.int32]  # the followed accounts that acted recently
    act: NDArray[np.int32]  # of each slot: the act, its account, its post
    source: NDArray[np.int32]
    post: NDArray[np.int32]
    rank: NDArray[np.int64]
    heap: NDArray[np.int32]  # slots, that of the oldest act first
    item_post: NDArray[np.int32]  # the feed, in the order of reading; before that, at its end, what is recommended
    item_source: NDArray[np.int32]
    sizes: NDArray[np.int32]  # numbers of active accounts, slots in use, recommended items


def new_scratch(rules: FeedRules, most_followed: int, number: int) -> Scratch:
    """Allocate working memory for `number` readers, a row of each array each, who follow at most `most_followed`."""
    items, slots = rules.attention + rules.recommended, rules.candidates

    def table(columns: int, dtype: type = np.int32) -> NDArray[Any]:
        return np.empty((number, columns), dtype)

    return Scratch(
        table(most_followed + 1), table(slots), table(slots), table(slots), table(slots, np.int64), table(slots),
        table(items), table(items), table(3),
    )  # fmt: skip


@unmanaged
def _sift_down(heap: NDArray[np.int32], act: NDArray[np.int32], i: int, size: int) -> None:
    """Restore the heap of slots below its entry `i`."""
    while True:
        child = 2 * i + 1
        if child >= size:
            return
        if child + 1 < size and act[heap[child + 1]] < act[heap[child]]:
            child += 1
        if act[heap[child]] >= act[heap[i]]:
            return
        heap[i], heap[child] = heap[child], heap[i]
        i = child


@unmanaged
def look(following: NDArray[np.int32], timeline: TimelineView, scratch: Scratch) -> None:
    """Note which of the followed accounts have acted recently, and have their lines fetched.

    Most have not, and one bit says so: a million accounts' bits fit into a core's own cache.
    """
    active = 0
    for account in following:
        scratch.active[active] = account
        active += timeline.recent[account >> 3] >> (account & 7) & 1
    for i in range(active):
        prefetch(timeline.lines, scratch.active[i])
    scratch.sizes[0] = active


@unmanaged
def _newest(timeline: TimelineView, oldest: int, limit: int, scratch: Scratch) -> int:
    """Put the `limit` newest acts of the active accounts from the act `oldest` on into slots; return their number."""
    size = 0
    for i in range(scratch.sizes[0] if limit > 0 else 0):
        account = scratch.active[i]
        for place in range(timeline.lines.shape[1]):
            act = timeline.lines[account, place].act
            if act < oldest or (size == limit and act < scratch.act[scratch.heap[0]]):
                break  # the line is in falling order
            slot = size if size < limit else scratch.heap[0]
            scratch.act[slot] = act
            scratch.source[slot] = account
            scratch.post[slot] = timeline.lines[account, place].post
            prefetch(timeline.posts, row_of(scratch.post[slot], timeline))
            if size == limit:
                _sift_down(scratch.heap, scratch.act, np.int64(0), np.int64(size))
                continue
            scratch.heap[size] = size
            size += 1
            if size == limit:  # from now on a newer act takes the place of the oldest
                for entry in range(size // 2 - 1, -1, -1):
                    _sift_down(scratch.heap, scratch.act, np.int64(entry), np.int64(size))
    return size


@unmanaged
def _in_network(rules: FeedRules, timeline: TimelineView, now: int, size: int, limit: int, scratch: Scratch) -> int:
    """Write the `limit` slots that rank highest as items, best first; return their number.

    By time the rank is the act's number. By engagement it is w ln(1 + reposts) - ln(2) age / half-life, plus ln(1 - s)
    where the author is under a limit of strength s, to a millionth, and of equals the newer act comes first: the rule
    of news aggregators, a power of the votes that decays with age. A slot's place is the number of slots that rank
    higher: for the few there are, counting takes less time than any sorting, as the processor has nothing to guess.
    """
    fit = 0
    for i in range(size):
        row = row_of(scratch.post[i], timeline)
        age = now - timeline.posts[max(row, 0)].time
        listed = timeline.posts[max(row, 0)].flags & TRENDED != 0
        scratch.rank[i] = scratch.act[i]
        if rules.ranking == ENGAGEMENT:
            proof, held_down = np.float64(timeline.posts[max(row, 0)].proof), timeline.posts[max(row, 0)].limit
            rank = rules.engagement_weight * proof - _LN2 * age / rules.recency_half_life
            if held_down > 0:
                rank += math.log(1.0 - held_down / 255.0) if held_down < 255 else -2.0 * _TOP
            scratch.rank[i] += np.int64(math.floor(min(max(rank, -_TOP), _TOP) * _MILLION)) * _ACTS
        if row < 0 or age > (rules.lifetime if listed else rules.unlisted):
            scratch.rank[i] = _UNFIT
        else:
            fit += 1
    for i in range(size):
        place, rank_i = 0, scratch.rank[i]
        for j in range(size):
            place += scratch.rank[j] > rank_i
        if place < min(fit, limit):
            scratch.item_post[place] = scratch.post[i]
            scratch.item_source[place] = scratch.source[i]
    return min(fit, limit)


@unmanaged
def _follows(following: NDArray[np.int32], account: int) -> bool:
    """Whether a sorted row of the graph holds an account."""
    place = np.searchsorted(following, account)
    return bool(place < following.size and following[place] == account)


@unmanaged
def concerns(post: Any, interest: int, news: NDArray[np.bool_]) -> bool:
    """Whether a post is on a reader's main interest, or was in the news when it was written."""
    return bool(post.topic == interest or news[post.time // DAY_SECONDS, post.topic])


@unmanaged
def recommend(
    reader: int,
    step: int,
    now: int,
    last_look: int,
    interest: int,
    following: NDArray[np.int32],
    status: NDArray[np.uint8],
    timeline: TimelineView,
    trend_post: NDArray[np.int32],
    trend_begin: NDArray[np.int32],
    rules: FeedRules,
    key: np.uint64,
    lag_key: np.uint64,
    scratch: Scratch,
) -> int:
    """Put the recommendations of a session behind the feed's items; return their number.

    Each lag has its window of entries, as long as the time since the last session. Of a window the newest entries come
    first; the draw of reader and post says which lag it is to be.

    Parameters
    ----------
    reader, step, now, last_look, interest : int
        The account, the step, the time of the session (seconds from the start of the run), the first step whose acts
        the account has not been offered, and its main interest.
    following : int32 (followed,)
        The accounts it follows, sorted.
    trend_post, trend_begin : int32 (entries,), (steps + 1,)
        The recommendations of its language: number of the post; entries before each step.
    """
    shown, own, lag_of = 0, substream(key, reader), substream(lag_key, reader)
    for kind in range(rules.lags.size):
        stretch = 1.0 + LAG_SPREAD * (2.0 * quick_uniform(lag_of, kind) - 1.0)
        lag = int(rules.lags[kind] * stretch)
        if step <= lag:
            continue
        share_before = rules.lag_shares[kind - 1] if kind > 0 else 0.0
        for i in range(trend_begin[step - lag] - 1, trend_begin[max(last_look - lag, 0)] - 1, -1):
            if shown == rules.recommended:
                return shown
            row = row_of(trend_post[i], timeline)
            if row < 0:
                continue  # forgotten: it was old when it entered
            post = timeline.posts[row]
            draw = quick_uniform(lag_of, pair(post.author, post.time))
            if draw < share_before or draw >= rules.lag_shares[kind]:
                continue
            if now - post.time > rules.lifetime or status[post.author] != 0 or post.author == reader:
                continue
            if post.flags & REMOVED:
                continue
            relevance = rules.relevance_match if concerns(post, interest, rules.news) else rules.relevance_mismatch
            if quick_uniform(own, pair(post.author, post.time)) >= relevance or _follows(following, post.author):
                continue
            scratch.item_post[rules.attention + shown] = trend_post[i]
            shown += 1
    return shown


@unmanaged
def gather(shown: int, last_look: int, timeline: TimelineView, rules: FeedRules, scratch: Scratch) -> None:
    """Gather what a session's feed is chosen from, and have its posts fetched; `look` has been here before.

    Parameters
    ----------
    shown, last_look : int
        Number of recommendations, as `recommend` returns it, and the first step whose acts the account has not been
        offered.
    """
    limit = rules.candidates if rules.ranking == ENGAGEMENT else rules.attention - shown
    scratch.sizes[1] = _newest(timeline, max(timeline.begin[last_look], timeline.oldest_act), limit, scratch)
    scratch.sizes[2] = shown


@unmanaged
def read_feed(now: int, timeline: TimelineView, rules: FeedRules, scratch: Scratch) -> int:
    """Put together the feed of one session from what `gather` left in its scratch slot.

    Returns
    -------
    int
        Number of items, in the order of reading, in `item_post` and `item_source`; the source of a recommended item
        is -2.
    """
    shown = scratch.sizes[2]
    n = _in_network(rules, timeline, now, scratch.sizes[1], rules.attention - shown, scratch)
    for i in range(shown):
        scratch.item_post[n + i] = scratch.item_post[rules.attention + i]
        scratch.item_source[n + i] = -2
    return n + shown
