"""Behaviour: from log-in to impression, and from impression to repost, own post and belief.

An item (a post, or one account's repost of it) is read once: that is an impression. Whether the reader reposts it is
drawn with reader, post and the account that showed it as key, independent of the step (an independent cascade, Kempe,
Kleinberg and Tardos 2003). The probability is a product of factors, each of which its parameter can set to 1: the
reader's propensity, the post's appeal, interest, language, whether it comes from its author, agreement of stance,
social proof, novelty, and membership in the same benign group. The platform can lower it by friction on every repost
and by labels on accounts. Who does not repost an item may report it or block its author
(`sim.public.reports`).

The loop runs over chunks of accounts, or over all of them at once if they are few. A reader writes nothing that another
reads in the same step, so there are no races and the result does not depend on the number of threads.
"""

from __future__ import annotations

import math
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from sim.core.prefetch import prefetch
from sim.core.rng import pair, quick_uniform, substream, to_normal
from sim.events.kept import row_of
from sim.events.records import OWN, POST, REMOVED, REPOST
from sim.events.timeline import TimelineView, has_reposted
from sim.population.truth import Origin
from sim.public.feed import FeedRules, Scratch, concerns, gather, look, read_feed, recommend, unmanaged
from sim.public.reports import HAS_BLOCKED, MAY_REPORT, ReportRules, leave_out_blocked, react, shut_out, unmoved_below
from sim.public.rules import BehaviourRules, Keys
from sim.public.sessions import Readers

_APART = 2  # turns from one fetch of a reader to the next
SLOTS = 8  # scratch slots of a chunk: more than the turns for which a reader needs one, and a power of two
_MARGIN = 64  # seconds at the end of a step in which no session starts, so that own posts have seconds of their own
_MAX_POSTS = _MARGIN - 4
_LN2 = math.log(2.0)
_CAMPAIGN, _ORGANIC = int(Origin.CAMPAIGN), int(Origin.ORGANIC)
_POST, _REPOST, _OWN = POST, REPOST, OWN


class Step(NamedTuple):
    """The current step and the state of the world in it; times in seconds from the start of the run."""

    number: int
    start: int
    length: int
    indptr: NDArray[np.int64]  # the follower graph
    indices: NDArray[np.int32]
    status: NDArray[np.uint8]  # of accounts
    group: NDArray[np.int32]  # of accounts; -1: none
    trend_post: NDArray[np.int32]  # recommendations: `sim.events.trends.Trends`
    trend_begin: NDArray[np.int32]


class StepContext(NamedTuple):
    """All that the sessions of a step read."""

    step: Step
    readers: Readers
    timeline: TimelineView
    feed: FeedRules
    rules: BehaviourRules
    reporting: ReportRules
    keys: Keys


class StepOutput(NamedTuple):
    """What the sessions of a step did, by chunk: the first `n_*[chunk]` entries of each chunk's row."""

    events: NDArray[Any]  # EVENT (chunks, space)
    n_events: NDArray[np.int64]
    reads: NDArray[Any]  # READ (chunks, space)
    n_reads: NDArray[np.int64]
    reports: NDArray[Any]  # REPORTED (chunks, space)
    n_reports: NDArray[np.int64]
    organic_impressions: NDArray[np.int64]  # (chunks,) of organic content
    stance: NDArray[np.float32]  # (readers,) after the session


@unmanaged
def reposts(
    draw: float, i: int, now: int, post: Any, source: int, same_group: bool, readers: Readers, rules: BehaviourRules
) -> bool:
    """Whether reader `i` of the step, whose draw is `draw`, in [0, 1), reposts a post that it reads at time `now`."""
    p = np.float64(readers.traits[i].repost_propensity) * np.float64(post.appeal)
    p *= rules.interest_match if concerns(post, readers.traits[i].interest, rules.news) else rules.interest_mismatch
    if post.language != readers.traits[i].language:
        p *= rules.foreign_language
    if source < 0:
        p *= rules.shown_by_platform
    elif source != post.author:
        p *= rules.secondhand
    if post.topic == 0:
        gap = abs(np.float64(post.stance) - np.float64(readers.traits[i].stance))
        p *= 1.0 - rules.agreement_weight * gap / 2.0
    if same_group:
        p *= np.float64(readers.traits[i].boost)
    p *= 1.0 + rules.social_proof * np.float64(post.proof)
    if draw >= p:  # what follows only lowers it: no exponential for the many who would not anyway
        return False
    if source >= 0:
        p *= math.exp(-_LN2 * (now - post.time) / rules.novelty_half_life)
    p = np.float64(min(p, rules.ceiling) * rules.unhindered)
    if post.label > 0:
        p *= 1.0 - post.label / 255.0
    return bool(draw < p)


