"""The threshold question against closed forms and against trying everything."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from detectors.evaluation.operating_point import (
    MOST_CANDIDATES,
    NEVER_ACTS,
    Prices,
    ThresholdOutcomes,
    bayes_threshold,
    candidates,
    cheapest,
    least_cost,
    within_budget,
)
from sim.core.rng import Purpose, normals, stream

PRICES = Prices(wrongly_suspended=10.0, review_hour=30.0, impression=0.1, review_hours=0.1)


def gaussian_run(seed: int, posterior: bool, d: float = 2.0, n: int = 40_000, share: float = 0.1, each: int = 50):
    """Return a run of Gaussian scores in which each operation account accounts for `each` impressions."""
    positive = np.arange(n) < round(n * share)
    x = normals(stream(seed, Purpose.DETECTOR), np.arange(n)) + d * positive
    likelihood_ratio = np.exp(d * x - d * d / 2)
    odds = likelihood_ratio * share / (1 - share)
    scores = odds / (1 + odds) if posterior else stats.norm.cdf(x)
    return ThresholdOutcomes.of(scores[~positive], scores[positive], np.repeat(scores[positive], each))


def test_with_calibrated_scores_the_least_cost_is_at_the_bayes_threshold():
    runs = [gaussian_run(seed, posterior=True) for seed in range(12)]
    expected = bayes_threshold(PRICES, impressions=50.0)
    assert expected == pytest.approx((3.0 + 10.0) / (5.0 + 10.0))
    found = least_cost(runs, PRICES)
    assert found.low <= expected <= found.high
    assert found.high - found.low < 0.1
    assert found.threshold == pytest.approx(expected, abs=0.03)


def test_with_known_score_distributions_the_least_cost_is_at_the_closed_form():
    """N(0, 1) against N(d, 1): act from x* = d/2 + ln(r)/d on, r the likelihood ratio at which acting pays."""
    d, share, each = 2.0, 0.1, 50
    runs = [gaussian_run(seed, posterior=False, d=d, share=share, each=each) for seed in range(12)]
    acting, missed = PRICES.wrongly_suspended + PRICES.review, PRICES.impression * each - PRICES.review
    x = d / 2 + np.log((1 - share) / share * acting / missed) / d
    found = least_cost(runs, PRICES)
    assert found.low <= stats.norm.cdf(x) <= found.high
    assert stats.norm.ppf(found.threshold) == pytest.approx(x, abs=0.08)
    wrong, right = stats.norm.sf(x), stats.norm.sf(x - d)
    n, n_operation = 40_000 * (1 - share), 40_000 * share
    cost = acting * n * wrong + n_operation * (PRICES.review * right + PRICES.impression * each * (1 - right))
    assert found.cost == pytest.approx(cost, rel=0.01)
    assert found.cost < found.cost_of_never == pytest.approx(PRICES.impression * each * n_operation)


def test_the_threshold_moves_with_the_prices():
    runs = [gaussian_run(seed, posterior=False) for seed in range(2)]
    at = [
        least_cost(runs, Prices(wrongly_suspended=w, review_hour=0.0, impression=0.1, review_hours=0.0)).threshold
        for w in (0.1, 10.0, 1000.0)
    ]
    assert at == sorted(at)
    assert len(set(at)) == 3
    costly = Prices(wrongly_suspended=1.0, review_hour=1e6, impression=0.1, review_hours=1.0)
    assert least_cost(runs, costly).threshold == NEVER_ACTS
    assert bayes_threshold(costly, impressions=50.0) == NEVER_ACTS


def test_the_cheapest_of_costs_from_elsewhere_is_that_of_the_mean_and_of_equal_ones_the_highest():
    thresholds, costs = np.array([0.2, 0.5, 0.7, NEVER_ACTS]), np.array([[9.0, 1.0, 3.0, 5.0], [1.0, 5.0, 3.0, 5.0]])
    found = cheapest(thresholds, costs)
    assert (found.threshold, found.cost, found.cost_of_never) == (0.7, 3.0, 5.0)


def test_a_choice_has_a_range_over_resampled_seeds_from_five_seeds_on():
    thresholds, costs = np.array([0.2, 0.5, 0.7, NEVER_ACTS]), np.array([[9.0, 1.0, 3.0, 5.0], [1.0, 5.0, 3.0, 5.0]])
    found = cheapest(thresholds, costs[[0, 0, 1, 1, 1]])
    assert (found.low, found.high) == (0.2, 0.7)  # each best in a third of the resamples or so
    few = cheapest(thresholds, costs[[0, 0, 1, 1]])
    assert np.isnan([few.low, few.high]).all()


def test_the_outcomes_of_a_threshold_are_counts():
    outcomes = ThresholdOutcomes.of([0.2, np.nan, 0.5, 0.5], [0.5, 0.9], [-np.inf, 0.5, 0.9])
    thresholds = [0.0, 0.5, 0.6, np.inf]
    assert outcomes.wrongly_hit(thresholds).tolist() == [3, 2, 0, 0]
    assert outcomes.acted_upon(thresholds).tolist() == [5, 4, 1, 0]
    assert outcomes.impressions(thresholds).tolist() == [1, 1, 2, 3]
    prices = Prices(wrongly_suspended=100.0, review_hour=10.0, impression=1.0, review_hours=0.5)
    assert outcomes.cost([0.5], prices).tolist() == [100 * 2 + 5 * 4 + 1]


@pytest.mark.parametrize("budget", [0.0, 0.001, 0.01, 0.3, 1.0])
def test_a_budget_gives_the_lowest_threshold_that_keeps_it(budget):
    draw = np.random.Generator(np.random.Philox(key=4))
    runs = [ThresholdOutcomes.of(np.round(draw.random(500), 2), np.round(draw.random(40), 3), []) for _ in range(3)]
    found = within_budget(runs, budget)
    tried = np.unique(np.concatenate([part for run in runs for part in (run.organic, run.operation)]))
    kept = [t for t in tried if sum(run.wrongly_hit([t])[0] for run in runs) <= budget * 1500]
    assert found == (min(kept) if kept else NEVER_ACTS)


def test_a_budget_that_no_threshold_keeps_is_kept_by_never_acting():
    assert within_budget([ThresholdOutcomes.of([1.0, 1.0], [1.0], [])], 0.4) == NEVER_ACTS
    assert within_budget([ThresholdOutcomes.of([np.nan], [np.nan], [])], 0.4) == NEVER_ACTS


def test_of_very_many_scores_the_highest_are_all_tried():
    scores = np.arange(100_000) / 100_000
    tried = candidates([ThresholdOutcomes.of(scores, [], [])])
    assert tried.size <= MOST_CANDIDATES + 1
    assert np.array_equal(tried[-201:-1], scores[-200:])
    assert tried[0] == 0.0
    assert (np.diff(tried) > 0).all()
