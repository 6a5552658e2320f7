"""The measures of a comparison against scikit-learn, counting by hand and closed forms."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

from detectors.evaluation import measures as evaluate
from detectors.evaluation.history import NEVER
from sim.core.rng import Purpose, normals, stream


def synthetic(seed: int, n: int = 3000, levels: int | None = None, unscored: float = 0.3):
    """Return scores, a part NaN, the positive ones higher; `levels` many ties."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    positive = draw.random(n) < 0.1
    scores = 1.0 / (1.0 + np.exp(-draw.normal(size=n) - positive))
    if levels:
        scores = np.round(scores * levels) / levels
    scores[draw.random(n) < unscored] = np.nan
    return scores, positive


@pytest.mark.parametrize("levels", [None, 8])
@pytest.mark.parametrize("seed", range(3))
def test_areas_are_those_of_scikit_learn_and_of_counting_pairs(seed, levels):
    scores, positive = synthetic(seed, levels=levels)
    found = evaluate.ranking(scores, positive)
    scored = ~np.isnan(scores)
    lowest = np.where(scored, scores, -5.0)  # any value below all scores
    assert found["auc_scored"] == metrics.roc_auc_score(positive[scored], scores[scored])
    assert found["auc"] == metrics.roc_auc_score(positive, lowest)
    assert found["partial_auc"] == metrics.roc_auc_score(positive, lowest, max_fpr=0.01)
    assert found["average_precision"] == metrics.average_precision_score(positive, lowest)
    assert found["brier"] == pytest.approx(metrics.brier_score_loss(positive[scored], scores[scored]))
    pairs = stats.mannwhitneyu(lowest[positive], lowest[~positive]).statistic
    assert found["auc"] == pytest.approx(pairs / (positive.sum() * (~positive).sum()), abs=1e-12)
    assert found["lift"] == pytest.approx(found["average_precision"] / positive.mean())
    assert found["coverage"] == scored[positive].mean()
    assert found["coverage_organic"] == scored[~positive].mean()


def curve_by_hand(scores: list[float], positive: list[bool]) -> list[tuple[int, int]]:
    """Return how many right and wrong ones are taken, threshold by threshold from above, the unscored last of all."""
    filled = [-1.0 if np.isnan(score) else score for score in scores]
    taken = [(0, 0)]
    for threshold in sorted(set(filled), reverse=True):
        above = [right for score, right in zip(filled, positive, strict=True) if score >= threshold]
        taken.append((sum(above), len(above) - sum(above)))
    return taken


def average_precision_by_hand(scores: list[float], positive: list[bool]) -> Fraction:
    """Return the sum over thresholds of the precision times what the recall gains there."""
    total = Fraction(0)
    for (before, _), (right, wrong) in pairwise(curve_by_hand(scores, positive)):
        total += Fraction(right - before, sum(positive)) * Fraction(right, right + wrong)
    return total


def partial_area_by_hand(scores: list[float], positive: list[bool]) -> Fraction:
    """Return the area under the ROC curve left of 1%, so scaled that the diagonal is a half and the whole is one."""
    most, area = Fraction(1, 100), Fraction(0)
    fakes, people = sum(positive), len(positive) - sum(positive)
    for (r0, w0), (r1, w1) in pairwise(curve_by_hand(scores, positive)):
        left, right = Fraction(w0, people), Fraction(w1, people)
        low, high = Fraction(r0, fakes), Fraction(r1, fakes)
        if left < right and left < most:
            end = min(right, most)
            at_end = low + (high - low) * (end - left) / (right - left)
            area += (end - left) * (low + at_end) / 2
    least = most * most / 2
    return (1 + (area - least) / (most - least)) / 2


def test_average_precision_of_small_cases_is_what_is_counted_by_hand():
    """One right, one wrong, one right: 1/2 at precision 1 and 1/2 at 2/3. Equal scores are taken together."""
    nan = float("nan")
    for scores, positive, expected in (
        ([0.9, 0.8, 0.7, 0.6], [True, False, True, False], Fraction(5, 6)),
        ([0.9, 0.5, 0.5, nan], [False, True, False, True], Fraction(1, 2) * Fraction(1, 3) + Fraction(1, 4)),
        ([nan, nan, 0.2], [True, True, False], Fraction(2, 3)),
        ([0.1, 0.2, 0.3], [False, False, True], Fraction(1)),
        ([0.0, nan], [True, False], Fraction(1)),  # no score is less than any
    ):
        assert average_precision_by_hand(scores, positive) == expected
        found = evaluate.ranking(np.array(scores), np.array(positive))
        assert found["average_precision"] == pytest.approx(float(expected), abs=1e-12)
        assert found["lift"] == pytest.approx(float(expected) * len(positive) / sum(positive), abs=1e-12)


