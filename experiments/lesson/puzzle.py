"""The puzzle of the fourth chapter: its two figures are taken from the grid, so that few settings win, and some do."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

CUTS = np.arange(1, 20) / 20.0  # shares of reach that may be asked for
HITS = np.array([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000]) / 10_000.0  # and shares of people that may be hit
FEWEST, MOST, AIM = 0.05, 0.20, 0.10  # share of settings that win


def puzzle_of(cut: NDArray[np.float64], hit: NDArray[np.float64]) -> dict[str, Any]:
    """Return a puzzle: cut off at least so much of the reach, and hit at most so many people.

    A setting wins if it does so in the mean over the seeds that are shown and over those that it is checked on. Of the
    puzzles that 5 to 20% of the settings win, that with the share nearest to 10% is taken; of these, the one that asks
    for most to be cut off.

    Parameters
    ----------
    cut, hit : float64 (settings, seeds)
        Reach cut off, and the share of people hit.

    Returns
    -------
    dict of str to value
        `cut`, `hit`; `winners`, the settings that win; `played`, the number of seeds that are shown, the first ones
        (with one seed it is checked on the same); `fair`, whether the share lies in its bounds.

    Examples
    --------
    >>> cut = np.repeat(np.linspace(0.0, 0.9, 10)[:, None], 2, axis=1)
    >>> found = puzzle_of(cut, cut**2 / 10.0)
    >>> found["winners"], round(found["cut"], 2), found["fair"]
    ([9], 0.9, True)
    """
    seeds = cut.shape[1]
    played = max(1, round(0.6 * seeds))
    halves = (slice(0, played), slice(played if seeds > 1 else 0, None))
    shown = [(np.nan_to_num(cut[:, half].mean(axis=1), nan=-1.0), hit[:, half].mean(axis=1)) for half in halves]
    best: tuple[float, float, float] | None = None
    puzzle: dict[str, Any] = {}
    for least in CUTS:
        for most in HITS:
            wins = np.logical_and.reduce([(cuts >= least) & (hits <= most) for cuts, hits in shown])
            share = float(wins.mean())
            rank = (abs(share - AIM) if share > 0.0 else np.inf, -float(least), float(most))
            if best is None or rank < best:
                best = rank
                puzzle = {
                    "cut": float(least), "hit": float(most), "winners": np.flatnonzero(wins).tolist(),
                    "played": played, "fair": FEWEST <= share <= MOST,
                }  # fmt: skip
    return puzzle
