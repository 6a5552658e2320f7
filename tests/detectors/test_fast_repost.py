"""Fast reposts against a slow twin: dictionaries of fast reposts, and scikit-learn's cosine."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.metrics.pairwise import cosine_similarity

from detectors.fast_repost import FastRepost
from detectors.testing.check import check, scores_of
from sim.observation import POST, REPOST, Observation

PEOPLE, SECONDS = 40, 30.0


def steps(seed: int, n: int = 5) -> list[Observation]:
    """Return steps in which five authors post and all repost, after anything from no time to five minutes."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    rows = []
    for number in range(25):
        author, written = int(draw.integers(0, 5)), int(draw.integers(0, n * 3600 - 400))
        rows.append((written, author, POST, number, author))
        for who in draw.choice(PEOPLE, 12, replace=False):
            rows.append((written + 1 + int(draw.integers(0, 300) * draw.random()), int(who), REPOST, number, author))
    rows.sort()
    out = []
    for step in range(n):
        part = np.array([row for row in rows if row[0] // 3600 == step], np.int64).reshape(-1, 5)
        names = ("time", "account", "kind", "post", "author")
        events = {name: part[:, i] for i, name in enumerate(names)}
        out.append(Observation(
            step=step, start=step * 3600, end=(step + 1) * 3600, n_accounts=PEOPLE, columns={}, events=events
        ))  # fmt: skip
    return out


def slow_scores(seen: list[Observation], min_authors: int, min_times: int = 1) -> list[float]:
    written, often = {}, {who: Counter() for who in range(PEOPLE)}
    for one in seen:
        for time, who, kind, post, author in zip(
            *(one.event(name).tolist() for name in ("time", "account", "kind", "post", "author")), strict=True
        ):
            if kind == POST:
                written[post] = time
            elif who != author and time - written[post] <= SECONDS:
                often[who][author] += 1
    fast = {who: {author for author, times in counts.items() if times >= min_times} for who, counts in often.items()}
    enough = [who for who in fast if len(fast[who]) >= min_authors]
    counts = np.array([[author in fast[who] for author in range(PEOPLE)] for who in enough], float)
    alike = cosine_similarity(TfidfTransformer().fit_transform(counts))
    np.fill_diagonal(alike, 0.0)
    scores = [float("nan")] * PEOPLE
    for row, who in enumerate(enough):
        scores[who] = alike[row].max()
    return scores


@pytest.mark.parametrize(("min_authors", "min_times"), [(2, 1), (1, 2)])
@pytest.mark.parametrize("seed", range(5))
def test_it_gives_the_scores_of_the_slow_twin(seed: int, min_authors: int, min_times: int) -> None:
    seen = steps(seed)
    expected = slow_scores(seen, min_authors, min_times)
    assert 5 < np.isfinite(expected).sum() < PEOPLE
    fast = FastRepost(seconds=SECONDS, min_authors=min_authors, max_reposters=None, min_times=min_times)
    np.testing.assert_allclose(scores_of(fast, seen), expected, atol=1e-9)


def of_two_days() -> list[Observation]:
    """Return two hours in which all repost five authors, and ten hours later one in which other accounts do."""
    rows = [
        (start + 60 * author + late, who, kind, 100 * start + author, author)
        for start, group in ((0, range(5, 15)), (3600, range(5, 20)), (12 * 3600, range(15, 30)))
        for author in range(5)
        for late, who, kind in ((0, author, POST), *((1 + who, who, REPOST) for who in group if (who + author) % 3))
    ]
    rows.sort()
    out = []
    for step in range(13):
        part = np.array([row for row in rows if row[0] // 3600 == step], np.int64).reshape(-1, 5)
        events = {name: part[:, i] for i, name in enumerate(("time", "account", "kind", "post", "author"))}
        out.append(Observation(
            step=step, start=step * 3600, end=(step + 1) * 3600, n_accounts=PEOPLE, columns={}, events=events
        ))  # fmt: skip
    return out


def test_what_has_left_the_window_does_not_count_and_is_not_kept() -> None:
    seen = of_two_days()
    short = FastRepost(window_hours=10.0, seconds=SECONDS)
    found = scores_of(short, seen)
    assert np.flatnonzero(~np.isnan(found)).tolist() == list(range(15, 30))
    assert found.tobytes() == scores_of(FastRepost(window_hours=1e6, seconds=SECONDS), seen[-1:]).tobytes()
    long = FastRepost(window_hours=1e6, seconds=SECONDS)
    scored = np.flatnonzero(~np.isnan(scores_of(long, seen)))
    assert scored.tolist() == list(range(5, 30))
    assert short.n_traces < long.n_traces / 2


def test_posts_that_are_too_old_to_be_reposted_fast_are_forgotten() -> None:
    """A post is remembered from its step on, for as long as `seconds`, whatever the window."""
    seen = steps(0, n=40)
    fast, kept = FastRepost(seconds=3600.0), []
    for one in seen:
        fast.observe(one)
        written = [t for s in seen[: one.step + 1] for t, k in zip(s.event("time"), s.event("kind"), strict=True)
                   if k == POST]  # fmt: skip
        assert np.sort(fast._written).tolist() == sorted(t for t in written if t >= one.start - 3600.0)
        kept.append(fast._post.size)
    assert max(kept) < 10 < len(written) == 25


def test_it_keeps_the_protocol() -> None:
    check(lambda: FastRepost(6.0, 3600.0, 1, 5))


def test_a_negative_time_is_refused() -> None:
    with pytest.raises(ValueError, match=r"FastRepost.seconds must be at least 0 and finite; got -1"):
        FastRepost(seconds=-1)


def test_two_who_repost_authors_that_are_not_known_are_not_taken_for_alike():
    events = {
        "time": np.array([0, 1, 10, 11]), "account": np.array([3, 0, 3, 1]), "kind": np.array([POST, REPOST] * 2),
        "post": np.array([5, 5, 6, 6]), "author": np.full(4, -1),
    }  # fmt: skip
    step = Observation(step=0, start=0, end=60, n_accounts=4, columns={}, events=events)
    for min_times in (1, 2):
        assert np.isnan(scores_of(FastRepost(min_authors=1, min_times=min_times), [step])).all()
