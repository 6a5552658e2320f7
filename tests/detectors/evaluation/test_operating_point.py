"""The threshold question against closed forms and against trying everything."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from detectors.evaluation.intervals import Scale, interval
from detectors.evaluation.operating_point import (
    MOST_CANDIDATES,
    NEVER_ACTS,
    Prices,
    ThresholdOutcomes,
    bayes_threshold,
    bounded_budget,
    break_even,
    candidates,
    cheapest,
    least_cost,
    upper_bound,
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


@pytest.mark.parametrize("n_runs", [2, 6])
@pytest.mark.parametrize("budget", [0.0, 0.01, 0.3])
def test_a_bounded_budget_is_the_lowest_threshold_whose_upper_bound_keeps_it(budget, n_runs):
    draw = np.random.Generator(np.random.Philox(key=5))
    runs = [
        ThresholdOutcomes.of(np.round(draw.random(500) ** (1 + i / 3), 2), np.round(draw.random(40), 3), [])
        for i in range(n_runs)
    ]
    tried = np.unique(np.concatenate([part for run in runs for part in (run.organic, run.operation)]))
    kept = [t for t in tried if upper_bound([run.wrongly_hit([t])[0] / 500 for run in runs]) <= budget]
    found = bounded_budget(runs, budget)
    assert found == (min(kept) if kept else NEVER_ACTS)
    assert found >= within_budget(runs, budget)


def test_the_upper_bound_of_few_runs_is_the_worst_of_them_and_of_more_the_end_of_the_interval():
    assert upper_bound([0.001, 0.004, 0.002]) == 0.004
    shares = [0.001, 0.002, 0.003, 0.002, 0.002]
    assert 0.002 < upper_bound(shares) < 0.004
    assert upper_bound(shares) == interval(shares, Scale.LOGIT).high


def test_a_bounded_budget_is_kept_on_other_runs_more_often_than_a_mean():
    """Chosen by the mean, a budget is kept on new runs in about half of the cases; chosen by the bound, in most."""

    def kept(choose, case: int) -> bool:
        draw = np.random.Generator(np.random.Philox(key=case))
        rates = 0.02 * np.exp(0.4 * draw.normal(size=12))  # of each run, those with high scores
        runs = [
            ThresholdOutcomes.of(np.where(draw.random(2000) < r, 0.5, 0.0) + draw.random(2000) / 2, [], [])
            for r in rates
        ]
        at = choose(runs[:6], 0.01)
        return float(np.mean([run.wrongly_hit([at])[0] / 2000 for run in runs[6:]])) <= 0.01

    by_bound, by_mean = (sum(kept(choose, case) for case in range(40)) for choose in (bounded_budget, within_budget))
    assert by_bound >= 34
    assert by_mean <= 30


def test_acting_pays_below_the_price_at_which_some_threshold_breaks_even():
    run = gaussian_run(3, posterior=False, n=2000)
    tried = candidates([run])[:-1]
    saved = 0.1 * (run.avertable.size - run.impressions(tried)) - 3.0 * run.acted_upon(tried)
    price = break_even(saved, run.wrongly_hit(tried))
    if np.isfinite(price):
        for factor, acts in ((0.99, True), (1.01, False)):
            prices = Prices(wrongly_suspended=factor * price, review_hour=30.0, impression=0.1, review_hours=0.1)
            assert (least_cost([run], prices).threshold < NEVER_ACTS) == acts
    assert break_even(np.array([1.0]), np.array([0.0])) == np.inf
    assert np.isnan(break_even(np.array([0.0, -1.0]), np.array([0.0, 1.0])))
