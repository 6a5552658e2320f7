"""The measures: counted by hand on small outcomes."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sim.metrics import SERIES, TWIN_MEASURES, Outcome, results
from sim.operation.costs import ITEMS

HOUR = 3600


def outcome(**changes: Any) -> Outcome:
    """Return an outcome small enough to be counted by hand: two days, 40 people, 4 personas, 10 amplifiers."""
    plain: dict[str, Any] = {
        "seed": 1,
        "step_hours": 12.0,
        "announced": 3 * HOUR,
        "n_organic": 40,
        "n_core": 4,
        "n_amplifiers": 10,
        "impressions": 30,
        "organic_amplification": 3,
        "organic_impressions": 450,
        "reached": np.array([2, 3, 5, 8, 13, 21], np.int32),
        "impression_reader": np.repeat(np.array([2, 3, 5, 8, 13, 21], np.int32), 5),
        "impression_time": np.tile(np.arange(5, dtype=np.int32) * HOUR, 6),
        "locked_account": np.array([4, 4, 9, 11], np.int32),
        "locked_from": np.array([0, 20, 30, 0], np.int32) * HOUR,
        "locked_until": np.array([12, 26, 48, 48], np.int32) * HOUR,
        "reached_by_recommendation": 3,
        "suspended": {"organic": 2, "core": 1, "amplifiers": 6},
        "enforced": {"organic": 3, "core": 2, "amplifiers": 7},
        "enforced_by_group": {"none": (1, 36), "fans": (1, 4), "newsrooms": (0, 0)},
        "organic_by_action": {"suspend": 2, "challenge": 1, "limit": 3, "label": 0, "remove_posts": 0},
        "load": {
            "review_cases": 9.0, "queue_length": 2.0, "mean_queue_length": 1.5, "mean_wait_hours": 4.0,
            "reviewer_hours": 6.0, "appeals_filed": 7.0, "appeals_upheld": 3.0, "appeals_overturned": 2.0,
            "appeals_pending": 2.0, "lifted_actions": 5.0,
        },
        "people_hit": np.array([4, 9, 11], np.int32),
        "people_passed": 1,
        "people_reinstated": 2,
        "hours_to_reinstatement": np.array([12.0, 6.0, 3.0]),
        "posts": np.full(40, 2, np.uint16),
        "hours_to_detection": {
            "organic": np.array([5.0]), "core": np.array([30.0]), "amplifiers": np.array([1.0, 2.0, 6.0, 8.0]),
        },
        "posts_before_suspension": np.array([0, 0, 1, 1, 2, 9], np.int32),
        "n_replaced": 3,
        "amplifiers_alive": 4,
        "amplifiers_alive_late": 3,
        "costs": {"fresh_accounts": 2.0, "bought_accounts": 9.0, "hijacked_accounts": 1.0, "operator_hours": 18.0,
                  "promotion": 6.0},
        "account_days": 24.0,
        "promoted_impressions": 4,
        "second_impressions": 7,
        "second_reached": np.array([1, 2, 3], np.int32),
        "series": {name: np.zeros(4) for name in SERIES},
    }  # fmt: skip
    return Outcome(**{**plain, **changes})


TWIN = outcome(
    impressions=120, organic_amplification=9, organic_impressions=500, reached=np.arange(24, dtype=np.int32),
    impression_reader=np.repeat(np.arange(24, dtype=np.int32), 5), posts=np.full(40, 7, np.uint16),
    impression_time=np.tile(np.array([1, 12, 21, 26, 47], np.int32) * HOUR, 24), people_hit=np.zeros(0, np.int32),
    locked_account=np.zeros(0, np.int32), locked_from=np.zeros(0, np.int32), locked_until=np.zeros(0, np.int32),
    suspended={"organic": 0, "core": 0, "amplifiers": 0}, enforced={"organic": 0, "core": 0, "amplifiers": 0},
)  # fmt: skip


@pytest.mark.parametrize(
    ("measure", "value"),
    [
        ("reach", 6),
        ("share_of_reach_by_recommendation", 0.5),
        ("impressions", 30),
        ("organic_amplification", 3),
        ("reach_cut_off", 1 - 6 / 23),  # 11 is locked all the time, 4 has three reads left in the twin and 9 has four
        ("impressions_cut_off", 1 - 30 / (120 - 5 - 2 - 1)),
        ("reach_cut_off_before", 1 - 6 / 22),  # in the twin's first hours 4 and 11 are locked
        ("impressions_cut_off_before", 1 - 3 * 6 / 22),
        ("reach_cut_off_after", 1 - 6 / 23),  # 4 and 9 have three reads left each
        ("impressions_cut_off_after", 1 - 2 * 6 / (21 * 4 + 3 + 3)),
        ("people_hit", 3 / 40),
        ("people_hit_per_million", 75_000),
        ("people_hit_count", 3),
        ("people_suspended_per_million", 1e6 * 2 / 40),
        ("people_challenged_passed", 1 / 40),
        ("people_challenged_passed_per_million", 25_000),
        ("people_reinstated", 2 / 3),
        ("median_hours_to_reinstatement", 6),
        ("person_days_lost", (12 + 6 + 18 + 48) / 24),
        ("posts_lost", 3 * (7 - 2)),
        ("false_positive_rate", 3 / 40),
        ("false_positive_rate_per_day", 3 / 40 / 2),
        ("false_positive_rate_by_suspend", 2 / 40),
        ("false_positive_rate_by_challenge", 1 / 40),
        ("false_positive_rate_by_limit", 3 / 40),
        ("false_positive_rate_by_label", 0),
        ("false_positive_rate_by_remove_posts", 0),
        ("organic_enforced", 3),
        ("operation_enforced", 9),
        ("review_cases", 9),
        ("queue_length", 2),
        ("mean_queue_length", 1.5),
        ("mean_wait_hours", 4),
        ("reviewer_hours", 6),
        ("appeals_filed", 7),
        ("appeals_upheld", 3),
        ("appeals_overturned", 2),
        ("appeals_pending", 2),
        ("overturn_rate", 2 / 5),
        ("lifted_actions", 5),
        ("false_positive_rate_none", 1 / 36),
        ("false_positive_rate_fans", 1 / 4),
        ("organic_suspended", 2),
        ("recall", 9 / 14),
        ("recall_core", 2 / 4),
        ("recall_amplifiers", 7 / 10),
        ("precision", 9 / 12),
        ("median_hours_to_detection_core", 30),
        ("median_hours_to_detection_amplifiers", 4),
        ("amplifiers_suspended_with_at_most_one_post", 4 / 6),
        ("replaced", 3),
        ("live_amplifiers", 4),
        ("live_amplifiers_registered_after_first_suspension", 3 / 4),
        ("cost", 36),
        ("cost_promotion", 6),
        ("cost_fresh_accounts", 2),
        ("cost_bought_accounts", 9),
        ("cost_hijacked_accounts", 1),
        ("cost_operator_hours", 18),
        ("cost_per_reached_person", 36 / 6),
        ("cost_per_impression", 36 / 30),
        ("cost_per_account_day", 12 / 24),
        ("collateral", 50),
        ("collateral_share", 50 / 500),
        ("promoted_impressions", 4),
        ("second_platform_impressions", 7),
        ("second_platform_reach", 3),
        ("reach_anywhere", 7),
    ],
)
def test_a_measure_is_what_is_counted_by_hand(measure: str, value: float) -> None:
    assert results(outcome(), TWIN)[measure] == pytest.approx(value, abs=1e-15)


def test_every_measure_is_counted_by_hand_here() -> None:
    by_hand = {mark.args[1][i][0] for mark in test_a_measure_is_what_is_counted_by_hand.pytestmark
               for i in range(len(mark.args[1]))}  # fmt: skip
    assert set(results(outcome(), TWIN)) == by_hand | {"false_positive_rate_newsrooms"}


def test_a_share_of_nothing_is_undefined() -> None:
    nobody = {"organic": 0, "core": 0, "amplifiers": 0}
    none = np.zeros(0)
    empty = outcome(
        n_organic=0, n_core=0, n_amplifiers=0, impressions=0, organic_impressions=0, reached=none.astype(np.int32),
        reached_by_recommendation=0, suspended=nobody, enforced=nobody, load=dict.fromkeys(outcome().load, 0.0),
        hours_to_detection=dict.fromkeys(nobody, none), posts_before_suspension=none.astype(np.int32),
        **dict.fromkeys(("impression_reader", "impression_time", "people_hit"), none.astype(np.int32)),
        **dict.fromkeys(("locked_account", "locked_from", "locked_until"), none.astype(np.int32)),
        people_passed=0, people_reinstated=0, hours_to_reinstatement=none, posts=none.astype(np.uint16),
        amplifiers_alive=0, account_days=0.0, promoted_impressions=0, second_impressions=0,
        second_reached=none.astype(np.int32), series=dict.fromkeys(SERIES, none),
    )  # fmt: skip
    spent = {f"cost_{item}" for item in ITEMS}
    counts = {
        "reach",
        "impressions",
        "organic_amplification",
        "organic_suspended",
        "organic_enforced",
        "operation_enforced",
        "collateral",
        "replaced",
        "live_amplifiers",
        "cost",
        "people_hit_count",
        "person_days_lost",
        "posts_lost",
    }
    counts |= set(empty.load)
    counts |= {"promoted_impressions", "second_platform_impressions", "second_platform_reach", "reach_anywhere"}
    seen = results(empty, empty)
    groups = {"false_positive_rate_none", "false_positive_rate_fans"}
    assert {name for name, value in seen.items() if math.isnan(value)} == set(seen) - counts - groups - spent


def test_a_run_beside_itself_cuts_nothing_off() -> None:
    seen = results(TWIN, TWIN)
    assert {name: seen[name] for name in TWIN_MEASURES} == dict.fromkeys(TWIN_MEASURES, 0.0)
    assert seen["false_positive_rate"] == seen["recall"] == 0.0
    assert math.isnan(seen["precision"])  # nobody was acted upon


def test_without_an_announcement_in_the_run_there_is_no_before_and_after() -> None:
    seen = results(outcome(announced=-1), replace(TWIN, announced=-1))
    undefined = {name for name, value in seen.items() if math.isnan(value) and "cut_off" in name}
    assert undefined == {f"{of}_cut_off_{when}" for of in ("reach", "impressions") for when in ("before", "after")}


def test_a_run_that_has_not_come_to_the_announcement_has_a_before_alone() -> None:
    seen = results(outcome(announced=47 * HOUR + 1), replace(TWIN, announced=47 * HOUR + 1))
    assert seen["reach_cut_off_before"] == seen["reach_cut_off"]
    assert math.isnan(seen["reach_cut_off_after"])


def test_more_reach_than_the_twins_is_a_negative_reach_cut_off() -> None:
    time = np.zeros(30, np.int32)
    more = replace(TWIN, impression_reader=np.arange(30, dtype=np.int32), impression_time=time)
    assert results(more, TWIN)["reach_cut_off"] == pytest.approx(-0.25)


def test_what_is_cut_off_is_undefined_where_every_reader_of_the_twin_is_locked() -> None:
    locks = {"locked_account": np.arange(24), "locked_from": np.zeros(24), "locked_until": np.full(24, 48 * HOUR)}
    run = outcome(**{name: values.astype(np.int32) for name, values in locks.items()})
    assert math.isnan(results(run, TWIN)["reach_cut_off"])
    assert math.isnan(results(run, TWIN)["impressions_cut_off"])
