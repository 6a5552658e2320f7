"""Where to cut the network of a method: the similarity that the heaviest share of its pairs reaches."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detectors.parts.cosines import BINS


def cut_of(counts: NDArray[np.int64], share: float, most: int) -> float:
    """Return the least similarity of the heaviest share of pairs; of `most` pairs where these are fewer.

    A bin that would go beyond is left out, unless it is the first.

    Examples
    --------
    >>> counts = np.zeros(BINS, np.int64)
    >>> counts[[1000, 9000]] = 990, 10
    >>> cut_of(counts, 0.01, 1000), cut_of(counts, 1.0, 1000)
    (0.9, 0.1)
    """
    wanted = min(max(int(share * counts.sum()), 1), most)
    beyond = np.cumsum(counts[::-1])[::-1]  # pairs of this bin and the higher ones
    fits = np.flatnonzero((beyond <= wanted) & (counts > 0))
    first = int(fits[0]) if fits.size else int(np.flatnonzero(counts)[-1]) if counts.any() else BINS - 1
    return max(first, 1) / BINS