def test_the_partial_area_of_a_small_case_is_what_is_counted_by_hand():
    """Of four fakes one is above all of 200 people, one below the first of them, and two are last of all.

    To 0.5% of the people a quarter of the fakes is taken, from there to 1% a half: 0.005 / 4 + 0.005 / 2 = 0.00375.
    """
    scores = np.concatenate([[0.99, 0.97, 0.0, np.nan], [0.98], np.linspace(0.1, 0.9, 199)])
    positive = np.arange(204) < 4
    expected = 0.5 * (1.0 + (0.00375 - 0.00005) / (0.01 - 0.00005))
    assert evaluate.ranking(scores, positive)["partial_auc"] == pytest.approx(expected, abs=1e-12)
    assert float(partial_area_by_hand(scores.tolist(), positive.tolist())) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("levels", [None, 12])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("n", [60, 900])
def test_average_precision_and_partial_area_are_those_of_plain_counting(seed, levels, n):
    scores, positive = synthetic(seed, n=n, levels=levels)
    found, given = evaluate.ranking(scores, positive), (scores.tolist(), positive.tolist())
    assert found["average_precision"] == pytest.approx(float(average_precision_by_hand(*given)), abs=1e-12)
    assert found["partial_auc"] == pytest.approx(float(partial_area_by_hand(*given)), abs=1e-12)


def test_an_unscored_account_is_charged_to_the_detector():
    scores, positive = np.array([0.9, 0.8, 0.1, 0.2]), np.array([True, True, False, False])
    assert evaluate.ranking(scores, positive)["auc"] == 1.0
    scores[1] = np.nan
    found = evaluate.ranking(scores, positive)
    assert (found["auc_scored"], found["auc"], found["coverage"]) == (1.0, 0.5, 0.5)


@pytest.mark.parametrize("positive", [np.zeros(4, bool), np.ones(4, bool)])
def test_with_one_kind_of_account_alone_areas_are_undefined_and_nothing_fails(positive):
    found = evaluate.ranking(np.array([0.1, 0.5, np.nan, 0.9]), positive, top=(2,))
    assert np.isnan([found["auc"], found["auc_scored"], found["partial_auc"]]).all()
    assert found["precision_at_2"] == positive[0]
    assert np.isnan(evaluate.roc_at(np.array([0.1, 0.5, np.nan, 0.9]), positive, np.array([0.5]))).all()
    unscored = evaluate.ranking(np.full(4, np.nan), positive)
    assert np.isnan(unscored["brier"])
    assert np.isnan(unscored["calibration_error"])


def test_precision_at_k_is_the_mean_over_orders_of_equal_scores():
    scores, positive = synthetic(1, n=200, levels=6, unscored=0.2)
    draw = np.random.Generator(np.random.Philox(key=3))
    for k in (5, 20, 60):
        shares = []
        for _ in range(4000):
            order = np.lexsort((draw.random(200), -np.where(np.isnan(scores), -1, scores)))
            shares.append(positive[order[:k]].mean())
        assert evaluate.precision_at(scores, positive, k) == pytest.approx(np.mean(shares), abs=0.006)
    few = np.array([0.9, np.nan, np.nan])
    assert evaluate.precision_at(few, np.array([True, True, True]), 2) == 0.5  # the empty place counts as wrong


def test_points_of_the_curves_are_true_shares_at_true_thresholds():
    scores, positive = synthetic(2, levels=20)
    rates = np.array([0.0, 0.001, 0.01, 0.1, 0.5, 1.0])
    false, true, thresholds = evaluate.roc(scores, positive)
    for i, threshold in enumerate(thresholds[:-1]):
        assert true[i] == (scores >= threshold)[positive].mean()
        assert false[i] == (scores >= threshold)[~positive].mean()
    curve = evaluate.roc_at(scores, positive, rates)
    assert curve[-1] == 1.0
    assert (np.diff(curve) >= 0).all()
    recalls = np.linspace(0.05, 1.0, 20)
    found = evaluate.precision_at_recall(scores, positive, recalls)
    for recall, precision in zip(recalls, found, strict=True):
        able = [t for t in np.unique(scores[~np.isnan(scores)]) if (scores >= t)[positive].mean() >= recall]
        assert np.isnan(precision) if not able else precision == positive[scores >= max(able)].mean()
    assert np.isnan(found[-1])  # a third are unscored: no threshold finds them


