"""Behaviour: from log-in to impression, and from impression to repost, own post and belief.

An item (a post, or one account's repost of it) is read once: that is an impression. Whether the reader reposts it is
decided by a draw keyed by reader, post and the account through which it came, with no step in it (an independent
cascade, Kempe, Kleinberg and Tardos 2003). The probability is a product of factors, each of which its parameter can
make 1: the reader's propensity, the post's appeal, interest, language, agreement of stance, social proof, novelty, and
kinship inside a benign group.

The loop runs over chunks of accounts. A reader writes nothing that another reads in the same step: threads cannot race
and the result cannot depend on their number.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from sim.accounts import AccountTable
from sim.config import OrganicConfig
from sim.feed import FeedRules, Scratch, read_feed, scratch, unmanaged
from sim.rng import Purpose, pair, quick_uniform, stream, substream, uniform
from sim.timeline import EVENT, OWN, POST, REPOST, TimelineView, has_reposted
from sim.truth import Origin

if TYPE_CHECKING:
    from sim.model import InfluenceModel

_CHUNKS = 64
_ROOM = 64  # seconds at the end of a step in which no session starts, so that own posts have seconds of their own
_MAX_POSTS = _ROOM - 4
_LN2 = math.log(2.0)
_CAMPAIGN, _ORGANIC = int(Origin.CAMPAIGN), int(Origin.ORGANIC)
_POST, _REPOST, _OWN = POST, REPOST, OWN

READ = np.dtype(
    [("time", np.int32), ("account", np.int32), ("post", np.int32), ("source", np.int32)], align=True
)  # an impression of operation content


class Keys(NamedTuple):
    """Streams of the organic public's draws."""

    session: np.uint64
    session_time: np.uint64
    write: np.uint64
    topic: np.uint64
    appeal: np.uint64
    repost: np.uint64
    recommend: np.uint64

    @classmethod
    def of(cls, seed: int) -> Keys:
        """Return the streams of a seed."""
        purposes = (
            Purpose.SESSION, Purpose.SESSION_TIME, Purpose.WRITE, Purpose.TOPIC, Purpose.APPEAL, Purpose.REPOST,
            Purpose.RECOMMEND,
        )  # fmt: skip
        return cls(*(stream(seed, purpose) for purpose in purposes))


class BehaviourRules(NamedTuple):
    """The behavioural part of `OrganicConfig` as numbers for compiled loops; times in seconds."""

    topics: int
    topic_loyalty: float
    appeal_sigma: float
    ceiling: float
    interest_match: float
    interest_mismatch: float
    foreign_language: float
    agreement_weight: float
    social_proof: float
    novelty_half_life: float
    belief: int  # 0 none, 1 bounded confidence, 2 DeGroot
    belief_rate: float
    confidence_bound: float

    @classmethod
    def of(cls, config: OrganicConfig) -> BehaviourRules:
        """Read the rules from a configuration."""
        return cls(
            topics=config.topics,
            topic_loyalty=config.topic_loyalty,
            appeal_sigma=config.appeal_sigma,
            ceiling=config.repost_probability_max,
            interest_match=config.interest_match,
            interest_mismatch=config.interest_mismatch,
            foreign_language=config.foreign_language,
            agreement_weight=config.agreement_weight,
            social_proof=config.social_proof,
            novelty_half_life=config.novelty_half_life_hours * 3600.0,
            belief=("none", "bounded_confidence", "degroot").index(config.belief),
            belief_rate=config.belief_rate,
            confidence_bound=config.confidence_bound,
        )


class Readers(NamedTuple):
    """Columns of the accounts that behaviour reads."""

    session_rate: NDArray[np.float32]
    posts_per_session: NDArray[np.float32]
    repost_propensity: NDArray[np.float32]
    language: NDArray[np.uint8]
    interest: NDArray[np.uint8]
    stance: NDArray[np.float32]
    boost: NDArray[np.float32]
    post_appeal: NDArray[np.float32]
    status: NDArray[np.uint8]
    group: NDArray[np.int32]
    last_look: NDArray[np.int32]  # first step whose acts the account has not been offered


class Done(NamedTuple):
    """What the sessions of a step did, by chunk: the first `n_*[chunk]` entries of each chunk's stretch."""

    events: NDArray[Any]  # EVENT (chunks, room)
    n_events: NDArray[np.int64]
    reads: NDArray[Any]  # READ (chunks, room)
    n_reads: NDArray[np.int64]
    readers: NDArray[np.int32]  # (chunks, accounts of a chunk)
    stance: NDArray[np.float32]  # the readers' stance after the session
    n_readers: NDArray[np.int64]
    organic_impressions: NDArray[np.int64]  # (chunks,) of organic content


