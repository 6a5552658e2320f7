"""The order of a step's events."""

from __future__ import annotations

import numpy as np
import pytest

from sim.events.order import in_time_order
from sim.events.records import EVENT


@pytest.mark.parametrize(("size", "seconds"), [(0, 60), (1, 60), (100, 60), (5000, 60), (5000, 3600)])
def test_a_steps_events_are_sorted_by_second_and_lot_and_the_rest_stays(size: int, seconds: int) -> None:
    draw = np.random.Generator(np.random.Philox(key=size))
    events = np.zeros(size, EVENT)
    events["time"] = 7200 + draw.integers(0, seconds, size)
    events["account"] = draw.integers(0, 50, size)
    events["post"] = np.arange(size)
    lot = draw.integers(0, 2**32, 50, dtype=np.uint32)
    expected = sorted(range(size), key=lambda i: (events["time"][i], lot[events["account"][i]]))
    assert in_time_order(events, 7200, seconds, lot)["post"].tolist() == expected
