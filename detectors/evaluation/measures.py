"""Measures of a detector, from scores, labels, groups and times, wherever these come from.

An account that was left unscored can be caught at no threshold. So it ranks below all that were scored, and `auc` over
all accounts charges a detector for those it leaves unscored; `auc_scored`, over scored accounts alone, is the figure
that papers print. Every measure of a layer compares that layer with the organic public, the other layer left out. A
share of nothing is NaN.

ROC, precision-recall and calibration are scikit-learn's.

Examples
--------
>>> scores = np.array([0.9, 0.8, 0.7, np.nan, 0.1])
>>> found = ranking(scores, np.array([True, False, True, True, False]), top=(2,))
>>> round(found["auc"], 3), round(found["auc_scored"], 3), found["coverage"], found["precision_at_2"]
(0.5, 0.75, 0.6666666666666666, 0.5)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.calibration import calibration_curve
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from detectors.base import FloatArray
from detectors.evaluation.history import NEVER

BoolArray = NDArray[np.bool_]
UNSCORED = -1.0  # below every score: reached by no threshold
SMALL_RATE = 0.01  # false-positive rates below which the partial area is taken


def ranked(scores: FloatArray) -> FloatArray:
    """Return scores with the unscored below all others."""
    return np.where(np.isnan(scores), UNSCORED, scores)


def areas(scores: FloatArray, positive: BoolArray) -> dict[str, float]:
    """Return `auc`, `auc_scored`, `coverage` and `coverage_organic` of `ranking`."""
    scored = ~np.isnan(scores)
    both = positive.any() and not positive.all()
    among = positive[scored]
    both_scored = among.any() and not among.all()
    return {
        "auc": float(roc_auc_score(positive, ranked(scores))) if both else float("nan"),
        "auc_scored": float(roc_auc_score(among, scores[scored])) if both_scored else float("nan"),
        "coverage": _share(scored, positive),
        "coverage_organic": _share(scored, ~positive),
    }


def ranking(
    scores: FloatArray, positive: BoolArray, top: Sequence[int] = (), base_rate: float | None = None
) -> dict[str, float]:
    """Return the measures of a ranking over all thresholds.

    Parameters
    ----------
    scores : float64 (accounts,)
        In [0, 1]; NaN for the unscored.
    positive : bool (accounts,)
        True for the accounts to be found.
    top : sequence of int
        Lengths of a list of the highest scores, for precision at k.
    base_rate : float, optional
        In (0, 1): average precision as if the positive were this share of the accounts, the others weighted alike. By
        default it is the share that they are.

    Returns
    -------
    dict of str to float
        auc, auc_scored, partial_auc (false-positive rates below 1%, standardised after McClish 1989: 0.5 at random, 1
        at best), average_precision, base_rate, lift (average precision over base rate), coverage (scored share of the
        positive), coverage_organic (of the others), brier and calibration_error (scored accounts), precision_at_k.
    """
    scored = ~np.isnan(scores)
    both = positive.any() and not positive.all()
    filled = ranked(scores)
    base = _share(positive, np.ones_like(positive))
    weights = None
    if base_rate is not None and both:
        weights, base = np.where(positive, 1.0, base / (1.0 - base) * (1.0 - base_rate) / base_rate), base_rate
    average = float("nan")
    if positive.any():
        average = float(average_precision_score(positive, filled, sample_weight=weights))
    found = areas(scores, positive) | {
        "partial_auc": float(roc_auc_score(positive, filled, max_fpr=SMALL_RATE)) if both else float("nan"),
        "average_precision": average,
        "base_rate": base,
        "lift": average / base if base else float("nan"),
        "brier": float(np.mean((scores[scored] - positive[scored]) ** 2)) if scored.any() else float("nan"),
        "calibration_error": calibration_error(scores, positive),
    }
    return found | {f"precision_at_{k}": precision_at(scores, positive, k) for k in top}


def precision_at(scores: FloatArray, positive: BoolArray, k: int) -> float:
    """Return the share of the positive among the k highest scores.

    Of equal scores at the end of the list some are taken at random; the value is the expected one. Places that are left
    empty because fewer were scored count as wrong.
    """
    values = scores[~np.isnan(scores)]
    hits = positive[~np.isnan(scores)]
    if values.size <= k:
        return float(np.count_nonzero(hits)) / k
    last = np.partition(values, values.size - k)[values.size - k]
    above, level = values > last, values == last
    places = k - np.count_nonzero(above)
    return float(np.count_nonzero(hits & above) + places * _share(hits, level)) / k


def roc(scores: FloatArray, positive: BoolArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return false-positive rates, true-positive rates and thresholds, the last downwards (scikit-learn's `roc_curve`).

    The last point, at `UNSCORED`, takes all accounts; no threshold reaches it.
    """
    false, true, thresholds = roc_curve(positive, ranked(scores), drop_intermediate=False)
    return false, true, thresholds


