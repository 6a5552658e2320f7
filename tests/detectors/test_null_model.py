"""The null model: its law is that of shuffles, false discoveries stay at their rate, and a planted group is found."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, combine_pvalues, false_discovery_control, poisson

from detectors.base import DetectorError
from detectors.null_model import NullModel
from detectors.parts.chance import Log, least_p_values, log_tail, meeting_chances
from detectors.testing.check import check, scores_of
from sim.observation import POST, REPOST, Observation

HOUR = 3600


def steps(time: np.ndarray, who: np.ndarray, post: np.ndarray, language: np.ndarray, hours: int) -> list[Observation]:
    """Return hourly steps of reposts; the last account wrote all posts."""
    order = np.argsort(time, kind="stable")
    time, who, post = time[order], who[order], post[order]
    out = []
    for step in range(hours):
        part = time // HOUR == step
        size = int(part.sum())
        events = {
            "time": time[part], "account": who[part].astype(np.int32), "kind": np.full(size, REPOST, np.int8),
            "post": post[part], "author": np.full(size, language.size - 1, np.int32),
        }  # fmt: skip
        out.append(Observation(
            step=step, start=step * HOUR, end=(step + 1) * HOUR, n_accounts=language.size,
            columns={"language": language}, events=events,
        ))  # fmt: skip
    return out


def without_coordination(
    draw: np.random.Generator, people: int = 250, reposts: int = 2500
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return time, who, post, language: busy and quiet people with hours of their own, popular and rare posts of those.

    A repost is made by an account whose hours and language fit, drawn at random.
    """
    language, up = draw.integers(0, 2, people + 1), draw.integers(0, 12, people)
    time = draw.integers(0, 24 * HOUR, reposts)
    weight = np.exp(draw.normal(0.0, 1.2, people))
    speaks, share, who = draw.integers(0, 2, reposts), draw.random(reposts), np.empty(reposts, np.int64)
    for tongue in (0, 1):
        for part in range(12):
            fit = np.cumsum(weight * (language[:people] == tongue) * np.where(up == part, 1.0, 0.02))
            now = (speaks == tongue) & (time // (2 * HOUR) == part)
            who[now] = np.searchsorted(fit, share[now] * fit[-1], side="right")
    post = (time // (2 * HOUR) * 2 + speaks) * 1000 + (40 * draw.random(reposts) ** 2).astype(np.int64)
    return time, who, post, language


def logged(detector: NullModel) -> Log:
    return detector._log(detector._windows[0])


def test_it_keeps_the_protocol() -> None:
    check(NullModel)
    check(lambda: NullModel(bucket_hours=2, min_reposts=1, min_shared=1))


def test_false_discoveries_stay_at_their_rate_where_no_accounts_coordinate() -> None:
    found = {2.0: 0, 48.0: 0}
    for seed in range(20):
        seen = steps(*without_coordination(np.random.Generator(np.random.Philox(key=seed))), hours=24)
        for bucket_hours in found:
            scores = scores_of(NullModel(bucket_hours=bucket_hours), seen)
            assert (~np.isnan(scores)).sum() > 150
            found[bucket_hours] += bool(np.nanmax(scores) >= 0.5)  # q is 0.1 or below
    # Whatever is found is false, so that the rate is the probability of finding anything: 0.1 at most. That 7 of 20
    # runs or more find something has then a chance of 0.0024. Shuffling over all hours would find something each time.
    assert found[2.0] < 7
    assert found[48.0] > 15
    assert binom.sf(6, 20, 0.1) < 0.0025


def test_what_is_expected_and_its_tail_are_those_of_shuffles() -> None:
    draw = np.random.Generator(np.random.Philox(key=7))
    detector = NullModel(bucket_hours=6, min_reposts=5)
    scores_of(detector, steps(*without_coordination(draw, people=40, reposts=900), hours=24))
    log, n = logged(detector), 4000
    chances = meeting_chances(log)
    busiest = np.argsort(np.bincount(log.row))[-12:]
    pairs = [(int(a), int(b)) for a in busiest for b in busiest if a < b]
    expected = np.array([chances[np.ix_(log.stratum[log.row == a], log.stratum[log.row == b])].sum() for a, b in pairs])
    shared, at_least = np.zeros(len(pairs)), np.zeros(len(pairs))
    for _ in range(n):
        order = np.lexsort((draw.random(log.row.size), log.stratum))
        row = np.empty_like(log.row)
        row[np.argsort(log.stratum, kind="stable")] = log.row[order]  # others made the reposts of this stratum
        holds = np.zeros((log.accounts.size, log.n_items))
        np.add.at(holds, (row, log.item), 1.0)
        together = np.array([holds[a] @ holds[b] for a, b in pairs])
        shared, at_least = shared + together, at_least + (together >= 3 + expected)
    assert shared / n == pytest.approx(expected, rel=0.1)
    assert shared.sum() / n == pytest.approx(expected.sum(), rel=0.01)
    tails = np.exp([log_tail(int(np.ceil(3 + mean)), mean) for mean in expected])
    assert at_least.mean() / n == pytest.approx(tails.mean(), rel=0.35)  # Poisson, save for posts that hold many slots


def test_the_tail_is_that_of_scipy() -> None:
    for shared in (1, 2, 5, 40):
        for expected in (1e-6, 0.01, 0.7, 3.0):
            if expected < shared:
                assert log_tail(shared, expected) == pytest.approx(poisson.logsf(shared - 1, expected), rel=1e-9)
    assert log_tail(2, 2.5) == 0.0


def test_scores_are_those_of_all_pairs_taken_one_by_one() -> None:
    draw = np.random.Generator(np.random.Philox(key=8))
    detector = NullModel(bucket_hours=3, min_reposts=3, min_shared=2, max_reposters=20)
    time, who, post, language = without_coordination(draw, people=60, reposts=700)
    who[:40], post[:40], language[:4] = np.tile(np.arange(4), 10), np.repeat(np.arange(900_000, 900_010), 4), 0
    scores = scores_of(detector, steps(time, who, post, language, hours=24))
    log = logged(detector)
    assert np.bincount(log.item).max() <= 20
    chances, n = meeting_chances(log), log.accounts.size
    p = np.ones(n)
    for a in range(n):
        for b in range(n):
            mine, theirs = log.item[log.row == a], log.item[log.row == b]
            shared = np.intersect1d(mine, theirs).size
            if a != b and shared >= 2:
                mean = chances[np.ix_(log.stratum[log.row == a], log.stratum[log.row == b])].sum()
                p[a] = min(p[a], poisson.sf(shared - 1, mean))
    q = false_discovery_control(1.0 - (1.0 - p) ** (n - 1))
    decades = -np.log10(q)
    assert scores[log.accounts] == pytest.approx(decades / (1 + decades), abs=1e-6)
    assert np.isnan(scores).sum() == 61 - n
    assert 0 < (decades > 0).sum() < n


def test_how_posts_are_numbered_changes_not_even_the_last_bit() -> None:
    time, who, post, language = without_coordination(np.random.Generator(np.random.Philox(key=3)))
    expected = []
    for number in (post, 10**9 - post):
        detector = NullModel(bucket_hours=2, min_shared=1)
        scores_of(detector, steps(time, who, number, language, hours=24))
        expected.append(least_p_values(logged(detector), 1).expected)
    assert (expected[0] > 0).sum() > 150
    assert expected[0].tobytes() == expected[1].tobytes()


def test_a_group_that_reposts_the_same_few_posts_is_found_and_the_reason_names_one_of_it() -> None:
    draw = np.random.Generator(np.random.Philox(key=9))
    time, who, post, language = without_coordination(draw, people=250)
    group = np.arange(8)
    who = np.concatenate([who, np.repeat(group, 6)])
    post = np.concatenate([post, np.tile(np.arange(900_000, 900_006), 8)])
    time = np.concatenate([time, draw.integers(0, 24 * HOUR, 48)])
    detector = NullModel(bucket_hours=2)
    scores = scores_of(detector, steps(time, who, post, language, hours=24))
    assert (scores[group] > 2 / 3).all()  # q below 0.01
    assert np.nanmean(scores[8:] > 2 / 3) < 0.02
    evidence = detector.explain(3)
    assert evidence.facts["partner"] in group
    assert evidence.facts["shared"] >= 6 > 10 * evidence.facts["expected"]
    assert evidence.facts["q"] < 0.01


def test_among_equal_rates_the_least_p_value_decides() -> None:
    draw = np.random.Generator(np.random.Philox(key=11))
    detector = NullModel(bucket_hours=2, min_shared=1)
    scores = scores_of(detector, steps(*without_coordination(draw), hours=24))
    accounts = logged(detector).accounts
    log_p = least_p_values(logged(detector), 1).log_p
    assert (scores[accounts] < 1e-6).mean() > 0.5  # rates of 1 stay next to nothing
    order = np.argsort(log_p, kind="stable")
    assert (np.diff(scores[accounts][order]) <= 0).all()
    assert np.unique(scores[accounts]).size == np.unique(np.round(log_p, 9)).size


def test_pairs_are_those_that_make_their_accounts_score() -> None:
    draw = np.random.Generator(np.random.Philox(key=9))
    time, who, post, language = without_coordination(draw, people=250)
    who = np.concatenate([who, np.repeat(np.arange(8), 6)])
    post = np.concatenate([post, np.tile(np.arange(900_000, 900_006), 8)])
    time = np.concatenate([time, draw.integers(0, 24 * HOUR, 48)])
    detector = NullModel(bucket_hours=2)
    scores = scores_of(detector, steps(time, who, post, language, hours=24))
    for threshold in (0.5, 0.01):
        one, other, decades = detector.pairs(threshold)
        assert {*one.tolist(), *other.tolist()} == set(np.flatnonzero(scores >= threshold).tolist())
        assert (one < other).all()
    log, chances = logged(detector), meeting_chances(logged(detector))
    row = {int(account): place for place, account in enumerate(log.accounts)}
    for a, b, found in list(zip(one.tolist(), other.tolist(), decades.tolist(), strict=True))[:40]:
        mine, theirs = log.row == row[a], log.row == row[b]
        shared = np.intersect1d(log.item[mine], log.item[theirs]).size
        mean = chances[np.ix_(log.stratum[mine], log.stratum[theirs])].sum()
        assert found == pytest.approx(-poisson.logsf(shared - 1, mean) / np.log(10), rel=1e-6)


@pytest.mark.parametrize("combine", ["minimum", "fisher"])
def test_several_traces_are_one_p_value_an_account(combine: str) -> None:
    draw = np.random.Generator(np.random.Philox(key=12))
    n, hours = 60, 12
    fields = {
        "time": np.sort(draw.integers(0, hours * HOUR, 800)), "account": draw.integers(0, n - 1, 800).astype(np.int32),
        "kind": np.where(draw.random(800) < 0.5, REPOST, POST).astype(np.int8), "post": draw.integers(0, 90, 800),
        "url": draw.integers(0, 60, 800),
    }  # fmt: skip
    fields["author"] = np.where(fields["kind"] == POST, fields["account"], n - 1).astype(np.int32)
    seen = Observation(
        step=0, start=0, end=hours * HOUR, n_accounts=n, columns={"language": np.zeros(n, np.int8)}, events=fields
    )
    p = np.full((2, n), np.nan)
    for row, trace in enumerate(("repost", "url")):
        one = NullModel(bucket_hours=2, min_reposts=8, trace=trace)
        scores_of(one, [seen])
        p[row, one._found[0].accounts] = one._found[0].account_p
    both = (~np.isnan(p)).sum(axis=0)
    assert {1, 2} <= set(both.tolist())
    scored = both > 0
    if combine == "minimum":
        expected = 1.0 - (1.0 - np.nanmin(p[:, scored], axis=0)) ** both[scored]
    else:
        expected = np.array([
            combine_pvalues(one[~np.isnan(one)], "fisher").pvalue for one in p[:, scored].T
        ])  # fmt: skip
    decades = -np.log10(false_discovery_control(expected))
    found = scores_of(NullModel(bucket_hours=2, min_reposts=8, trace=["repost", "url"], combine=combine), [seen])
    assert np.isnan(found[~scored]).all()
    np.testing.assert_allclose(found[scored], decades / (1.0 + decades), atol=2e-6)


def test_what_has_left_the_window_does_not_count() -> None:
    time = np.concatenate([np.arange(10), 5 * HOUR + np.arange(10)])
    log = (time, np.tile([0, 1], 10), np.repeat(np.arange(10), 2), np.zeros(30, np.int64))
    whole, late = (scores_of(NullModel(window_hours=w, min_reposts=6), steps(*log, hours=6)) for w in (24, 2))
    assert (~np.isnan(whole[:2])).all()
    assert np.isnan(late).all()


def test_too_many_strata_are_refused_and_say_what_to_do() -> None:
    hours = 5000
    log = (np.arange(hours) * HOUR, np.arange(hours) % 50, np.arange(hours) // 3, np.zeros(51, np.int64))
    detector = NullModel(window_hours=1e6, bucket_hours=1)
    with pytest.raises(DetectorError, match=r"at most 4096 strata .* got 5000. Set a longer bucket_hours, now 1"):
        scores_of(detector, steps(*log, hours=hours))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"window_hours": 0}, "window_hours must be above 0 and finite; got 0"),
        ({"bucket_hours": float("inf")}, "bucket_hours must be above 0 and finite; got inf"),
        ({"min_shared": 0}, "min_shared must be at least 1; got 0"),
        ({"max_reposters": 1}, "max_reposters must be at least 2; got 1"),
        ({"trace": ["url", "url"]}, "trace must name one trace or several different ones"),
        ({"combine": "mean"}, "combine must be one of minimum, fisher; got 'mean'"),
    ],
)
def test_parameters_out_of_range_are_refused(given: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=f"NullModel.{message}"):
        NullModel(**given)  # type: ignore[arg-type]
