"""SynchroTrap against plain sets and SciPy's own hierarchical clustering."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from detectors.parts import joint_actions
from detectors.synchrotrap import SynchroTrap
from detectors.testing.check import check, scores_of
from sim.observation import REPOST, Observation

PEOPLE, HOUR = 40, 3600


def steps(seed: int, n: int = 6) -> list[Observation]:
    """Return steps in which ten accounts repost the same few posts at the same hours, and the others any."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    out = []
    for step in range(n):
        who = draw.integers(0, PEOPLE - 1, 120)
        post = np.where(who < 10, draw.integers(0, 6, 120), draw.integers(0, 60, 120))
        time = np.sort(step * HOUR + draw.integers(0, HOUR, 120))
        events = {
            "time": time, "account": who.astype(np.int32), "kind": np.full(120, REPOST, np.int8), "post": post,
            "author": np.full(120, PEOPLE - 1, np.int32),
        }  # fmt: skip
        out.append(Observation(
            step=step, start=step * HOUR, end=(step + 1) * HOUR, n_accounts=PEOPLE, columns={}, events=events
        ))  # fmt: skip
    return out


def slow_scores(seen: list[Observation], bucket: int, min_actions: int, min_cluster: int) -> np.ndarray:
    actions: dict[int, set[tuple[int, int]]] = {}
    for one in seen:
        for time, who, post in zip(*(one.event(name).tolist() for name in ("time", "account", "post")), strict=True):
            actions.setdefault(who, set()).add((post, time // bucket))
    busy = sorted(who for who, done in actions.items() if len(done) >= min_actions)
    alike = np.array([[len(actions[a] & actions[b]) / len(actions[a] | actions[b]) for b in busy] for a in busy])
    np.fill_diagonal(alike, 1.0)
    tree = linkage(squareform(1.0 - alike), "single")
    scores = np.full(PEOPLE, np.nan)
    scores[busy] = 0.0
    for cut in np.unique(1.0 - tree[:, 2]):
        if cut <= 0.0:
            continue
        cluster = fcluster(tree, 1.0 - cut + 1e-9, "distance")
        large = np.bincount(cluster)[cluster] >= min_cluster
        scores[np.array(busy)[large]] = np.maximum(scores[np.array(busy)[large]], cut)
    return scores


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("min_cluster", [2, 5])
def test_it_gives_the_clusters_of_plain_single_linkage(seed: int, min_cluster: int) -> None:
    seen = steps(seed)
    found = scores_of(SynchroTrap(bucket_hours=0.5, min_actions=3, min_cluster=min_cluster), seen)
    np.testing.assert_allclose(found, slow_scores(seen, HOUR // 2, 3, min_cluster), atol=1e-9)
    assert np.nanmedian(found[:10]) > np.nanmedian(found[10:])


@pytest.mark.parametrize("seed", range(2))
def test_pairs_are_those_of_plain_sets_and_pieces_make_no_difference(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, whole = steps(seed), SynchroTrap(bucket_hours=0.5)
    scores = scores_of(whole, seen)
    actions: dict[int, set[tuple[int, int]]] = {}
    for one in seen:
        for time, who, post in zip(*(one.event(name).tolist() for name in ("time", "account", "post")), strict=True):
            actions.setdefault(who, set()).add((post, time // (HOUR // 2)))
    expected = {
        (a, b): len(actions[a] & actions[b]) / len(actions[a] | actions[b])
        for a, b in combinations(sorted(actions), 2)
        if min(len(actions[a]), len(actions[b])) >= 3 and actions[a] & actions[b]
    }
    monkeypatch.setattr(joint_actions, "CHUNK", 50)
    pieces = SynchroTrap(bucket_hours=0.5)
    pieces.keep_pairs = 20
    assert scores_of(pieces, seen).tobytes() == scores.tobytes()
    one, other, similarity = pieces.pairs(0.1)
    found = {(a, b): s for a, b, s in zip(one.tolist(), other.tolist(), similarity.tolist(), strict=True)}
    assert found == pytest.approx({pair: index for pair, index in expected.items() if index >= 0.1 - 1e-13})
    counts, *_, heaviest = pieces.heaviest_pairs(20)
    assert counts.sum() == len(expected)
    assert np.sort(heaviest)[-15:] == pytest.approx(sorted(expected.values())[-15:])


def test_actions_of_too_many_accounts_do_not_join_them() -> None:
    size = 30
    events = {
        "time": np.arange(2 * size), "account": np.tile(np.arange(size), 2).astype(np.int32),
        "kind": np.full(2 * size, REPOST, np.int8), "post": np.repeat([1, 2], size),
        "author": np.full(2 * size, size, np.int32),
    }  # fmt: skip
    news = Observation(step=0, start=0, end=HOUR, n_accounts=size + 1, columns={}, events=events)
    assert (scores_of(SynchroTrap(min_actions=2, max_actors=size), [news])[:-1] == 1.0).all()
    assert (scores_of(SynchroTrap(min_actions=2, max_actors=size - 1), [news])[:-1] == 0.0).all()


def test_what_has_left_the_window_does_not_count_to_the_second_and_is_not_kept() -> None:
    seen = steps(0, n=12)
    short, late = SynchroTrap(window_hours=5.5, min_actions=2), SynchroTrap(window_hours=1e6, min_actions=2)
    found = scores_of(short, seen)
    border = 6 * HOUR + HOUR // 2  # in the middle of a step
    recent = []
    for one in seen[6:]:
        inside = one.event("time") >= border
        events = {name: one.event(name)[inside] for name in one.event_fields}
        recent.append(Observation(
            step=one.step, start=one.start, end=one.end, n_accounts=PEOPLE, columns={}, events=events
        ))  # fmt: skip
    assert np.nanmax(found) > 0.0
    assert found.tobytes() == scores_of(late, recent).tobytes()
    assert found.tobytes() != scores_of(SynchroTrap(window_hours=1e6, min_actions=2), seen).tobytes()
    assert [int(part[0][0]) // HOUR for part in short._window._parts] == [6, 7, 8, 9, 10, 11]


def test_it_keeps_the_protocol() -> None:
    check(lambda: SynchroTrap(6.0, 1.0, 2, 3, 20))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"bucket_hours": 0.0}, "bucket_hours must be above 0 and finite; got 0.0"),
        ({"min_cluster": 1}, "min_cluster must be at least 2; got 1"),
    ],
)
def test_parameters_out_of_range_are_refused(given: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=f"SynchroTrap.{message}"):
        SynchroTrap(**given)  # type: ignore[arg-type]
