"""FRAUDAR: weights and densities by hand, planted blocks, brute force on tiny graphs, a bound everywhere."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import DetectorError
from detectors.fraudar import Fraudar
from detectors.testing.check import check, scores_of
from sim.observation import POST, REPOST, Observation

N = 60
edges = st.sets(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1)


def step(pairs, kind=REPOST, author=N, number=0):
    account, post = np.array(sorted(pairs), np.int64).reshape(-1, 2).T
    n = account.size
    return Observation(
        step=number, start=1000 * number, end=1000 * (number + 1), n_accounts=N + 1, columns={},
        events={"time": np.full(n, 1000 * number), "account": account.astype(np.int32), "kind": np.full(n, kind),
                "post": post, "author": np.full(n, author, np.int32)},
    )  # fmt: skip


def peeled(pairs, **parameters):
    detector = Fraudar(**{"min_reposts": 1, **parameters})
    detector.observe(step(pairs))
    return detector, detector.score()


def density(pairs, accounts, posts, softening=5.0):
    degree = {post: sum(p == post for _, p in pairs) for _, post in pairs}
    inside = sum(1 / np.log(degree[p] + softening) for a, p in pairs if a in accounts and p in posts)
    return inside / (len(accounts) + len(posts))


def densest(pairs):
    """Every set of accounts and posts in turn."""
    accounts, posts = sorted({a for a, _ in pairs}), sorted({p for _, p in pairs})
    subsets = [[set(c) for k in range(1, len(of) + 1) for c in combinations(of, k)] for of in (accounts, posts)]
    return max(density(pairs, a, p) for a, p in product(*subsets))


@settings(max_examples=60, deadline=None)
@given(edges)
def test_the_density_is_that_of_its_block_and_at_least_half_of_brute_forces(pairs):
    detector, _ = peeled(pairs)
    accounts, posts = (set(part.tolist()) for part in detector.block())
    best = densest(pairs)
    assert detector.density == pytest.approx(density(pairs, accounts, posts))
    assert best / 2 - 1e-9 <= detector.density <= best + 1e-9


def test_on_random_tiny_graphs_the_density_is_brute_forces_but_for_few():
    """Peeling is greedy: it misses the densest set of some graphs, by a few hundredths."""
    equal, graphs = 0, 100
    for seed in range(graphs):
        draw = np.random.Generator(np.random.Philox(key=seed))
        pairs = {(int(a), int(p)) for a, p in zip(*np.nonzero(draw.random((5, 5)) < 0.45), strict=True)}
        found, best = peeled(pairs)[0].density, densest(pairs)
        assert found >= 0.9 * best
        equal += found == pytest.approx(best)
    assert equal >= 80


@pytest.mark.parametrize("camouflage", [0, 5])
def test_a_planted_block_is_recovered_whatever_innocent_posts_it_reposts_as_well(camouflage):
    draw = np.random.Generator(np.random.Philox(key=3))
    pairs = {(a, 1000 + p) for a in range(10) for p in range(12)}
    pairs |= {(a, int(p)) for a in range(10, N) for p in draw.integers(0, 80, 6)}
    pairs |= {(a, int(p)) for a in range(10) for p in draw.integers(0, 20, camouflage)}
    detector, scores = peeled(pairs, min_reposts=3)
    accounts, posts = detector.block()
    assert accounts.tolist() == list(range(10))
    assert posts.tolist() == list(range(1000, 1012))
    assert np.nanmin(scores[:10]) > np.nanmax(scores[10:])


def test_camouflage_does_not_lower_a_blocks_density():
    block = {(a, 100 + p) for a in range(6) for p in range(6)}
    camouflage = {(a, p) for a in range(6) for p in range(5)}
    assert peeled(block | camouflage)[0].density >= peeled(block)[0].density


def test_a_tiny_planted_block_has_brute_forces_density():
    pairs = {(a, p) for a in range(3) for p in range(3)} | {(3, 3), (4, 4), (3, 0), (4, 1)}
    detector, scores = peeled(pairs)
    assert detector.density == pytest.approx(densest(pairs))
    assert scores[0] == pytest.approx(detector.density / (1 + detector.density))
    assert scores[0] == scores[1] == scores[2] > scores[3]


def test_an_account_that_reposts_too_little_is_unscored_and_no_part_of_the_graph():
    pairs = {(a, p) for a in range(3) for p in range(3)}
    with_one_more = pairs | {(3, 9)}
    alone, with_it = peeled(pairs, min_reposts=2)[1], peeled(with_one_more, min_reposts=2)[1]
    assert np.isnan(with_it[3])
    assert alone.tobytes() == with_it.tobytes()


def test_first_posts_and_reposts_of_ones_own_posts_do_not_count_and_old_reposts_are_forgotten():
    pairs = {(0, 0), (1, 0), (0, 1), (1, 1)}
    for ignored in (step(pairs, kind=POST, author=-1), step({(5, 0), (5, 1)}, author=5)):
        assert np.isnan(scores_of(Fraudar(min_reposts=1), [ignored])).all()
    detector = Fraudar(window_hours=0.3, min_reposts=1)
    assert np.isfinite(scores_of(detector, [step(pairs)])).sum() == 2
    assert np.isnan(scores_of(detector, [step(set(), number=2)])).all()
    assert detector._window.n_kept == 0
    assert detector.density == 0.0


def test_a_window_that_is_too_large_is_refused_by_a_message():
    with pytest.raises(DetectorError, match=r"at most 3 reposts \(max_reposts\); the window holds 4. Shorten"):
        peeled({(0, 0), (1, 0), (0, 1), (1, 1)}, max_reposts=3)


def test_the_reason_names_the_block():
    pairs = {(a, p) for a in range(3) for p in range(3)} | {(3, 3)}
    detector, _ = peeled(pairs)
    assert detector.explain(0).facts["in_block"] == 1
    assert "In the densest block of reposts (3 accounts and 3 posts, density 0.7" in detector.explain(0).sentence
    assert "Outside" in detector.explain(3).sentence
    assert "fewer than 1 posts" in detector.explain(4).sentence
    fresh = Fraudar()
    fresh.observe(step(pairs))
    with pytest.raises(DetectorError, match="call score first"):
        fresh.explain(0)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"window_hours": 0}, "Fraudar.window_hours must be above 0"),
        ({"min_reposts": 0}, "Fraudar.min_reposts must be at least 1"),
        ({"softening": 1.0}, "Fraudar.softening must be above 1"),
        ({"half_density": 0}, "Fraudar.half_density must be above 0"),
        ({"max_reposts": 0}, "Fraudar.max_reposts must be at least 1"),
    ],
)
def test_wrong_parameters_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        Fraudar(**given)


def test_it_keeps_the_protocol():
    check(Fraudar)