@unmanaged
def reposts(
    draw: float, reader: int, now: int, post: Any, same_group: bool, readers: Readers, rules: BehaviourRules
) -> bool:
    """Whether a reader whose draw is `draw`, in [0, 1), reposts a post that it reads at time `now`."""
    p = np.float64(readers.repost_propensity[reader]) * np.float64(post.appeal)
    p *= rules.interest_match if post.topic == readers.interest[reader] else rules.interest_mismatch
    if post.language != readers.language[reader]:
        p *= rules.foreign_language
    if post.topic == 0:
        gap = abs(np.float64(post.stance) - np.float64(readers.stance[reader]))
        p *= 1.0 - rules.agreement_weight * gap / 2.0
    if same_group:
        p *= np.float64(readers.boost[reader])
    if post.reposts > 0:
        p *= 1.0 + rules.social_proof * math.log1p(float(post.reposts))
    if draw >= p:  # novelty only lowers it: no exponential for the many who would not anyway
        return False
    p *= math.exp(-_LN2 * (now - post.time) / rules.novelty_half_life)
    return bool(draw < min(p, rules.ceiling))


@unmanaged
def _just_reposted(post: int, events: Any, begin: int, end: int) -> bool:
    """Whether this session's events hold a repost of the post in a row."""
    for i in range(begin, end):
        if events[i].post == post and events[i].kind == _REPOST:
            return True
    return False


@unmanaged
def _write_posts(
    reader: int, step: int, when: int, readers: Readers, rules: BehaviourRules, keys: Keys, events: Any, at: int
) -> int:
    """Write the session's own posts into `events` from `at`; return the new end, past the room if it does not do."""
    mean = np.float64(readers.posts_per_session[reader])
    posts = min(int(mean + uniform(keys.write, reader, step, 0)), _MAX_POSTS)
    for j in range(posts):
        if at < events.size:
            topic = int(readers.interest[reader])
            if uniform(keys.topic, reader, step, 2 * j) >= rules.topic_loyalty:
                topic = int(uniform(keys.topic, reader, step, 2 * j + 1) * rules.topics)
            # Box and Muller's normal: no inverse of the normal distribution is at hand in compiled code.
            radius = math.sqrt(-2.0 * math.log(1.0 - uniform(keys.appeal, reader, step, 2 * j)))
            normal = radius * math.cos(2.0 * math.pi * uniform(keys.appeal, reader, step, 2 * j + 1))
            appeal = math.exp(rules.appeal_sigma * normal - rules.appeal_sigma**2 / 2.0)
            events[at].time = when + 1 + j
            events[at].account = reader
            events[at].post = -1
            events[at].source = _OWN
            events[at].appeal = appeal * np.float64(readers.post_appeal[reader])
            events[at].stance = readers.stance[reader] if topic == 0 else np.float32(0.0)
            events[at].kind = _POST
            events[at].topic = topic
            events[at].language = readers.language[reader]
            events[at].origin = _ORGANIC
        at += 1
    return at


