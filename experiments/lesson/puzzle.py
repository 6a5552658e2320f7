"""The puzzle of the fourth chapter: its two figures are taken from the grid, so that few settings win, and some do."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# What may be asked for: shares of reach, finer where few settings come to much, and shares of people that may be hit.
CUTS = np.concatenate([np.arange(1, 10) / 100.0, np.arange(2, 20) / 20.0])
HITS = np.array([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000]) / 10_000.0
FEWEST, MOST = 0.05, 0.20  # share of settings that win


def puzzle_of(cut: NDArray[np.float64], hit: NDArray[np.float64]) -> dict[str, Any]:
    """Return a puzzle: cut off at least so much of the reach, and hit at most so many people.

    A setting wins if it does so in the mean over the seeds that are shown and over those that it is checked on. Of the
    puzzles that 5 to 20% of the settings win, those are taken in which fewest people may be hit, and of these the one
    that asks for most to be cut off. Not every grid has one: then `fair` is false, and the page says so in place of a
    puzzle.

    Parameters
    ----------
    cut, hit : float64 (settings, seeds)
        Reach cut off, NaN where it is undefined, and the share of people hit.

    Returns
    -------
    dict of str to value
        `played`, the number of seeds that are shown, the first ones; `fair`, whether there is such a puzzle; `cut` and
        `hit`, and `winners`, the settings that win: NaN and none where it is not fair, and with one seed, as there is
        no other to check it on.

    Examples
    --------
    >>> cut = np.repeat(np.linspace(0.0, 0.9, 10)[:, None], 2, axis=1)
    >>> found = puzzle_of(cut, cut**2 / 10.0)
    >>> found["winners"], round(found["cut"], 2), found["fair"]
    ([1], 0.1, True)
    """
    seeds = cut.shape[1]
    played = max(1, round(0.6 * seeds))
    puzzle: dict[str, Any] = {"played": played, "fair": False, "cut": np.nan, "hit": np.nan, "winners": []}
    if seeds == 1:
        return puzzle
    halves = (slice(0, played), slice(played, None))
    shown = [(np.nan_to_num(cut[:, half].mean(axis=1), nan=-1.0), hit[:, half].mean(axis=1)) for half in halves]
    for most in HITS:
        for least in CUTS[::-1]:
            wins = np.logical_and.reduce([(cuts >= least) & (hits <= most) for cuts, hits in shown])
            if FEWEST <= wins.mean() <= MOST:
                return puzzle | {
                    "fair": True, "cut": float(least), "hit": float(most), "winners": np.flatnonzero(wins).tolist(),
                }  # fmt: skip
    return puzzle