@unmanaged
def _just_reposted(post: int, events: Any, begin: int, end: int) -> bool:
    """Whether this session's events hold a repost of the post in a row."""
    for i in range(begin, end):
        if events[i].post == post and events[i].kind == _REPOST:
            return True
    return False


@unmanaged
def _write_posts(
    i: int, step: int, when: int, readers: Readers, rules: BehaviourRules, keys: Keys, events: Any, at: int
) -> int:
    """Write the session's own posts into `events` from `at`; return the new end, which may lie past its size."""
    reader, mean = readers.account[i], np.float64(readers.traits[i].posts_per_session)
    posts = min(int(mean + quick_uniform(substream(keys.write, pair(reader, step)), 0)), _MAX_POSTS)
    topic_key, appeal_key = substream(keys.topic, pair(reader, step)), substream(keys.appeal, pair(reader, step))
    for j in range(posts):
        if at < events.size:
            topic = int(readers.traits[i].interest)
            if quick_uniform(topic_key, 2 * j) >= rules.topic_loyalty:
                topic = int(quick_uniform(topic_key, 2 * j + 1) * rules.topics)
            normal = to_normal(quick_uniform(appeal_key, j))
            appeal = math.exp(rules.appeal_sigma * normal - rules.appeal_sigma**2 / 2.0)
            events[at].time = when + 1 + j
            events[at].account = reader
            events[at].post = -1
            events[at].source = _OWN
            events[at].appeal = appeal * np.float64(readers.traits[i].post_appeal)
            events[at].stance = readers.traits[i].stance if topic == 0 else np.float32(0.0)
            events[at].kind = _POST
            events[at].topic = topic
            events[at].language = readers.traits[i].language
            events[at].origin = _ORGANIC
        at += 1
    return at


@unmanaged
def session_time(reader: int, step: int, start: int, length: int, keys: Keys) -> int:
    return start + int(quick_uniform(keys.session_time, pair(reader, step)) * (length - _MARGIN))


@unmanaged
def _session(
    i: int,
    now: StepContext,
    slot: Scratch,
    events: Any,
    n_events: int,
    reads: Any,
    n_reads: int,
    reports: Any,
    n_reports: int,
) -> tuple[int, int, int, int, float]:
    """Run one session; return the new ends of `events`, `reads`, `reports`, the organic impressions, and the stance."""
    step, readers, timeline, rules, keys = now.step, now.readers, now.timeline, now.rules, now.keys
    reader = readers.account[i]
    when = session_time(reader, step.number, step.start, step.length, keys)
    n_items = read_feed(when, timeline, now.feed, slot)
    begin, organic, pull, pulls = n_events, 0, 0.0, 0
    own_stance = np.float64(readers.traits[i].stance)
    habit, begin_reports, unmoved = readers.traits[i].reports, n_reports, 2.0
    if habit & MAY_REPORT:
        unmoved = unmoved_below(reader, now.reporting)
    for item in range(n_items):
        number, source = slot.item_post[item], slot.item_source[item]
        post = timeline.posts[row_of(number, timeline)]
        if post.author == reader or step.status[post.author] != 0 or post.flags & REMOVED:
            continue
        if (habit & HAS_BLOCKED or n_reports > begin_reports) and shut_out(
            reader, post.author, source, now.reporting, reports, begin_reports, n_reports
        ):
            continue
        seconds = min(when + 2 * item, step.start + step.length - 1)
        if post.origin == _CAMPAIGN:
            if n_reads < reads.size:
                reads[n_reads].time = seconds
                reads[n_reads].account = reader
                reads[n_reads].post = number
                reads[n_reads].source = source
            n_reads += 1
        elif post.origin == _ORGANIC:
            organic += 1
        if post.topic == 0 and rules.belief > 0:
            gap = np.float64(post.stance) - own_stance
            if rules.belief == 2 or abs(gap) <= rules.confidence_bound:
                pull += gap
                pulls += 1
        draw = quick_uniform(substream(keys.repost, pair(reader, source + 2)), pair(post.author, post.time))
        same_group = readers.traits[i].group >= 0 and readers.traits[i].group == step.group[post.author]
        if not reposts(draw, i, when, post, source, same_group, readers, rules):
            if draw >= unmoved:
                n_reports = react(draw, reader, own_stance, seconds, post, source, now.reporting, reports, n_reports)
            continue
        if _just_reposted(number, events, begin, min(n_events, events.size)) or has_reposted(reader, number, timeline):
            continue
        if n_events < events.size:
            events[n_events].time = seconds
            events[n_events].account = reader
            events[n_events].post = number
            events[n_events].source = source
            events[n_events].kind = _REPOST
        n_events += 1
    n_events = _write_posts(i, step.number, when, readers, rules, keys, events, n_events)
    stance = float(own_stance)
    if pulls > 0:
        stance = min(max(own_stance + rules.belief_rate * pull / pulls, -1.0), 1.0)
    return n_events, n_reads, n_reports, organic, stance


