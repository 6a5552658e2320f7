"""Ranks as shares are SciPy's, byte for byte, of scores apart and alike, some of them missing."""

import numpy as np
import pytest
from scipy.stats import rankdata

from detectors.parts.ranks import shares_below


@pytest.mark.parametrize("n", [0, 1, 2, 7, 5000])
@pytest.mark.parametrize("missing", [0.0, 0.3, 1.0])
def test_they_are_scipys(n, missing):
    draw = np.random.Generator(np.random.Philox(key=n))
    for scores in (draw.random(n), draw.integers(0, 5, n).astype(np.float64), np.zeros(n)):
        scores[draw.random(n) < missing] = np.nan
        expected, scored = np.full(n, np.nan), np.flatnonzero(~np.isnan(scores))
        if scored.size:
            expected[scored] = (rankdata(scores[scored]) - 0.5) / scored.size
        assert shares_below(scores).tobytes() == expected.tobytes()
        given = np.zeros(n)
        assert shares_below(scores, given) is given
        assert given.tobytes() == expected.tobytes()
