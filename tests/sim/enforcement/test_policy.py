"""Policies choose accounts by score: built-in ones, a user's own class, further routes, and orders by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import ConfigError, InfluenceModel
from sim.config import EnforcementConfig, ExtraRouteConfig
from sim.config.composition import load_enforcement
from sim.config.yaml_files import available
from sim.enforcement.policy import Ladder, Measure, Never, Threshold, TopK, policy_of
from sim.population.accounts import Status
from tests.sim.enforcement.draws import NUMBER, appeals, config, lottery, review, rows, rules, run, twin, world
from tests.sim.platform.scripted import HOUR, Scripted
from tests.sim.test_model import same_log

SCALE = config().scenario.scale
SCORES = st.lists(st.floats(0.0, 1.0) | st.just(math.nan), min_size=1)


@given(SCORES, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_a_higher_threshold_acts_on_fewer_and_never_on_the_unscored(
    scores: list[float], one: float, other: float
) -> None:
    given = np.array(scores, np.float64)
    low, high = Threshold(min(one, other)).decide(given), Threshold(max(one, other)).decide(given)
    assert low.tolist() == [score >= min(one, other) for score in scores]
    assert not (high & ~low).any()
    assert not low[np.isnan(given)].any()
    assert not Never().decide(given).any()


@pytest.mark.parametrize(("policy", "threshold"), [("never", 0.0), ("never", math.inf), ("threshold", math.inf)])
def test_a_policy_that_never_acts_is_called_never(policy: str, threshold: float) -> None:
    assert isinstance(policy_of(rules(policy=policy, threshold=threshold)), Never)


@given(SCORES, st.lists(st.floats(0.0, 1.0), unique=True, min_size=1).map(sorted), st.floats(0.0, 1.0))
def test_a_ladder_takes_the_highest_rung_that_the_score_reaches(
    scores: list[float], thresholds: list[float], floor: float
) -> None:
    measures = (Measure("limit", 1.0, 0.0),) * len(thresholds)
    chosen = Ladder(thresholds, measures, floor).decide(np.array(scores))
    assert chosen.tolist() == [
        sum(score >= threshold for threshold in thresholds) if score >= floor else 0 for score in scores
    ]


@given(SCORES, st.floats(0.0, 3.0), st.floats(0.1, 2.0), st.floats(0.0, 1.0))
def test_top_k_takes_the_highest_scores_and_in_the_long_run_so_many_a_day(
    scores: list[float], per_day: float, days: float, threshold: float
) -> None:
    policy, given = TopK(per_day, days, threshold), np.array(scores)
    fit = sum(score >= threshold for score in scores)
    total = 0
    for decision in range(1, 8):
        chosen = policy.decide(given)
        total += min(chosen.sum(), fit)
        if chosen.any():
            assert given[chosen].min() >= threshold
            rest = given[~chosen & (given >= threshold)]
            assert not rest.size or given[chosen].min() >= rest.max()
        if fit >= 7:
            assert total == math.floor(per_day * days * decision + 1e-9)


def test_top_k_suspends_so_many_a_day_and_others_every_day() -> None:
    scores = np.random.Generator(np.random.Philox(key=4)).random(config().scenario.n_accounts)
    model = run(rules(policy="top_k", threshold=0.0, per_day=40 / SCALE, cadence_hours=12.0), Scripted(scores))
    log = rows(model)
    counts = [sum(time == hours * HOUR for time, *_ in log) for hours in (12, 24, 36, 48, 60)]
    assert counts == [20] * 5
    assert len({who for _, who, _, _ in log}) == 100
    registered = model.accounts.created < config().scenario.start_epoch + 12 * HOUR
    suspended, left = (model.accounts.status[registered] == status for status in (Status.SUSPENDED, Status.ACTIVE))
    mine = scores[model.platform.pseudonyms][registered]
    assert np.sort(mine[suspended])[-15:].min() > np.sort(mine[left])[-5:].min() or mine[suspended].min() > 0.9


@pytest.mark.parametrize("name", available("enforcement"))
def test_each_file_runs(name: str) -> None:
    enforcement = load_enforcement(f"enforcement={name}")
    model = run(enforcement, lottery(0.2, 0))
    assert enforcement.policy == {"defence": "review"}.get(name, name)
    assert (len(rows(model)) > 0) == (name != "never")
    model.results()


def test_a_users_own_policy_is_named_by_its_path() -> None:
    mine = rules(policy=f"{__name__}.EveryTenth", options={"first": 3})
    model = run(mine, lottery(0.0, 0))
    hit = model.accounts.status == Status.SUSPENDED
    pseudonyms = model.platform.pseudonyms[hit]
    assert hit.sum() > 100
    assert (pseudonyms % 10 == 3).all()


class EveryTenth:
    def __init__(self, first: int) -> None:
        self.first = first

    def decide(self, scores: np.ndarray) -> np.ndarray:
        return (np.arange(scores.size) % 10 == self.first) & ~np.isnan(scores)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"policy": "mercy"},
            "enforcement.policy must be one of never, .*, or the dotted path of a class; got 'mercy'.",
        ),
        ({"policy": "ladder"}, r"enforcement.rungs must have thresholds that rise; got \[\]."),
        ({"strength": 1.5}, r"enforcement.strength must lie in \[0, 1\]; got 1.5."),
        ({"per_day": -1.0}, r"enforcement.per_day must lie in \[0, inf\); got -1.0."),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_allowed(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        rules(**changes)


def test_a_path_that_names_no_policy_is_refused_in_one_line() -> None:
    for path in ("no.such.thing", "math.pi", f"{__name__}.EveryTenth"):
        with pytest.raises(ConfigError, match=r"enforcement.policy") as caught:
            policy_of(rules(policy=path))
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("enforcement.appeals.share.organic=2", r"enforcement.appeals.share.organic must lie in \[0, 1\]; got 2"),
        ("enforcement.review.hours_per_day=25", r"enforcement.review.hours_per_day must lie in \(0, 24\]; got 25"),
        ("enforcement.rungs=[{threshold: 2, action: label, strength: 1, delay_hours: 0}]", "rungs.*threshold must lie"),
        ("enforcement.rungs=[{threshold: 1}]", r"enforcement.rungs\[0\].action is missing"),
        ("+enforcement.routes.fast={detector: random}", "enforcement.routes.fast.cadence_hours is missing"),
        ("feed.repost_friction=2", "repost_friction"),
    ],
)
def test_a_wrong_value_of_a_file_is_refused_with_its_key(override: str, message: str) -> None:
    if override.startswith("feed"):
        from tests.sim.test_model import tiny

        with pytest.raises(ConfigError, match=message):
            tiny(1, override)
        return
    with pytest.raises(ConfigError, match=message):
        load_enforcement(override)


# Routes.


def with_route(**changes: Any) -> EnforcementConfig:
    plain: dict[str, Any] = {
        "detector": {"_target_": "tests.sim.platform.scripted.Scripted", "scores": 1.0, "begin": 30 * HOUR},
        "policy": "threshold", "threshold": 0.5, "cadence_hours": 1.0, "delay_hours": 0.0, "action": "label",
    }  # fmt: skip
    return rules(routes={"second": ExtraRouteConfig(**{**plain, **changes})}, delay_hours=1.0)


def test_a_second_route_has_a_detector_and_an_action_of_its_own() -> None:
    model = run(with_route(), lottery(0.2, 0))
    log = model.platform.actions.log
    assert model.platform.actions.routes == ["main", "second"]
    main = log["route"] == 0
    assert set(log["action"][main]) == {NUMBER["suspend"]}
    assert set(log["action"][~main]) == {NUMBER["label"]}
    assert log["time"][~main].min() == 30 * HOUR
    alone = run(rules(delay_hours=1.0), lottery(0.2, 0))
    assert sorted(rows(alone)) == sorted(row for row in rows(model) if row[2] == NUMBER["suspend"])


def test_where_the_main_policy_never_acts_no_route_does() -> None:
    for never in (replace(with_route(), policy="never"), replace(with_route(), threshold=math.inf)):
        model = run(never, lottery(1.0, 0))
        assert len(model.platform.routes) == 1
        assert same_log(model.activity, twin().activity)
    model = run(with_route(), lottery(0.2, 0))
    assert same_log(InfluenceModel(config(), world=world()).activity, model.activity) is False
    assert model.twin().reached.tolist() == twin().outcome().reached.tolist()


def test_a_routes_cases_go_to_the_shared_reviewers() -> None:
    both = replace(
        with_route(policy="review", action="suspend"), review=review(100 / SCALE), appeals=appeals(1.0)
    )  # fmt: skip
    model = run(both, lottery(0.2, 0))
    results = model.results()
    assert results["review_cases"] > results["appeals_filed"] > 0
    layer = model.world.truth.layer
    log = model.platform.actions.log
    second = np.array(model.platform.actions.routes).tolist().index("second")
    hit = log["account"][(log["route"] == second) & ~log["lifted"]]
    assert hit.size > 50
    assert (layer[hit] != 0).all()


# By hand, as the investigation does.


def test_an_order_by_hand_takes_effect_at_its_time_under_its_name() -> None:
    model = InfluenceModel(config(), world=world())
    who = np.array([3, 1600, 1600, 1])
    model.platform.apply(who, "suspend", 1.0, 90 * 60, "investigation")
    model.run()
    assert rows(model) == [(2 * HOUR, account, NUMBER["suspend"], False) for account in (1, 3, 1600)]
    assert model.platform.actions.routes == ["investigation"]
    assert np.flatnonzero(model.accounts.status).tolist() == [1, 3, 1600]


def test_no_detector_sees_limits_labels_or_suspensions() -> None:
    from sim.observation import COLUMNS

    assert not {"status", "limit", "label", "suspended_at"} & set(COLUMNS)


@pytest.mark.parametrize(
    ("decided", "got"),
    [
        (lambda scores: (scores > 0.5).astype(float), "float64"),
        (lambda scores: (scores > 0.5)[1:], r"bool \("),
        (lambda scores: (scores > 0.5).tolist(), "list"),
        (lambda scores: np.full(scores.size, 2), r"\[0, 1\]; got 2"),
        (lambda scores: np.full(scores.size, -1), r"\[0, 1\]; got -1"),
    ],
)
def test_a_policy_that_decides_what_is_no_measure_is_named_with_what_it_did(decided, got: str) -> None:
    class Odd:
        def decide(self, scores):
            return decided(scores)

    model = InfluenceModel(config(), lottery(0.1, 0), enforcement=rules(), world=world())
    model.platform.policy = Odd()
    with pytest.raises(ConfigError, match=rf"policy Odd: decide\(\) must return .*{got}"):
        model.run()