@unmanaged
def _slot(scratch: Scratch, chunk: int, i: int) -> Scratch:
    """Return the scratch slot of reader `i` of the step, used again for readers a turn of the ring before and after."""
    row = chunk * SLOTS + i % SLOTS
    return Scratch(
        scratch.active[row], scratch.act[row], scratch.source[row], scratch.post[row], scratch.rank[row],
        scratch.heap[row], scratch.item_post[row], scratch.item_source[row], scratch.sizes[row],
    )  # fmt: skip


@unmanaged
def _chunk(chunk: int, chunks: int, now: StepContext, scratch: Scratch, output: StepOutput) -> None:
    """Run the sessions of one chunk of the readers."""
    step, readers, timeline, keys = now.step, now.readers, now.timeline, now.keys
    n = readers.account.size
    indptr, indices = step.indptr, step.indices
    first, last = chunk * n // chunks, (chunk + 1) * n // chunks
    events, reads, reports = output.events[chunk], output.reads[chunk], output.reports[chunk]
    # One integer type from the start: for a literal 0 the functions that take these would be compiled once more.
    n_events, n_reads, n_reports, organic = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
    # Each turn has four readers on the way, some turns apart: what one needs is fetched while others are served.
    for turn in range(first, last + 3 * _APART):
        if turn < last:
            row = indptr[readers.account[turn]]
            for line in range(4):
                prefetch(indices, row + 16 * line)
            prefetch(indptr, readers.account[min(turn + _APART, last - 1)])
        i = turn - _APART
        if first <= i < last:
            reader = readers.account[i]
            look(indices[indptr[reader] : indptr[reader + 1]], timeline, _slot(scratch, chunk, i))
            if readers.traits[i].reports & HAS_BLOCKED:
                leave_out_blocked(reader, now.reporting, _slot(scratch, chunk, i))
        i = turn - 2 * _APART
        if first <= i < last:
            reader, traits = readers.account[i], readers.traits[i]
            when = session_time(reader, step.number, step.start, step.length, keys)
            slot = _slot(scratch, chunk, i)
            shown = recommend(
                reader, step.number, when, traits.last_look, traits.interest,
                indices[indptr[reader] : indptr[reader + 1]], step.status, timeline, step.trend_post[traits.language],
                step.trend_begin[traits.language], now.feed, keys.recommend, keys.lag, slot,
            )  # fmt: skip
            gather(shown, traits.last_look, timeline, now.feed, slot)
        i = turn - 3 * _APART
        if first <= i:
            n_events, n_reads, n_reports, read, stance = _session(
                i, now, _slot(scratch, chunk, i), events, n_events, reads, n_reads, reports, n_reports
            )
            organic += read
            output.stance[i] = stance
    output.n_events[chunk] = n_events
    output.n_reads[chunk] = n_reads
    output.n_reports[chunk] = n_reports
    output.organic_impressions[chunk] = organic


def _sessions(
    chunks: int,
    step: Step,
    readers: Readers,
    timeline: TimelineView,
    feed: FeedRules,
    rules: BehaviourRules,
    reporting: ReportRules,
    keys: Keys,
    scratch: Scratch,
    output: StepOutput,
) -> None:
    """Let those who log in in a step read and act; write what they did into `output`.

    A chunk that runs out of space goes on counting, so that the caller can make space and run the step again: nothing
    but `output` is written. Numba's threads are handed no tuples of tuples: the context is put together in the loop.
    """
    for chunk in prange(chunks):
        now = StepContext(step, readers, timeline, feed, rules, reporting, keys)
        # prange counts in uint64, and Numba makes uint64 + int64 a float64.
        _chunk(np.int64(chunk), chunks, now, scratch, output)


def _named(function: Any, name: str) -> FunctionType:
    """Return a function under another name: Numba keeps compiled code by name, whatever the options."""
    copy = FunctionType(function.__code__, function.__globals__, name)
    copy.__qualname__ = name
    return copy


sessions = njit(cache=True, no_cfunc_wrapper=True)(_named(_sessions, "sessions"))
sessions_in_parallel = njit(cache=True, no_cfunc_wrapper=True, parallel=True)(_named(_sessions, "sessions_in_parallel"))
