"""No run's result changes unless a baseline is changed with it."""

from __future__ import annotations

import pytest

from tests.baselines import RUNS, differences, fingerprint, read, run, versions


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNS)
def test_a_run_comes_to_what_it_came_to_when_its_baseline_was_made(name: str) -> None:
    baseline = read(name)
    made_with = baseline.pop("versions")
    changed = differences(baseline, fingerprint(run(name)))
    assert not changed, "\n".join([f"made with {made_with}, run with {versions()}", *changed])


def test_one_act_more_or_less_changes_a_fingerprint() -> None:
    baseline = read("threshold")
    other = {**baseline, "logs": {**baseline["logs"], "activity": {**baseline["logs"]["activity"], "rows": -1}}}
    assert differences(baseline, other) == [
        f"logs.activity.rows: {baseline['logs']['activity']['rows']} before, -1 now"
    ]
