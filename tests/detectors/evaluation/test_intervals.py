"""The interval over seeds against known truth, Student's closed form and the ranges of shares and amounts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from detectors.evaluation.intervals import MIN_SEEDS, Interval, Scale, interval
from sim.core.rng import Purpose, stream, uniforms

REPETITIONS = 4000
TRUTHS = {
    "share, beta": (Scale.LOGIT, stats.beta(20, 2)),
    "share, of 47 accounts": (Scale.LOGIT, stats.binom(47, 0.7)),
    "amount, lognormal": (Scale.LOG, stats.lognorm(0.5)),
    "cut off, one less a lognormal ratio": (Scale.REMAINDER, stats.lognorm(0.4)),
    "difference, normal": (Scale.IDENTITY, stats.norm(-1.0, 3.0)),
}


def samples(name: str, seeds: int) -> tuple[np.ndarray, float]:
    """Return keyed draws (repetitions, seeds) of a known distribution and its mean."""
    _, truth = TRUTHS[name]
    key = stream(sorted(TRUTHS).index(name), Purpose.DETECTOR)
    drawn = truth.ppf(uniforms(key, np.arange(REPETITIONS)[:, None], np.arange(seeds)[None, :], seeds))
    mean = truth.mean()
    if name == "share, of 47 accounts":
        return drawn / 47, mean / 47
    return (1.0 - drawn, 1.0 - mean) if name.startswith("cut off") else (drawn, mean)


@pytest.mark.parametrize("name", TRUTHS)
@pytest.mark.parametrize("seeds", [5, 20])
def test_an_interval_covers_the_true_mean_as_often_as_it_says(name: str, seeds: int):
    """4,000 repetitions, 93.5 to 95.5% of which are expected to cover (the rest to 95% is skewness).

    Four standard deviations of that share are 1.6 points: the chance of a false alarm is below 1e-4 for each case. A
    percentile bootstrap over five seeds covers 81 to 85% of them.
    """
    drawn, mean = samples(name, seeds)
    found = [interval(sample, TRUTHS[name][0]) for sample in drawn]
    covered = np.mean([one.low <= mean <= one.high for one in found])
    assert 0.919 <= covered <= 0.971


def test_on_the_scale_of_a_difference_the_interval_is_students():
    sample = np.array([0.2, 0.25, 0.4, 0.1, 0.3, -0.1])
    low, high = stats.t.interval(0.95, 5, loc=sample.mean(), scale=stats.sem(sample))
    found = interval(sample)
    assert (found.mean, found.low, found.high) == pytest.approx((sample.mean(), low, high))


@pytest.mark.parametrize("scale", Scale)
def test_close_seeds_have_the_same_interval_on_every_scale(scale: Scale):
    sample = 0.4 + 1e-4 * np.arange(6)
    assert (interval(sample, scale).low, interval(sample, scale).high) == pytest.approx(
        (interval(sample).low, interval(sample).high), abs=1e-7
    )


def test_limits_stay_in_the_range_of_the_figure():
    few = [0.0, 0.0, 0.0, 0.0, 0.01]
    assert interval(few).low < 0.0
    for scale in (Scale.LOG, Scale.LOGIT):
        assert 0.0 < interval(few, scale).low < 0.002 < interval(few, scale).high
    most = [1.0, 1.0, 1.0, 1.0, 0.9]
    assert interval(most).high > 1.0
    for scale in (Scale.LOGIT, Scale.REMAINDER):
        assert 0.98 < interval(most, scale).high < 1.0
    assert interval([-0.3, -0.1, 0.2, 0.5, 0.9], Scale.REMAINDER).high < 1.0


def test_a_value_outside_the_range_of_the_scale_is_taken_on_that_of_a_difference():
    for scale, sample in ((Scale.LOG, [-1.0, 2, 3, 4, 5]), (Scale.LOGIT, [0.1, 0.2, 0.3, 0.4, 1.5])):
        assert interval(sample, scale) == interval(sample)
        assert interval(np.abs(np.array(sample)) / 5, scale) != interval(np.abs(np.array(sample)) / 5)


@pytest.mark.parametrize("scale", Scale)
@pytest.mark.parametrize("value", [0.0, 0.1, 1.0, 1.0 - 1e-16])
def test_seeds_that_agree_have_an_interval_of_one_point(value: float, scale: Scale):
    found = interval([value] * 7 + [np.nextafter(value, 0.5)], scale)
    assert found.low == found.mean == found.high == pytest.approx(value)


def test_fewer_than_five_seeds_have_no_interval_and_undefined_ones_are_counted():
    found = interval([1.0, 2.0, math.nan, 3.0, 4.0, math.nan])
    assert (found.mean, found.seeds, found.undefined, found.known) == (2.5, MIN_SEEDS - 1, 2, False)
    assert interval([1.0, 2.0, math.nan, 3.0, 4.0, 5.0]).known
    nothing = interval([math.nan])
    assert math.isnan(nothing.mean)
    assert (nothing.seeds, nothing.undefined) == (0, 1)


def test_an_infinite_threshold_has_a_mean_and_no_interval():
    found = interval([0.1, 0.2, 0.3, 0.4, math.inf])
    assert found == Interval(math.inf, pytest.approx(math.nan, nan_ok=True), pytest.approx(math.nan, nan_ok=True), 5)