def roc_at(scores: FloatArray, positive: BoolArray, rates: FloatArray) -> FloatArray:
    """Return the true-positive rates at given false-positive rates, straight lines between points; NaN if undefined."""
    if positive.all() or not positive.any():
        return np.full(rates.size, np.nan)
    false, true, _ = roc(scores, positive)
    last = np.flatnonzero(np.append(np.diff(false) > 0, True))  # of points above one another, the uppermost
    return np.interp(rates, false[last], true[last])


def recall_where(scores: FloatArray, positive: BoolArray, rates: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return the share of the positive found where exactly given shares of the others are hit, and the shares hit.

    Parameters
    ----------
    scores : float64 (accounts,)
        NaN for the unscored, who cannot be hit: where fewer are scored than are to be hit, all scored are, and the
        share hit is smaller than asked for.
    positive : bool (accounts,)
    rates : float (rates,)
        In [0, 1].

    Returns
    -------
    recall, hit : float64 (rates,)
        Of equal scores some are taken at random; the values are the expected ones. NaN where one side is empty.

    Examples
    --------
    >>> scores, positive = np.array([0.9, 0.5, 0.5, np.nan]), np.array([True, True, False, False])
    >>> found, hit = recall_where(scores, positive, [0.0, 0.25, 1.0])
    >>> found.tolist(), hit.tolist()
    ([0.5, 0.75, 1.0], [0.0, 0.25, 0.5])
    """
    asked = np.asarray(rates, np.float64)
    if positive.all() or not positive.any():
        return np.full(asked.size, np.nan), np.full(asked.size, np.nan)
    scored = ~np.isnan(scores)
    _, level = np.unique(-scores[scored], return_inverse=True)  # 0 is the highest score
    taken = [
        np.concatenate([[0.0], np.cumsum(np.bincount(level[part[scored]], minlength=level.max(initial=-1) + 1))])
        / np.count_nonzero(part)
        for part in (~positive, positive)
    ]
    false, true = taken
    hit = np.minimum(asked, false[-1])
    at = np.searchsorted(false, hit, side="right") - 1  # of points above one another the uppermost
    after = np.minimum(at + 1, false.size - 1)
    step = np.where(after > at, false[after] - false[at], 1.0)
    return true[at] + (hit - false[at]) / step * (true[after] - true[at]), hit


def precision_if(recall: ArrayLike, rate: ArrayLike, prevalence: float) -> FloatArray:
    """Return the precision where the positive are a share `prevalence` of all: π r / (π r + (1 − π) f).

    NaN where nobody is hit.

    Examples
    --------
    >>> precision_if([0.5, 0.0], [0.001, 0.0], 0.001).round(3).tolist()
    [0.334, nan]
    """
    right = prevalence * np.asarray(recall, np.float64)
    hit = right + (1.0 - prevalence) * np.asarray(rate, np.float64)
    return np.asarray(np.divide(right, hit, out=np.full(np.shape(hit), np.nan), where=hit > 0.0))


def precision_at_recall(scores: FloatArray, positive: BoolArray, recalls: FloatArray) -> FloatArray:
    """Return the precision at the highest threshold that finds at least each given share; NaN where none does.

    A threshold that would take the unscored does not exist.
    """
    if not positive.any():
        return np.full(recalls.size, np.nan)
    precision, recall, thresholds = precision_recall_curve(positive, ranked(scores))
    possible = thresholds > UNSCORED  # thresholds rise, recall falls
    precision, recall = precision[:-1][possible][::-1], recall[:-1][possible][::-1]
    at = np.searchsorted(recall, recalls, side="left")
    return np.where(at < recall.size, np.append(precision, np.nan)[np.minimum(at, recall.size)], np.nan)


def calibration(scores: FloatArray, positive: BoolArray, bins: int = 10) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return mean score, share of the positive and number of accounts of each bin of scores that is not empty.

    Bins are of equal width over [0, 1]; of scored accounts alone (scikit-learn's `calibration_curve`).
    """
    scored = ~np.isnan(scores)
    if not scored.any():
        return np.empty(0), np.empty(0), np.empty(0)
    share, mean = calibration_curve(positive[scored], scores[scored], n_bins=bins, strategy="uniform")
    edges = np.linspace(0.0, 1.0, bins + 1)
    counts = np.bincount(np.searchsorted(edges[1:-1], scores[scored]), minlength=bins)
    return mean, share, counts[counts > 0].astype(np.float64)


def calibration_error(scores: FloatArray, positive: BoolArray) -> float:
    """Return the mean distance between score and share of the positive over bins, weighted by their accounts."""
    mean, share, counts = calibration(scores, positive)
    return float(np.average(np.abs(mean - share), weights=counts)) if counts.size else float("nan")


def at_threshold(
    reached: NDArray[np.int64], positive: BoolArray, prevalences: Sequence[float] = ()
) -> dict[str, float]:
    """Return the measures of one threshold.

    Parameters
    ----------
    reached : int64 (accounts,)
        When each account reached it, or `NEVER`.
    positive : bool (accounts,)
    prevalences : sequence of float
        The p of `precision_if_p`.

    Returns
    -------
    dict of str to float
        recall, false_positive_rate, wrongly_hit_per_million, precision, lift_at_threshold (precision over base rate),
        precision_if_p (where the positive are a share p of all).
    """
    hit = reached < NEVER
    precision, base = _share(positive, hit), _share(positive, np.ones_like(positive))
    rate, recall = _share(hit, ~positive), _share(hit, positive)
    return {
        "recall": recall,
        "false_positive_rate": rate,
        "wrongly_hit_per_million": 1e6 * rate,
        "precision": precision,
        "lift_at_threshold": precision / base if base else float("nan"),
    } | {f"precision_if_{share:g}": float(precision_if(recall, rate, share)) for share in prevalences}


def timeliness(
    reached: NDArray[np.int64],
    first_act: NDArray[np.int64],
    acts_before: NDArray[np.int64],
    before_posts: Sequence[int] = (),
    within_days: Sequence[int] = (),
) -> dict[str, float]:
    """Return how early the accounts of a layer were caught.

    Parameters
    ----------
    reached : int64 (members,)
        When an action upon each took effect, seconds, or `NEVER`.
    first_act : int64 (members,)
        When each first acted, seconds, or `NEVER`.
    acts_before : int64 (members,)
        What each had posted or reposted before it was caught.
    before_posts : sequence of int
        The k of `caught_before_k_posts`.
    within_days : sequence of int
        The d of `caught_by_day_d`.

    Returns
    -------
    dict of str to float
        median_hours_to_detection (of those caught that ever acted; zero where caught before their first act),
        caught_before_k_posts (share of those that ever acted which were caught with fewer than k acts done),
        caught_by_day_d (share of those that ever acted which were caught within d days of their first act, or before
        it).
    """
    hours = hours_to_detection(reached, first_act)
    acted, caught = first_act < NEVER, reached < NEVER
    found = {"median_hours_to_detection": float(np.median(hours)) if hours.size else float("nan")}
    found |= {f"caught_before_{k}_posts": _share(caught & (acts_before < k), acted) for k in before_posts}
    total = np.count_nonzero(acted)
    early = {day: np.count_nonzero(hours <= 24.0 * day) for day in within_days}
    return found | {f"caught_by_day_{day}": early[day] / total if total else float("nan") for day in within_days}


def hours_to_detection(reached: NDArray[np.int64], first_act: NDArray[np.int64]) -> FloatArray:
    """Return the hours from first act to detection of those caught that ever acted; zero where caught before."""
    both = (reached < NEVER) & (first_act < NEVER)
    return np.maximum(reached[both] - first_act[both], 0) / 3600.0


def wrongly_hit(reached: NDArray[np.int64], groups: Mapping[str, BoolArray]) -> dict[str, tuple[int, int]]:
    """Return (hit, accounts) of each group of organic accounts.

    Parameters
    ----------
    reached : int64 (accounts,)
        When each account reached the threshold, or `NEVER`.
    groups : mapping of str to bool (accounts,)
        Members of each group.
    """
    hit = reached < NEVER
    return {
        name: (int(np.count_nonzero(hit & members)), int(np.count_nonzero(members))) for name, members in groups.items()
    }


def _share(part: BoolArray, whole: BoolArray) -> float:
    """Return the share of `whole` that is `part`; NaN of nothing."""
    total = np.count_nonzero(whole)
    return float(np.count_nonzero(part & whole)) / float(total) if total else float("nan")
