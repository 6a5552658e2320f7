"""Matched controls: people who used a link or hashtags that the operation used on the same day."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from experiments.compare.matched import MatchedControls
from experiments.compare.recording import record
from sim import load_scenario
from tests.experiments.tiny import TINY

WORLD = load_scenario("hk2019", seed=5, overrides=[*TINY, "scenario.amplifiers=200", "scenario.days=3"])


def test_the_same_link_on_the_same_day_makes_a_control_and_no_link_or_another_day_does_not():
    controls = MatchedControls(np.array([True, False, False, False, False]))
    day = np.array([7, 7, 7, 7])
    controls.add(day, np.array([0, 1, 2, 3]), {"url": np.array([5, 5, 0, 6]), "hashtags": np.array([0, 0, 5, 0])})
    controls.add(np.array([8, 8]), np.array([4, 0]), {"url": np.array([5, 0]), "hashtags": np.array([0, 9])})
    controls.close()
    assert controls.matched.tolist() == [False, True, False, False, False]


def test_acts_of_one_day_belong_together_however_many_steps_it_has():
    controls = MatchedControls(np.array([True, False, False]))
    for account, url in ((1, 5), (0, 5), (2, 5)):
        controls.add(np.array([3]), np.array([account]), {"url": np.array([url]), "hashtags": np.array([0])})
    controls.close()
    assert controls.matched.tolist() == [False, True, True]


def test_the_controls_of_a_run_are_those_that_its_recording_shows(tmp_path: Path):
    recording, truth = record(WORLD, tmp_path / "recording", matched=True)
    shared: dict[str, dict[int, list[set[int]]]] = {"url": {}, "hashtags": {}}
    for seen, _ in recording.observations({"time", "account", "url", "hashtags"}):
        days = seen.event("time") // 86_400
        for name, uses in shared.items():
            for day, account, value in zip(days, seen.event("account"), seen.event(name), strict=True):
                if value:
                    theirs, people = uses.setdefault((int(day), int(value)), [set(), set()])
                    (theirs if truth.operation[account] else people).add(int(account))
    expected = {one for uses in shared.values() for theirs, people in uses.values() if theirs for one in people}
    assert set(np.flatnonzero(truth.matched)) == expected
    assert 0 < len(expected) < 0.9 * np.count_nonzero(truth.acts[~truth.operation])
    assert np.array_equal(truth.controls(), truth.members("organic") & truth.matched)


def test_a_step_over_midnight_has_acts_of_two_days():
    controls = MatchedControls(np.array([True, False, False]))
    used = {"url": np.array([5, 5, 5]), "hashtags": np.zeros(3, np.int64)}
    controls.add(np.array([3, 3, 4]), np.array([0, 1, 2]), used)
    controls.close()
    assert controls.matched.tolist() == [False, True, False]