@unmanaged
def _session(
    reader: int,
    step: int,
    start: int,
    length: int,
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    readers: Readers,
    timeline: TimelineView,
    first_rows: NDArray[np.int32],
    trend_post: NDArray[np.int32],
    trend_step: NDArray[np.int32],
    feed: FeedRules,
    rules: BehaviourRules,
    keys: Keys,
    room: Scratch,
    events: Any,
    n_events: int,
    reads: Any,
    n_reads: int,
) -> tuple[int, int, int, float]:
    """Run one session; return the new ends of `events` and `reads`, the organic impressions, and the stance."""
    when = start + int(uniform(keys.session_time, reader, step, 0) * (length - _ROOM))
    following = indices[indptr[reader] : indptr[reader + 1]]
    language = readers.language[reader]
    n_items = read_feed(
        reader, when, readers.last_look[reader], readers.interest[reader], following, readers.status, timeline,
        first_rows, trend_post[language], trend_step[language], feed, keys.recommend, room,
    )  # fmt: skip
    begin, organic, pull, pulls = n_events, 0, 0.0, 0
    own_stance = np.float64(readers.stance[reader])
    for i in range(n_items):
        row, source = room.item_post[i], room.item_source[i]
        if row < 0:
            continue
        post = timeline.posts[row]
        if post.author == reader or readers.status[post.author] != 0 or when - post.time > feed.lifetime:
            continue
        seconds = min(when + 2 * i, start + length - 1)
        if post.origin == _CAMPAIGN:
            if n_reads < reads.size:
                reads[n_reads].time = seconds
                reads[n_reads].account = reader
                reads[n_reads].post = row
                reads[n_reads].source = source
            n_reads += 1
        elif post.origin == _ORGANIC:
            organic += 1
        if post.topic == 0 and rules.belief > 0:
            gap = np.float64(post.stance) - own_stance
            if rules.belief == 2 or abs(gap) <= rules.confidence_bound:
                pull += gap
                pulls += 1
        draw = uniform(keys.repost, pair(reader, source + 2), post.author, post.time)
        if draw >= rules.ceiling:
            continue
        same_group = readers.group[reader] >= 0 and readers.group[reader] == readers.group[post.author]
        if not reposts(draw, reader, when, post, same_group, readers, rules):
            continue
        if _just_reposted(row, events, begin, min(n_events, events.size)) or has_reposted(reader, row, timeline):
            continue
        if n_events < events.size:
            events[n_events].time = seconds
            events[n_events].account = reader
            events[n_events].post = row
            events[n_events].source = source
            events[n_events].appeal = post.appeal
            events[n_events].stance = post.stance
            events[n_events].kind = _REPOST
            events[n_events].topic = post.topic
            events[n_events].language = post.language
            events[n_events].origin = post.origin
        n_events += 1
    n_events = _write_posts(reader, step, when, readers, rules, keys, events, n_events)
    stance = float(own_stance)
    if pulls > 0:
        stance = min(max(own_stance + rules.belief_rate * pull / pulls, -1.0), 1.0)
    return n_events, n_reads, organic, stance


@unmanaged
def _chunk(
    chunk: int,
    step: int,
    start: int,
    length: int,
    chance: NDArray[np.float64],
    n_organic: int,
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    readers: Readers,
    timeline: TimelineView,
    first_rows: NDArray[np.int32],
    trend_post: NDArray[np.int32],
    trend_step: NDArray[np.int32],
    feed: FeedRules,
    rules: BehaviourRules,
    keys: Keys,
    rooms: Scratch,
    done: Done,
) -> None:
    """Run the sessions of one chunk of accounts."""
    size = done.readers.shape[1]
    key = substream(keys.session, step)
    room = Scratch(
        rooms.first[chunk], rooms.second[chunk], rooms.heap_key[chunk], rooms.heap_row[chunk], rooms.post[chunk],
        rooms.age[chunk], rooms.reposts[chunk], rooms.best_key[chunk], rooms.best_row[chunk], rooms.item_post[chunk],
        rooms.item_source[chunk],
    )  # fmt: skip
    events, reads = done.events[chunk], done.reads[chunk]
    n_events, n_reads, n_readers, organic = 0, 0, 0, 0
    for reader in range(chunk * size, min((chunk + 1) * size, n_organic)):
        rate = np.float64(readers.session_rate[reader]) * chance[readers.language[reader]]
        if quick_uniform(key, reader) >= rate or readers.status[reader] != 0:
            continue
        n_events, n_reads, read, stance = _session(
            reader, step, start, length, indptr, indices, readers, timeline, first_rows, trend_post, trend_step,
            feed, rules, keys, room, events, n_events, reads, n_reads,
        )  # fmt: skip
        organic += read
        done.readers[chunk, n_readers] = reader
        done.stance[chunk, n_readers] = stance
        n_readers += 1
    done.n_events[chunk] = n_events
    done.n_reads[chunk] = n_reads
    done.n_readers[chunk] = n_readers
    done.organic_impressions[chunk] = organic


@njit(cache=True, parallel=True)
def sessions(
    step: int,
    start: int,
    length: int,
    chance: NDArray[np.float64],
    n_organic: int,
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    readers: Readers,
    timeline: TimelineView,
    first_rows: NDArray[np.int32],
    trend_post: NDArray[np.int32],
    trend_step: NDArray[np.int32],
    feed: FeedRules,
    rules: BehaviourRules,
    keys: Keys,
    rooms: Scratch,
    done: Done,
) -> None:
    """Let every organic account that logs in in this step read and act; write what they did into `done`.

    A chunk that runs out of room goes on counting, so that the caller can make room and run the step again: nothing
    but `done` is written.
    """
    for chunk in prange(done.n_events.size):
        # prange counts in uint64, and Numba makes uint64 + int64 a float64.
        _chunk(
            np.int64(chunk), step, start, length, chance, n_organic, indptr, indices, readers, timeline, first_rows,
            trend_post, trend_step, feed, rules, keys, rooms, done,
        )  # fmt: skip


