"""How measures are called in sentences, on axes and in headings, and how their values and differences are written."""

from __future__ import annotations

import math

import pandas as pd

from detectors.evaluation.intervals import Interval
from experiments.report.style import over_seeds
from experiments.store.arms import whole
from experiments.store.summary import is_share

HEADLINE = ("false_positive_rate", "reach_cut_off", "impressions_cut_off", "recall_amplifiers")
CALLED = {
    "false_positive_rate": "false-positive rate",
    "false_positive_rate_per_day": "false-positive rate per day",
    "recall": "share of the operation caught",
    "recall_core": "share of the core caught",
    "recall_amplifiers": "share of the amplifiers caught",
    "cost": "cost to the operator",
    "collateral": "collateral (organic impressions lost)",
    "collateral_share": "collateral (share of organic impressions lost)",
}
ON_AXES = {
    "reach": "reach (people)",
    "false_positive_rate": "false-positive rate (share of the organic public ever acted upon)",
    "reach_cut_off": "reach cut off (share of the unenforced twin's reach)",
    "impressions_cut_off": "impressions cut off (share of the unenforced twin's)",
}
MOST_DIGITS = 6  # after the point


def called(measure: str) -> str:
    """Return what a measure is called inside a sentence."""
    return CALLED.get(measure, measure.replace("_", " "))


def on_axis(measure: str) -> str:
    """Return what is written at an axis: the measure and its unit."""
    text = ON_AXES.get(measure, called(measure))
    if measure.startswith("cost"):
        return f"{text} (US dollars)"
    return text


def whole_seeds(table: pd.DataFrame, shown_as: str = "") -> str:
    """Return what is said of the seeds behind a sweep's means: those in which a run did not break off."""
    seeds = int(whole(table)["seed"].nunique())
    return over_seeds(seeds, shown_as) if seeds else "every run broke off"


def value_of(measure: str, value: float) -> str:
    """Write a mean of a measure: a share in per cent, anything else as a plain number."""
    if math.isnan(value):
        return "–"
    if is_share(measure):
        return f"{plain(100 * value)}%"
    return plain(value)


def plain(value: float) -> str:
    """Write a number with about three digits, its thousands set apart."""
    if not math.isfinite(value) or value == 0.0:
        return f"{value:g}"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    text = f"{value:,.{digits}f}"
    return text if float(text.replace(",", "")) else f"{value:.2g}"


def ends_of(found: Interval, values: pd.Series) -> tuple[float, float]:
    """Return the 95% interval of a mean over seeds, or the least and the most where the seeds are too few for one."""
    return (found.low, found.high) if found.known else (float(values.min()), float(values.max()))


def change_texts(measure: str, values: list[float]) -> tuple[list[str], str]:
    """Write differences of a measure with as many digits as their spread asks for.

    Parameters
    ----------
    measure : str
    values : list of float
        The difference and, if known, the ends of its interval. One that is not 0 is not written as 0.

    Returns
    -------
    texts : list of str
    unit : str
        What follows the first of them: " points" of a share, "" of anything else.
    """
    factor = 100.0 if is_share(measure) else 1.0
    scaled = [factor * value for value in values]
    most = max(map(abs, scaled))
    width = (max(scaled) - min(scaled)) / 2.0
    width = width if width > 1e-9 * most else most / 10.0 or 1.0
    least = 1 if is_share(measure) else 0
    digits = min(MOST_DIGITS, max(least, -math.floor(math.log10(width))))
    while digits < MOST_DIGITS and any(value and not round(value, digits) for value in scaled):
        digits += 1
    return [f"{round(value, digits) + 0.0:,.{digits}f}" for value in scaled], " points" if is_share(measure) else ""
