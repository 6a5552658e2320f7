"""Bills by hand: what a run comes to, which threshold is cheapest, what a choice keeps of its promise."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from detectors.evaluation.intervals import TOO_FEW
from detectors.evaluation.operating_point import Prices
from experiments.store.bills import bills, cheapest_threshold, loop_bill, on_other_seeds, over_prices, range_text
from experiments.store.comparison import Comparison

PRICES = Prices(wrongly_suspended=10.0, review_hour=6.0, review_hours=0.5, impression=1.0)


def sweep(seeds: int = 5) -> pd.DataFrame:
    """Return runs in which a lower threshold hits more people and leaves fewer impressions."""
    outcomes = {0.5: (6, 10, 100), 0.9: (1, 5, 140), np.inf: (0, 0, 200)}
    return pd.DataFrame(
        [
            {"threshold": threshold, "seed": seed, "failed": None, "organic_enforced": hit,
             "operation_enforced": caught, "impressions": left + seed}
            for seed in range(seeds) for threshold, (hit, caught, left) in outcomes.items()
        ]
    )  # fmt: skip


def test_a_bill_is_people_hit_reviews_and_impressions_at_their_prices() -> None:
    found = bills(sweep(2), PRICES)
    assert found.columns.tolist() == [0.5, 0.9, np.inf]
    assert found.loc[1].tolist() == [60 + 3 * 16 + 101, 10 + 3 * 6 + 141, 201]


def test_a_run_that_broke_off_has_no_bill() -> None:
    runs = sweep(2)
    runs.loc[0, "failed"] = "out of memory"
    assert np.isnan(bills(runs, PRICES).loc[0, 0.5])


def test_the_cheapest_threshold_and_its_range_come_from_the_means_of_the_seeds() -> None:
    point = cheapest_threshold(bills(sweep(), PRICES))
    assert (point.threshold, point.low, point.high) == (0.9, 0.9, 0.9)
    assert (point.cost, point.cost_of_never) == (170.0, 202.0)
    assert range_text(point) == "0.9 to 0.9"
    assert range_text(cheapest_threshold(bills(sweep(2), PRICES))) == TOO_FEW


def test_a_choice_is_held_to_its_promise_on_other_seeds() -> None:
    point = cheapest_threshold(bills(sweep(), PRICES))
    other = sweep()
    other.loc[other["threshold"] == 0.9, "impressions"] += 50
    assert on_other_seeds(point, bills(other, PRICES)).tolist() == [170.0, 220.0, 202.0, 202.0]


def test_the_dearer_a_person_the_higher_the_cheapest_threshold() -> None:
    found = over_prices(sweep(), PRICES, [0.1, 10.0, 1000.0])
    assert found["threshold"].tolist() == [0.5, 0.9, np.inf]
    assert found["price"].tolist() == [0.1, 10.0, 1000.0]


def test_the_bill_of_the_loop_leaves_the_replay_out() -> None:
    rows = [
        {"part": part, "seed": seed, "measure": measure, "value": value * factor}
        for part, factor in (("loop", 1), ("replay", 1000)) for seed in (1, 2)
        for measure, value in (("organic_enforced", 1.0), ("operation_enforced", 5.0), ("impressions", 140.0))
    ]  # fmt: skip
    assert loop_bill(Comparison([1], [2], measures=pd.DataFrame(rows)), PRICES) == pytest.approx(168.0)
