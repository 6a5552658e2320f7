"""Rules of ten lines: shares of an account's acts in a window, counted again by hand."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

import numpy as np
import pytest

from detectors import Activity, Detector, OfficeHours, RepostShare, check
from detectors.testing.check import scores_of, synthetic_steps
from sim.config.detector import load_detector
from sim.observation import POST, REPOST, Observation

HOUR = 3600
MONDAY = 4 * 24 * HOUR  # 5 January 1970
NAMES = ("repost_share", "activity", "office_hours")


def step(acts: list[tuple[int, int, int]], end: int, n_accounts: int = 4) -> Observation:
    """Return one step of acts: time, account, kind."""
    time, account, kind = np.array(sorted(acts), np.int64).reshape(-1, 3).T
    events = {"time": time, "account": account.astype(np.int32), "kind": kind.astype(np.int8)}
    return Observation(step=0, start=0, end=end, n_accounts=n_accounts, columns={}, events=events)


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_keeps_the_protocol(name: str) -> None:
    check(lambda: load_detector(name))


@pytest.mark.parametrize("name", NAMES)
def test_scores_are_those_counted_by_hand_on_the_synthetic_log(name: str) -> None:
    steps, hours = synthetic_steps(seed=4), 100.0
    acts: dict[int, list[tuple[dt.datetime, int]]] = defaultdict(list)
    for seen in steps:
        for time, account, kind in zip(*(seen.event(of).tolist() for of in ("time", "account", "kind")), strict=True):
            if time >= steps[-1].end - hours * HOUR:
                acts[account].append((dt.datetime.fromtimestamp(time, dt.timezone(dt.timedelta(hours=8))), kind))
    made: dict[str, Detector] = {
        "repost_share": RepostShare(hours, 3),
        "activity": Activity(hours, 3, 7.0),
        "office_hours": OfficeHours(hours, 3),
    }
    rule = {
        "repost_share": lambda of: sum(kind == REPOST for _, kind in of) / len(of),
        "activity": lambda of: len(of) / (len(of) + 7.0),
        "office_hours": lambda of: sum(8 <= at.hour < 18 and at.weekday() < 5 for at, _ in of) / len(of),
    }[name]
    scores = scores_of(made[name], steps)
    by_hand = [rule(acts[account]) if len(acts[account]) >= 3 else np.nan for account in range(scores.size)]
    np.testing.assert_allclose(scores, by_hand, rtol=1e-14)
    assert len({value for value in by_hand if value == value}) > 3
    assert np.isnan(by_hand).any()


def test_acts_that_have_left_the_window_count_no_more_to_the_second() -> None:
    detector = RepostShare(window_hours=1.0, min_acts=1)
    detector.observe(step([(100, 0, REPOST), (101, 0, POST), (101, 1, REPOST)], HOUR))
    assert detector.score()[:2].tolist() == [0.5, 1.0]
    detector.observe(step([], HOUR + 100))
    assert detector.score()[:2].tolist() == [0.5, 1.0]  # what is an hour old to the second still counts
    detector.observe(step([], HOUR + 101))
    assert detector.score()[:2].tolist() == [0.0, 1.0]
    detector.observe(step([], HOUR + 102))
    assert np.isnan(detector.score()).all()


def test_activity_rises_with_every_act() -> None:
    acts = [(at, account, POST) for account in range(4) for at in range(10 * account)]
    scores = scores_of(Activity(half=10.0), [step(acts, HOUR)])
    assert np.isnan(scores[0])
    assert scores[1] == 0.5
    assert (np.diff(scores[1:]) > 0).all()
    assert scores[3] < 1.0


def test_the_working_day_begins_at_its_first_second_and_ends_before_its_last_hour() -> None:
    eight, six = MONDAY + 8 * HOUR, MONDAY + 18 * HOUR
    acts = [(eight - 1, 0, POST), (eight, 1, POST), (six - 1, 2, POST), (six, 3, POST)]
    assert scores_of(OfficeHours(min_acts=1, utc_offset_hours=0), [step(acts, six + 1)]).tolist() == [0, 1, 1, 0]
    east = [(time - 8 * HOUR, account, kind) for time, account, kind in acts]
    assert scores_of(OfficeHours(min_acts=1), [step(east, six)]).tolist() == [0, 1, 1, 0]


def test_a_weekend_is_no_working_day_unless_it_is_said_so() -> None:
    days = [(MONDAY + day * 24 * HOUR + 12 * HOUR, 0 if day < 5 else 1, POST) for day in range(7)]
    seen = [step(days, MONDAY + 7 * 24 * HOUR)]
    assert scores_of(OfficeHours(min_acts=1, utc_offset_hours=0), seen)[:2].tolist() == [1, 0]
    assert scores_of(OfficeHours(min_acts=1, utc_offset_hours=0, weekdays=False), seen)[:2].tolist() == [1, 1]


def test_a_reason_names_the_acts_that_made_the_score() -> None:
    detector = RepostShare(window_hours=24.0, min_acts=2)
    detector.observe(step([(1, 0, REPOST), (2, 0, REPOST), (3, 0, POST), (4, 1, POST)], HOUR))
    detector.score()
    assert detector.explain(0).sentence == "2 of its 3 acts in the last 24 hours were reposts."
    assert dict(detector.explain(0).facts) == {"acts": 3, "score": 2 / 3, "counted": 2}
    assert detector.explain(1).sentence == "Acts in the last 24 hours: 1, too few to say anything."