def test_gaussian_scores_give_the_analytic_rates_at_every_threshold():
    """Φ(x) of x from N(0, 1) and N(d, 1): FPR(t) = 1 - t, TPR(t) = Φ(d - z_t), AUC = Φ(d / √2).

    The distance over all thresholds at once is held to the bound of Dvoretzky, Kiefer and Wolfowitz at 1e-6.
    """
    n, d = 100_000, 1.5
    positive = np.arange(2 * n) >= n
    x = normals(stream(11, Purpose.DETECTOR), np.arange(2 * n)) + d * positive
    scores = stats.norm.cdf(x)
    false, true, thresholds = evaluate.roc(scores, positive)
    thresholds = np.minimum(thresholds, 1.0)  # the first lies above all scores
    bound = np.sqrt(np.log(2.0 / 1e-6) / (2.0 * n))
    assert np.abs(false - (1.0 - thresholds)).max() < bound
    assert np.abs(true - stats.norm.cdf(d - stats.norm.ppf(thresholds))).max() < bound
    found = evaluate.ranking(scores, positive)
    assert found["auc"] == pytest.approx(stats.norm.cdf(d / np.sqrt(2.0)), abs=0.005)
    for rate in (0.001, 0.01, 0.2):
        expected = stats.norm.cdf(d - stats.norm.ppf(1.0 - rate))
        assert evaluate.roc_at(scores, positive, np.array([rate]))[0] == pytest.approx(expected, abs=0.01)


def test_calibrated_scores_lie_on_the_diagonal_and_others_do_not():
    n = 200_000
    draw = np.random.Generator(np.random.Philox(key=5))
    p = draw.random(n)
    positive = draw.random(n) < p
    mean, share, counts = evaluate.calibration(p, positive)
    assert np.abs(mean - share).max() < 0.015
    edges = np.linspace(0, 1, 11)
    assert np.array_equal(counts, np.histogram(p, edges)[0])
    assert evaluate.calibration_error(p, positive) < 0.005
    assert evaluate.calibration_error(p**3, positive) > 0.2
    few = np.where(p < 0.35, p, np.nan)  # bins without accounts are left out
    assert len(evaluate.calibration(few, positive)[0]) == 4


def test_the_measures_of_a_threshold_are_those_counted_by_hand():
    reached = np.array([5, NEVER, 7, 9, NEVER, NEVER], np.int64)
    positive = np.array([True, True, True, False, False, False])
    found = evaluate.at_threshold(reached, positive)
    assert found["recall"] == pytest.approx(2 / 3)
    assert found["false_positive_rate"] == pytest.approx(1 / 3)
    assert found["wrongly_hit_per_million"] == pytest.approx(1e6 / 3)
    assert found["precision"] == pytest.approx(2 / 3)
    assert found["lift_at_threshold"] == pytest.approx((2 / 3) / 0.5)
    groups = {"one": np.array([0, 0, 0, 1, 1, 0], bool), "empty": np.zeros(6, bool)}
    assert evaluate.wrongly_hit(reached, groups) == {"one": (1, 2), "empty": (0, 0)}


def test_time_to_detection_counts_accounts_that_acted():
    hour = 3600
    reached = np.array([10 * hour, 4 * hour, NEVER, 6 * hour, 8 * hour], np.int64)
    first = np.array([2 * hour, 5 * hour, hour, NEVER, 4 * hour], np.int64)
    acts = np.array([3, 0, 9, 0, 1], np.int64)
    assert evaluate.hours_to_detection(reached, first).tolist() == [8.0, 0.0, 4.0]
    found = evaluate.timeliness(reached, first, acts, before_posts=(1, 2, 4))
    assert found["median_hours_to_detection"] == 4.0
    assert [found[f"caught_before_{k}_posts"] for k in (1, 2, 4)] == [0.25, 0.5, 0.75]


