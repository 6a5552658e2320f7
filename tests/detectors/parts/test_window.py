"""The window of traces against a plain mask: the same traces to the second, however time is cut into steps."""

from itertools import pairwise

import numpy as np
import pytest

from detectors.parts.window import TraceWindow


@pytest.mark.parametrize("steps", [1, 7, 40])
@pytest.mark.parametrize("hours", [0.1, 3.0, 1e3])
def test_the_window_holds_the_traces_of_the_last_hours(steps: int, hours: float) -> None:
    draw = np.random.Generator(np.random.Philox(key=1))
    time = np.sort(draw.integers(0, 36_000, 500))
    account, item = draw.integers(0, 30, 500), draw.integers(0, 2**60, 500)
    window = TraceWindow(hours)
    for start, end in pairwise(np.linspace(0, 36_000, steps + 1).astype(int).tolist()):
        rows = slice(*np.searchsorted(time, [start, end]))
        window.add(end, time[rows], account[rows], item[rows])
        inside = (time >= end - 3600 * hours) & (time < end)
        assert window.times().tolist() == time[inside].tolist()
        assert window.accounts().tolist() == account[inside].tolist()
        assert window.items().tolist() == item[inside].tolist()
        assert window.n_traces == np.count_nonzero(inside) <= window.n_kept


def test_steps_that_have_left_the_window_are_not_kept() -> None:
    window = TraceWindow(1.0)
    window.add(10, np.array([5]), np.array([1]), np.array([7]))
    window.add(3605, np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.int64))
    assert window.n_kept == 1  # second 5 is exactly an hour ago
    window.add(3606, np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.int64))
    assert window.n_kept == window.n_traces == window.times().size == 0
