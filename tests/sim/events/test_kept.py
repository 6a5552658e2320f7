"""Forgetting: posts that were recommended live on, with who reposted them; all others are gone after a day."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from sim.core.rng import Purpose, stream, uniforms
from sim.events.records import EVENT, OWN, POST, REPOST, TRENDED
from sim.events.timeline import Timeline, has_reposted

ACCOUNTS, HOUR, DAYS = 20, 3600, 9
UNLISTED, KEPT = 24, 72  # hours


@dataclass
class Written:
    """A post as a plain record, never forgotten."""

    author: int
    time: int
    listed: bool = False
    by: set[int] = field(default_factory=set)

    def known(self, now: int) -> bool:
        return self.time // HOUR >= now // HOUR - (KEPT if self.listed else UNLISTED)


def events_of(kind: int, account: np.ndarray, time: np.ndarray, post: np.ndarray) -> np.ndarray:
    events = np.zeros(account.size, EVENT)
    events["kind"], events["account"], events["time"], events["post"], events["source"] = kind, account, time, post, OWN
    return events


@pytest.fixture(scope="module")
def run() -> tuple[Timeline, list[Written], int]:
    """Write and repost at random for days, each hour by draws; hold what is accepted to the plain records."""
    timeline = Timeline(ACCOUNTS, 24 * DAYS, 4, 6.0 * HOUR, float(UNLISTED * HOUR), float(KEPT * HOUR), HOUR)
    key, posts = stream(1, Purpose.WRITE), list[Written]()
    for step in range(24 * DAYS):
        now, wish = step * HOUR, np.arange(40)
        account = (uniforms(key, step, 0, wish) * ACCOUNTS).astype(np.int64)
        time = now + np.arange(40) * 60
        new = events_of(POST, account[:6], time[:6], np.full(6, -1))
        timeline.new_posts(new)
        posts += [Written(int(who), int(when)) for who, when in zip(account[:6], time[:6], strict=True)]
        known = np.array([number for number, post in enumerate(posts) if post.known(now)])
        assert timeline.known(np.arange(len(posts))).tolist() == [post.known(now) for post in posts]
        about = known[(uniforms(key, step, 1, wish[6:]) * known.size).astype(np.int64)]
        wished = events_of(REPOST, account[6:], time[6:], about)
        reposts = timeline.first_times(wished)
        expected = []
        for who, number in zip(account[6:].tolist(), about.tolist(), strict=True):
            if who not in posts[number].by and who != posts[number].author:
                posts[number].by.add(who)
                expected.append((who, number))
        own = [posts[number].author != who for who, number in zip(reposts["account"], reposts["post"], strict=True)]
        assert list(zip(reposts["account"][own].tolist(), reposts["post"][own].tolist(), strict=True)) == expected
        timeline.append(np.concatenate([new, reposts[own]]))
        fresh = known[[now - posts[number].time < 5 * HOUR for number in known]]
        listed = fresh[uniforms(key, step, 2, fresh) < 0.02]
        timeline.set_flag(listed, TRENDED)
        for number in listed:
            posts[number].listed = True
        timeline.forget(now + HOUR)
    return timeline, posts, 24 * DAYS * HOUR


def test_what_is_known_has_its_author_time_and_reposts(run: tuple[Timeline, list[Written], int]) -> None:
    timeline, posts, now = run
    known = np.array([number for number, post in enumerate(posts) if post.known(now)])
    found = timeline.posts(known)
    assert found["author"].tolist() == [posts[number].author for number in known]
    assert found["time"].tolist() == [posts[number].time for number in known]
    assert found["reposts"].tolist() == [len(posts[number].by) for number in known]
    assert np.count_nonzero(found["flags"] & TRENDED) > 3
    assert timeline.live()[0].tolist() == known.tolist()


def test_who_reposted_a_known_post_stays_known(run: tuple[Timeline, list[Written], int]) -> None:
    timeline, posts, now = run
    view = timeline.view()
    old = [number for number, post in enumerate(posts) if post.known(now) and post.time < now - UNLISTED * HOUR]
    assert sum(len(posts[number].by) for number in old) > 50
    for number in old:
        for who in range(ACCOUNTS):
            did = who in posts[number].by or who == posts[number].author
            assert has_reposted(who, number, view) == did, (who, number)


def test_memory_does_not_grow_with_the_days(run: tuple[Timeline, list[Written], int]) -> None:
    timeline, posts, _ = run
    assert len(timeline.view().posts) < 0.5 * len(posts)
    assert len(timeline.view().acts) < 0.5 * int(timeline.acts_count.sum())
