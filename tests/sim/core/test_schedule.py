"""A schedule hands out each entry once, at the step in which it is due, however it was added."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.core.schedule import Schedule

STEP = 10
ENTRIES = st.lists(st.tuples(st.integers(0, 99), st.integers(-5, 5)), max_size=30)


def added(entries, *, within_step: bool = False) -> Schedule:
    schedule = Schedule(STEP, 1, within_step=within_step)
    for time, value in entries:
        schedule.add(time, np.array([value]))
    return schedule


@given(ENTRIES)
def test_an_entry_comes_at_the_first_step_at_or_after_its_time_sorted(entries) -> None:
    schedule, found = added(entries), []
    for now in range(0, 120, STEP):
        time, value = schedule.take(now)
        assert ((now - STEP < time) & (time <= now)).all()
        found += zip(time.tolist(), value.tolist(), strict=True)
    assert found == sorted(entries)
    assert len(schedule) == 0


@given(ENTRIES)
def test_within_its_step_an_entry_comes_at_the_beginning_in_the_order_added(entries) -> None:
    schedule, found = added(entries, within_step=True), []
    for now in range(0, 100, STEP):
        time, value = schedule.take(now, by_time=False)
        assert ((now <= time) & (time < now + STEP)).all()
        found += zip(time.tolist(), value.tolist(), strict=True)
    assert found == sorted(entries, key=lambda entry: entry[0] // STEP)


def test_a_late_entry_comes_next_and_one_that_is_discarded_never() -> None:
    schedule = Schedule(STEP, 1)
    schedule.take(50)
    schedule.add(np.array([3, 4, 70]), np.array([1, 2, 3]))
    assert len(schedule) == 3
    schedule.discard(lambda _, value: value == 2)
    assert schedule.take(60)[1].tolist() == [1]
    assert schedule.take(70)[1].tolist() == [3]
