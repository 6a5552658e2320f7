"""The elite: the accounts with most followers in each language, such as media, politicians and stars.

They are those who together have a given share of all follows, so that a small public, whose stars are smaller, has more
of them for its size.

They are verified and busy, each has an appeal of its own that lasts, and a share of them writes about the contested
topic. That share is stratified: along the elite of one language after the other, from the most followed down, accounts
at equal distances are given the topic. Drawn freely, one star would decide how much of a language is about it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.config import WorldConfig
from sim.core.rng import Purpose, lognormals, stream


def elite_of(
    config: WorldConfig, language: NDArray[np.int64], followers: NDArray[np.integer]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Choose the elite of the organic public.

    Parameters
    ----------
    config : WorldConfig
    language, followers : int (organic,)
        Of each account: index of the language, followers in the graph.

    Returns
    -------
    accounts : int64 (elite,)
        Language by language, each from the most followed down; of equals the lower number first.
    contested : bool (elite,)
        Whether its main interest is the contested topic.
    """
    rules = config.organic.elite
    parts = []
    for code in range(len(config.organic.languages)):
        of_language = np.flatnonzero(language == code)
        order = np.argsort(-followers[of_language].astype(np.int64), kind="stable")
        ties = followers[of_language[order]].astype(np.float64)
        middle = np.cumsum(ties) - ties / 2.0  # the nearest whole number of accounts
        parts.append(of_language[order[middle < rules.followers_share * ties.sum()]])
    accounts = np.concatenate(parts)
    passed = np.floor(np.arange(accounts.size + 1) * rules.contested_share + 0.5)
    return accounts, np.diff(passed) > 0


def lasting_appeal(config: WorldConfig, accounts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Draw the factor on the appeal of all posts of each account, lognormal of mean 1: float64 (accounts,)."""
    return lognormals(stream(config.seed, Purpose.ELITE), config.organic.elite.appeal_sigma, accounts)