def recall_by_taking(scores, positive, hit: float, times: int, draw: np.random.Generator) -> float:
    """Return the share found by taking accounts from the top, ties in random order, until so many others are hit."""
    scored = np.flatnonzero(~np.isnan(scores))
    most, found = round(hit * np.count_nonzero(~positive)), []
    for _ in range(times):
        order = scored[np.lexsort((draw.random(scored.size), -scores[scored]))]
        wrong = np.cumsum(~positive[order])
        found.append(np.count_nonzero(positive[order][wrong <= most]) / np.count_nonzero(positive))
    return float(np.mean(found))


@pytest.mark.parametrize("levels", [None, 12])
def test_where_exactly_so_many_are_hit_the_share_found_is_that_of_taking_from_the_top(levels):
    """Of ties the expected share: at most half a positive account off where the last one taken is a tie."""
    scores, positive = synthetic(6, n=2000, levels=levels)
    asked = np.array([0.0, 0.01, 0.1, 0.5, 0.9])
    found, hit = evaluate.recall_where(scores, positive, asked)
    draw = np.random.Generator(np.random.Philox(key=8))
    for at, recall in zip(asked[:4], found[:4], strict=True):
        taken = recall_by_taking(scores, positive, at, 1 if levels is None else 300, draw)
        assert recall == pytest.approx(taken, abs=0.006)
    scored = ~np.isnan(scores)
    assert hit[:4].tolist() == asked[:4].tolist()
    assert hit[4] == scored[~positive].mean() < 0.9  # nobody unscored can be hit
    assert found[4] == scored[positive].mean()


def test_an_account_above_everybody_else_is_found_without_anybody_hit_and_one_side_alone_is_undefined():
    scores, positive = np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, False, True, False])
    found, hit = evaluate.recall_where(scores, positive, [0.0, 0.25, 0.5])
    assert (found.tolist(), hit.tolist()) == ([0.5, 0.5, 1.0], [0.0, 0.25, 0.5])
    for side in (np.ones(4, bool), np.zeros(4, bool)):
        assert np.isnan(evaluate.recall_where(scores, side, [0.1])).all()


def test_precision_at_a_prevalence_is_that_of_a_population_with_so_many_of_each():
    rare = evaluate.precision_if(0.4, 0.01, 1 / 1001)
    assert rare == pytest.approx(0.4 * 10 / (0.4 * 10 + 0.01 * 10_000))
    reached = np.where(np.arange(1010) < 504, 5, NEVER)  # 4 of the 10 positive, 500 of 1000 others
    positive = np.isin(np.arange(1010), [0, 1, 2, 3, *range(1004, 1010)])
    found = evaluate.at_threshold(reached, positive, prevalences=(0.001, 10 / 1010))
    assert found["precision_if_0.00990099"] == pytest.approx(found["precision"]) == pytest.approx(4 / 504)
    assert found["precision_if_0.001"] == pytest.approx(0.4 * 0.001 / (0.4 * 0.001 + 0.5 * 0.999))


def test_average_precision_at_a_base_rate_is_that_of_copies_of_the_others():
    scores, positive = synthetic(7, n=600, levels=20)
    others = np.flatnonzero(~positive)
    copied = np.concatenate([np.arange(600), others, others])
    rate = np.count_nonzero(positive) / copied.size
    found = evaluate.ranking(scores, positive, base_rate=rate)
    expected = metrics.average_precision_score(positive[copied], evaluate.ranked(scores)[copied])
    assert found["average_precision"] == pytest.approx(expected)
    assert found["average_precision"] < evaluate.ranking(scores, positive)["average_precision"]
    assert (found["base_rate"], found["lift"]) == (rate, pytest.approx(expected / rate))
    assert found["auc"] == evaluate.ranking(scores, positive)["auc"]


def test_the_share_caught_by_a_day_counts_those_never_caught_and_those_caught_before_they_acted():
    day = 86_400
    reached = np.array([2 * day, 3 * day, NEVER, 6 * day, 1], np.int64)
    first = np.array([day, 4 * day, day, NEVER, NEVER], np.int64)
    found = evaluate.timeliness(reached, first, np.zeros(5, np.int64), within_days=(1, 7))
    assert (found["caught_by_day_1"], found["caught_by_day_7"]) == (2 / 3, 2 / 3)
    found = evaluate.timeliness(reached + 3600, first, np.zeros(5, np.int64), within_days=(1, 7))
    assert (found["caught_by_day_1"], found["caught_by_day_7"]) == (1 / 3, 2 / 3)
