"""Which accounts and items count, and how much: the rules that published programs differ in.

Examples
--------
>>> affordable(np.array([2, 3, 1000]), None, 2_100)  # of the third item, pairs with one of two holders are compared
2
>>> affordable(np.array([2, 3, 1000]), None, 1_000_000) == NO_LIMIT
True
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detectors.parts.parameters import require_at_least, require_limit

#: How the times that an account had one item count: once, each time, or 1 + ln of the times.
COUNTS = ("binary", "linear", "sublinear")
NO_LIMIT = 2**62
MAX_WORK = 2_000_000_000  # additions of a scoring: some five seconds


@dataclass(frozen=True)
class Rules:
    """Which accounts and items count, and how much.

    Attributes
    ----------
    least : int
        Distinct items that an account must have.
    least_acts : int
        Acts that it must have, repeated items among them.
    min_holders : int
        Items of fewer scored accounts are left out of the vectors.
    counts : str
        One of `COUNTS`.
    max_holders : int or None
        Of an item with more holders, only pairs with one of this many count; None compares all.
    only_the_rest : bool
        Whether accounts that have no item left are counted neither among the accounts of the inverse frequency.
    """

    least: int
    least_acts: int = 1
    min_holders: int = 1
    counts: str = "binary"
    max_holders: int | None = None
    only_the_rest: bool = False


def chosen(
    owner: str, rules: Rules, preset: str | None, presets: Mapping[str, Rules], names: Mapping[str, str]
) -> Rules:
    """Return the rules of a preset, or those given; `ValueError`, of `owner`, unless they are allowed.

    Parameters
    ----------
    owner : str
        Class of the detector, for messages.
    rules : Rules
    preset : str or None
    presets : mapping of str to Rules
    names : mapping of str to str
        What the owner calls `least` and `max_holders`.
    """
    require_at_least(owner, 1, **{names["least"]: rules.least}, min_holders=rules.min_holders)
    require_limit(owner, **{names["max_holders"]: rules.max_holders})
    if rules.counts not in COUNTS:
        raise ValueError(f"{owner}.counts must be one of {', '.join(COUNTS)}; got {rules.counts!r}.")
    if preset is None:
        return rules
    if preset not in presets:
        allowed = ", ".join(presets) or "no other"
        raise ValueError(f"{owner}.preset must be None or one of {allowed}; got {preset!r}.")
    return replace(presets[preset])


def affordable(holders: NDArray[np.int64], most: int | None, max_work: int | None) -> int:
    """Return how many holders of an item are compared with all others: as many as `max_work` additions allow.

    Parameters
    ----------
    holders : int64 (items,)
        Holders of each item.
    most : int or None
        No more than this.
    max_work : int or None
        Additions. One holder is always compared.

    Returns
    -------
    int
        `NO_LIMIT` where all pairs are compared.
    """
    items = np.bincount(holders)
    sizes = np.flatnonzero(items)
    items, largest = items[sizes], int(sizes.max(initial=1))

    def work(limit: int) -> float:
        compared = np.minimum(sizes, limit).astype(np.float64)
        return float((items * (compared * sizes - compared * (compared + 1.0) / 2.0)).sum())

    limit = largest if most is None else min(most, largest)
    if max_work is not None and work(limit) > max_work:
        low, high = 1, limit
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if work(middle) <= max_work else (low, middle)
        limit = low
    return NO_LIMIT if limit >= largest - 1 else limit
