"""The order of a step's events."""

from __future__ import annotations

import numpy as np
import pytest

from sim.events.order import in_time_order
from sim.events.records import EVENT

ENDS = np.array([0, 1, 2**31, 2**32 - 1], np.uint32)


@pytest.mark.parametrize(("size", "seconds"), [(0, 60), (1, 60), (100, 60), (5000, 60), (5000, 3600), (300, 1)])
@pytest.mark.parametrize("few_draws", [False, True])
def test_a_steps_events_are_sorted_by_second_and_draw_and_the_rest_stays(
    size: int, seconds: int, few_draws: bool
) -> None:
    generator = np.random.Generator(np.random.Philox(key=size))
    events = np.zeros(size, EVENT)
    events["time"] = 7200 + generator.integers(0, seconds, size)
    events["account"] = generator.integers(0, 50, size)
    events["post"] = np.arange(size)
    draw = generator.choice(ENDS, 50) if few_draws else generator.integers(0, 2**32, 50, dtype=np.uint32)
    expected = np.lexsort((np.arange(size), draw[events["account"]], events["time"]))
    assert (in_time_order(events, 7200, seconds, draw)["post"] == expected).all()


def test_the_acts_of_one_account_in_one_second_stay_in_the_order_given() -> None:
    events = np.zeros(400, EVENT)
    events["post"] = np.arange(400)
    assert in_time_order(events, 0, 60, np.array([2**32 - 1], np.uint32))["post"].tolist() == list(range(400))
