"""The bill of a run at given prices, and the threshold of a sweep with the lowest one.

A run's bill is what its mistakes, its reviews and what is left of the operation cost. In a sweep the platform acts in
the loop, so that this differs from the cost of a replay (`detectors.evaluation.operating_point`), in which nothing
follows from an action.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from detectors.evaluation.intervals import TOO_FEW
from detectors.evaluation.operating_point import NEVER_ACTS, OperatingPoint, Prices, cheapest
from experiments.store.arms import whole
from experiments.store.comparison import Comparison


def bills(runs: pd.DataFrame, prices: Prices) -> pd.DataFrame:
    """Return what each run of a detector came to.

    Parameters
    ----------
    runs : pandas.DataFrame
        Rows of a sweep's table that differ in threshold and seed alone; runs that broke off are left out.
    prices : Prices
        In any one currency, the bill's.

    Returns
    -------
    pandas.DataFrame
        A row a seed, a column a threshold, rising; NaN where a run is missing.

    Examples
    --------
    >>> prices = Prices(wrongly_suspended=10.0, review_hour=6.0, review_hours=0.5, impression=1.0)
    >>> columns = ["threshold", "seed", "failed", "organic_enforced", "operation_enforced", "impressions"]
    >>> runs = pd.DataFrame([(0.5, 1, None, 2, 3, 40), (np.inf, 1, None, 0, 0, 90)], columns=columns)
    >>> bills(runs, prices).loc[1].tolist()
    [75.0, 90.0]
    """
    runs = whole(runs)
    return runs.assign(bill=_bill(runs, prices)).pivot(index="seed", columns="threshold", values="bill")


def cheapest_threshold(costs: pd.DataFrame) -> OperatingPoint:
    """Return the threshold of the lowest mean bill, and the range of the choices on resampled seeds.

    Parameters
    ----------
    costs : pandas.DataFrame
        Of `bills`; its last threshold is inf: never acting.
    """
    return cheapest(costs.columns.to_numpy(np.float64), costs.to_numpy(np.float64))


def range_text(point: OperatingPoint) -> str:
    """Return the range of the thresholds chosen on resampled seeds in words."""
    return TOO_FEW if np.isnan(point.low) else f"{point.low:.3g} to {point.high:.3g}"


def on_other_seeds(point: OperatingPoint, costs: pd.DataFrame) -> pd.Series:
    """Return the bill that a choice promised, beside what it comes to on seeds that it was not made on.

    Parameters
    ----------
    point : OperatingPoint
        Chosen on other seeds.
    costs : pandas.DataFrame
        Of `bills`, of the seeds reported on.
    """
    mean = costs.mean()
    return pd.Series(
        {
            "promised, on the seeds chosen on": point.cost,
            "the same threshold on other seeds": mean[point.threshold],
            "the best threshold of those seeds, in hindsight": mean.min(),
            "never acting, on those seeds": mean[NEVER_ACTS],
        },
        name="bill of a run",
    )


def over_prices(runs: pd.DataFrame, prices: Prices, worth: Sequence[float]) -> pd.DataFrame:
    """Return the cheapest threshold at each price of a person hit by mistake, the other prices held.

    Parameters
    ----------
    runs, prices
        As of `bills`.
    worth : sequence of float
        Prices of a person.

    Returns
    -------
    pandas.DataFrame
        A row a price: price, threshold, low, high (the range of choices, NaN over too few seeds).
    """
    points = [cheapest_threshold(bills(runs, replace(prices, wrongly_suspended=price))) for price in worth]
    rows = [(price, one.threshold, one.low, one.high) for price, one in zip(worth, points, strict=True)]
    return pd.DataFrame(rows, columns=["price", "threshold", "low", "high"])


def loop_bill(found: Comparison, prices: Prices) -> float:
    """Return the mean bill of a comparison's runs in the loop; it must have run one detector there."""
    rows = found.measures[found.measures["part"] == "loop"]
    return float(_bill(rows.pivot(index="seed", columns="measure", values="value"), prices).mean())


def _bill(runs: pd.DataFrame, prices: Prices) -> pd.Series:
    reviewed = runs["organic_enforced"] + runs["operation_enforced"]
    return (
        prices.wrongly_suspended * runs["organic_enforced"]
        + prices.review * reviewed
        + prices.impression * runs["impressions"]
    )
