"""What the platform's compiled loops hand on is what NumPy would make of it."""

from __future__ import annotations

import numpy as np

from sim.events.records import EVENT, POSTED, REPOST
from sim.events.timeline import Timeline
from sim.platform.platform import _by_internal_number, _seen


def test_scores_are_known_by_internal_number_and_nobody_has_one_before_registration() -> None:
    draw = np.random.Generator(np.random.Philox(key=1))
    scores, pseudonyms, created = draw.random(500), draw.permutation(500), draw.integers(0, 100, 500)
    scores[draw.random(500) < 0.2] = np.nan
    expected = scores[pseudonyms]
    expected[created >= 60] = np.nan
    found = _by_internal_number(scores, pseudonyms, created, 60)
    assert np.array_equal(found, expected, equal_nan=True)
    assert np.isnan(expected).sum() < 400


def test_events_are_seen_under_pseudonyms_and_a_post_by_its_author_and_time() -> None:
    draw = np.random.Generator(np.random.Philox(key=2))
    pseudonyms, events, posts = draw.permutation(80), np.zeros(300, EVENT), np.zeros(50, POSTED)
    posts["author"], posts["time"] = draw.integers(0, 80, 50), draw.integers(0, 100, 50)
    # The first ten rows hold older posts that are kept, every third number; the others go on from 1,000.
    numbers = np.concatenate([np.arange(100, 130, 3), 1000 + np.arange(40)])
    row = draw.integers(0, 50, 300)
    events["time"], events["account"] = 100 + np.arange(300), draw.integers(0, 80, 300)
    events["kind"], events["post"] = draw.random(300) < 0.5, numbers[row]
    about, again = posts[row], events["kind"] == REPOST
    author = pseudonyms[np.where(again, about["author"], events["account"])]
    written = np.where(again, about["time"], events["time"])
    timeline = Timeline(80, 1, 1, 1.0, 1.0, 1.0, 3600).view()
    timeline = timeline._replace(posts=posts, first_post=1000, old_posts=numbers[:10].astype(np.int32))
    time, post, account, seen_author, kind = _seen(events, pseudonyms, timeline, 5_000_000)
    assert time.tolist() == (events["time"] + 5_000_000).tolist()
    assert account.tolist() == pseudonyms[events["account"]].tolist()
    assert seen_author.tolist() == author.tolist()
    assert post.tolist() == (author.astype(np.int64) << 32 | written).tolist()
    assert kind.tolist() == events["kind"].tolist()
