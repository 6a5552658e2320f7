"""The content of a post: a link, a sequence of hashtags, a wording, each as an identifier; there is no actual text.

Nothing is stored. Content is a pure function of draws keyed by the post (author, time) and of its attributes (origin,
topic, language, its author's group), and is computed when a detector asks for it. It comes from, in this order:

1. a *stock*: the campaign's for its language (templates, lists of links, sets of hashtags), or that of the author's
   benign group (newsrooms syndicate, fans share hashtags, spam repeats its texts), with the probabilities of
   `content.campaign` and `content.groups`;
2. what is *popular* in a topic and language, with Zipf's law; for wordings, what is commonly said in a language;
3. the author's *own*: a link or sequence that nobody else posts, or none; the wording is then unique to the post.

What is sent together from a desk (`operation.desks`) has one text, link or sequence of hashtags.

A post with a link may also repeat the link's headline, so unrelated people can use equal wordings. Stocks and popular
material are renewed every `content.renewal_hours`. A repost has the content of its post.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import IntEnum, unique
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.config import WorldConfig
from sim.core.rng import Purpose, bits, stream, uniforms
from sim.events.timeline import Timeline
from sim.population.truth import GroundTruth, Origin

FIELDS = ("url", "hashtags", "text")
NONE = 0
_PURPOSE = {"url": Purpose.URL, "hashtags": Purpose.HASHTAGS, "text": Purpose.TEXT}


@unique
class _Source(IntEnum):
    """Source of an identifier; part of its key, so that identifiers of different sources differ."""

    OWN = 1
    POPULAR = 2
    GROUP = 3
    CAMPAIGN = 4
    HEADLINE = 5
    DESK = 6


class Content:
    """The content of the posts of a run.

    Parameters
    ----------
    config : WorldConfig
    truth : GroundTruth
        Determines which stock an author uses; only the content is returned.
    """

    def __init__(self, config: WorldConfig, truth: GroundTruth) -> None:
        self._content, self._seed = config.content, config.seed
        self._group, self._kind, self._plan = truth.group, truth.group_kind, truth.plan
        # The benign kinds' stocks by number, then the campaign's.
        stocks = [self._content.groups.get(kind) for kind in truth.group_kinds]
        self._stocks = [*stocks, self._content.campaign]

    def columns(self, events: NDArray[Any], timeline: Timeline, asked: Collection[str]) -> dict[str, NDArray[np.int64]]:
        """Return the fields asked for, of a step's events: int64 (events,) each, `NONE` where a post carries none."""
        wanted = [name for name in FIELDS if name in asked]
        if not wanted:
            return {}
        posts = timeline.posts(events["post"])
        return {name: self.of(name, posts) for name in wanted}

    def of(self, name: str, posts: NDArray[Any]) -> NDArray[np.int64]:
        """Return one field of posts (`sim.events.timeline.POSTED`): int64 (posts,)."""
        content, key = self._content, stream(self._seed, _PURPOSE[name])
        author, time = posts["author"].astype(np.int64), posts["time"].astype(np.int64)
        topic, language = posts["topic"].astype(np.int64), posts["language"].astype(np.int64)
        period = (time // (content.renewal_hours * 3600.0)).astype(np.int64)
        public = topic << 8 | language
        if name == "text":
            shared = uniforms(key, author, time, 0) < content.stock_text_share
            place = _zipf(uniforms(key, author, time, 1), content.stock_texts)
            popular, own = _identifiers(key, _Source.POPULAR, language, 0, place), np.ones(shared.size, np.bool_)
        else:
            carries, apart, many = (
                (content.url_share, content.own_url_share, content.popular_urls)
                if name == "url"
                else (content.hashtags_share, content.own_hashtags_share, content.popular_hashtags)
            )
            own = uniforms(key, author, time, 0) < carries
            shared = own & (uniforms(key, author, time, 1) >= apart)
            popular = _identifiers(key, _Source.POPULAR, public, period, _zipf(uniforms(key, author, time, 2), many))
        out = np.where(own, _identifiers(key, _Source.OWN, author, time, 0), NONE)
        out[shared] = popular[shared]
        if name == "text":
            url = self.of("url", posts)
            headline = (url != NONE) & (uniforms(key, author, time, 3) < content.headline_share)
            out[headline] = _identifiers(key, _Source.HEADLINE, url, 0, 0)[headline]
        return self._from_desks(name, key, self._from_stocks(name, key, out, posts, period), posts)

    def _from_stocks(
        self, name: str, key: np.uint64, out: NDArray[np.int64], posts: NDArray[Any], period: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Put the material of stocks in, in place, for the posts that take theirs from one."""
        author, time = posts["author"].astype(np.int64), posts["time"].astype(np.int64)
        campaign = posts["origin"] == Origin.CAMPAIGN
        stock = np.where(campaign, len(self._stocks) - 1, self._kind[author])
        for number, material in enumerate(self._stocks):
            if material is None:
                continue
            rows = np.flatnonzero(stock == number)
            rows = rows[uniforms(key, author[rows], time[rows], 4) < getattr(material, name)]
            size = {"url": material.urls, "hashtags": material.hashtag_sequences, "text": material.texts}[name]
            place = (uniforms(key, author[rows], time[rows], 5) * size).astype(np.int64)
            last = number == len(self._stocks) - 1
            whose = posts["language"][rows].astype(np.int64) if last else self._group[author[rows]].astype(np.int64)
            source = _Source.CAMPAIGN if last else _Source.GROUP
            out[rows] = _identifiers(key, source, whose, period[rows], place)
        return out

    def _from_desks(self, name: str, key: np.uint64, out: NDArray[np.int64], posts: NDArray[Any]) -> NDArray[np.int64]:
        """Put in, in place, what campaign posts that are sent together have in common: one of the fields, by a draw."""
        if self._plan is None:
            return out
        rows = np.flatnonzero(posts["origin"] == Origin.CAMPAIGN)
        batch = self._plan.batch_of(posts["author"][rows].astype(np.int64), posts["time"][rows].astype(np.int64))
        drawn = uniforms(stream(self._seed, Purpose.DESK_CONTENT), batch) * len(FIELDS)
        common = (batch >= 0) & (drawn.astype(np.int64) == FIELDS.index(name))
        out[rows[common]] = _identifiers(key, _Source.DESK, batch[common], 0, 0)
        return out


def _zipf(draw: NDArray[np.float64], size: int) -> NDArray[np.int64]:
    """Return a rank in [0, size): its logarithm is uniform, which is Zipf's law with exponent 1."""
    return np.minimum(np.power(size + 1.0, draw).astype(np.int64) - 1, size - 1)


def _identifiers(
    key: np.uint64, source: int, a: NDArray[np.int64], b: NDArray[np.int64] | int, c: NDArray[np.int64] | int
) -> NDArray[np.int64]:
    """Return the identifier of material: 62 random bits, and never `NONE`."""
    words = np.broadcast_arrays(a, np.asarray(b, np.int64), np.asarray(c, np.int64))
    return np.asarray(_hashed(key, int(source), *(np.ascontiguousarray(word) for word in words)))


@njit(cache=True, no_cfunc_wrapper=True)
def _hashed(
    key: np.uint64, source: int, a: NDArray[np.int64], b: NDArray[np.int64], c: NDArray[np.int64]
) -> NDArray[np.int64]:
    out = np.empty(a.size, np.int64)
    for i in range(a.size):
        word = bits(key, source, a[i], b[i])
        out[i] = np.int64(bits(word, c[i], 0, 1) >> np.uint64(2)) + 1
    return out
