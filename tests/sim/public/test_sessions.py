"""Who logs in, and when."""

from __future__ import annotations

import numpy as np
import pytest

from sim.core.rng import quick_uniform
from sim.public.sessions import _BLOCK, READER, _log_ins


@pytest.mark.parametrize("people", [0, 1, _BLOCK - 1, _BLOCK, 2 * _BLOCK + 77])
def test_those_whose_draw_is_below_their_chance_log_in_in_account_order(people: int) -> None:
    draw = np.random.Generator(np.random.Philox(key=people))
    rate = draw.lognormal(1.0, 1.0, people).astype(np.float32)
    language = draw.integers(0, 3, people + 9).astype(np.uint8)
    status, chance = (draw.random(people + 9) < 0.2).astype(np.uint8), np.array([0.0, 0.02, 0.1])
    traits = np.zeros(people, READER)
    traits["group"] = np.arange(people)
    account, found = np.empty(people, np.int32), np.empty(people, READER)
    key = np.uint64(7)
    n = _log_ins(key, 5, chance, rate, language, status, traits, account, found)
    number = np.arange(people)
    probability = rate.astype(np.float64) * chance[language[:people]]
    luck = np.array([quick_uniform(key, a) for a in range(people)])
    expected = number[(luck < probability) & (status[:people] == 0)]
    assert account[:n].tolist() == expected.tolist()
    assert found["group"][:n].tolist() == expected.tolist()
    assert (found["last_look"][:n] == 0).all()  # as it was before this log-in
    assert np.flatnonzero(traits["last_look"] == 5).tolist() == expected.tolist()
    assert people < _BLOCK - 1 or n > 100