def daily_rhythm(config: OrganicConfig, step_minutes: int) -> NDArray[np.float64]:
    """Return the activity per language and step of the UTC day, relative to the mean: float64 (languages, steps).

    A raised cosine in local time between `night_floor` and 1, divided by its mean.
    """
    hours = (np.arange(1440 // step_minutes) + 0.5) * step_minutes / 60.0
    offsets = np.array([config.utc_offset_hours[name] for name in config.languages])
    phase = 2.0 * np.pi * (hours + offsets[:, None] - config.peak_hour) / 24.0
    curve = config.night_floor + (1.0 - config.night_floor) * (0.5 + 0.5 * np.cos(phase))
    return np.asarray(curve / curve.mean(axis=1, keepdims=True))


class Behaviour:
    """The organic public's sessions, step by step."""

    def __init__(self, model: InfluenceModel) -> None:
        self.model = model
        config = model.config
        self.rules = BehaviourRules.of(config.organic)
        self.feed_rules = FeedRules.of(config.feed)
        self.keys = Keys.of(config.seed)
        self.rhythm = daily_rhythm(config.organic, config.scenario.step_minutes)
        self.last_look = np.zeros(config.scenario.n_organic, np.int32)
        most_followed = int(model.world.graph.following_count().max(initial=0))
        self._rooms = scratch(self.feed_rules, most_followed + 1, _CHUNKS)
        self._done = self._room(256, 256)

    def _room(self, events: int, reads: int) -> Done:
        size = -(-self.model.config.scenario.n_organic // _CHUNKS)

        def zeros() -> NDArray[np.int64]:
            return np.zeros(_CHUNKS, np.int64)

        return Done(
            np.zeros((_CHUNKS, events), EVENT), zeros(), np.zeros((_CHUNKS, reads), READ), zeros(),
            np.zeros((_CHUNKS, size), np.int32), np.zeros((_CHUNKS, size), np.float32), zeros(), zeros(),
        )  # fmt: skip

    def step(self) -> None:
        """Run the sessions of the model's current step and apply what they did.

        Adds the events to the model's step, the reads of operation content to its impressions, and moves the
        readers' last look and stance.
        """
        model, scenario = self.model, self.model.config.scenario
        step, table = model.step_number, model.accounts
        chance = self.rhythm[:, step % self.rhythm.shape[1]] * (scenario.step_minutes / 1440.0)
        readers = self._readers(table)
        trend_post = model.trends.rows(model.timeline)
        timeline, first_rows = model.timeline.view(), model.timeline.first_rows()
        while True:
            done = self._done
            sessions(
                step, step * scenario.step_seconds, scenario.step_seconds, chance, scenario.n_organic,
                model.world.graph.indptr, model.world.graph.indices, readers, timeline, first_rows,
                trend_post, model.trends.step_of, self.feed_rules, self.rules, self.keys, self._rooms, done,
            )  # fmt: skip
            events, reads = int(done.n_events.max()), int(done.n_reads.max())
            if events <= done.events.shape[1] and reads <= done.reads.shape[1]:
                break
            self._done = self._room(max(2 * events, done.events.shape[1]), max(2 * reads, done.reads.shape[1]))
        model.add_events(_joined(done.events, done.n_events))
        model.add_reads(_joined(done.reads, done.n_reads), int(done.organic_impressions.sum()))
        who = _joined(done.readers, done.n_readers)
        self.last_look[who] = step
        if self.rules.belief:
            table.stance[who] = _joined(done.stance, done.n_readers)

    def _readers(self, table: AccountTable) -> Readers:
        return Readers(
            table.session_rate, table.posts_per_session, table.repost_propensity, table.language, table.interest,
            table.stance, table.boost, table.post_appeal, table.status, self.model.world.truth.group, self.last_look,
        )  # fmt: skip


def _joined(parts: NDArray[Any], counts: NDArray[np.int64]) -> NDArray[Any]:
    """Join the used stretch of each chunk."""
    return np.concatenate([part[:count] for part, count in zip(parts, counts, strict=True)])
