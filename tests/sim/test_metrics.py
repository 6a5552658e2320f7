"""The measures: counted by hand on small outcomes, and counted again from a run's public log."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, precision_score, recall_score

from sim import InfluenceModel
from sim.config.composition import load_enforcement
from sim.events.records import POST, RECOMMENDED, REPOST
from sim.metrics import SERIES, Outcome, results
from sim.observation import Observation
from sim.operation.costs import ITEMS
from sim.population.accounts import NEVER, Status
from sim.population.truth import Layer, Origin
from tests.sim.test_model import tiny

HOUR = 3600


def outcome(**changes: Any) -> Outcome:
    """Return an outcome small enough to be counted by hand: two days, 40 people, 4 personas, 10 amplifiers."""
    plain: dict[str, Any] = {
        "seed": 1,
        "step_hours": 12.0,
        "n_organic": 40,
        "n_core": 4,
        "n_amplifiers": 10,
        "impressions": 30,
        "organic_amplification": 3,
        "organic_impressions": 450,
        "reached": np.array([2, 3, 5, 8, 13, 21], np.int32),
        "suspended": {"organic": 2, "core": 1, "amplifiers": 6},
        "enforced": {"organic": 3, "core": 2, "amplifiers": 7},
        "enforced_by_group": {"none": (1, 36), "fans": (1, 4), "newsrooms": (0, 0)},
        "organic_by_action": {"suspend": 2, "challenge": 1, "limit": 3, "label": 0, "remove_posts": 0},
        "load": {
            "review_cases": 9.0, "queue_length": 2.0, "mean_queue_length": 1.5, "mean_wait_hours": 4.0,
            "reviewer_hours": 6.0, "appeals_filed": 7.0, "appeals_upheld": 3.0, "appeals_overturned": 2.0,
            "appeals_pending": 2.0, "lifted_actions": 5.0,
        },
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
        "reached_by_recommendation": 2,
        "second_reached": np.array([1, 2, 3], np.int32),
        "series": {name: np.zeros(4) for name in SERIES},
    }  # fmt: skip
    return Outcome(**{**plain, **changes})


TWIN = outcome(
    impressions=120, organic_amplification=9, organic_impressions=500, reached=np.arange(24, dtype=np.int32),
    suspended={"organic": 0, "core": 0, "amplifiers": 0}, enforced={"organic": 0, "core": 0, "amplifiers": 0},
)  # fmt: skip


# By hand.


@pytest.mark.parametrize(
    ("measure", "value"),
    [
        ("reach", 6),
        ("impressions", 30),
        ("organic_amplification", 3),
        ("reach_cut_off", 1 - 6 / 24),
        ("impressions_cut_off", 1 - 30 / 120),
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
        ("reach_by_recommendation", 2 / 6),
    ],
)
def test_a_measure_is_what_is_counted_by_hand(measure: str, value: float) -> None:
    assert results(outcome(), TWIN)[measure] == pytest.approx(value, abs=1e-15)


def test_there_is_no_measure_that_is_not_counted_by_hand_here() -> None:
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
    }
    counts |= set(empty.load)
    counts |= {"promoted_impressions", "second_platform_impressions", "second_platform_reach", "reach_anywhere"}
    seen = results(empty, empty)
    groups = {"false_positive_rate_none", "false_positive_rate_fans"}
    assert {name for name, value in seen.items() if math.isnan(value)} == set(seen) - counts - groups - spent


def test_a_run_beside_itself_cuts_nothing_off() -> None:
    seen = results(TWIN, TWIN)
    assert [seen[name] for name in ("reach_cut_off", "impressions_cut_off", "collateral", "collateral_share")] == [
        0
    ] * 4
    assert seen["false_positive_rate"] == seen["recall"] == 0.0
    assert math.isnan(seen["precision"])  # of nobody acted upon


def test_more_reach_than_the_twin_is_less_than_nothing_cut_off() -> None:
    assert results(replace(TWIN, reached=np.arange(30, dtype=np.int32)), TWIN)["reach_cut_off"] == pytest.approx(-0.25)


# From the log of a run, with plain loops.


class Lottery:
    """Lets accounts of every layer fall, more and more of them: half by the end of three days."""

    requires = frozenset({"time"})

    def __init__(self) -> None:
        self.hours, self.n = 0.0, 0

    def observe(self, observation: Observation) -> None:
        self.hours += (observation.end - observation.start) / HOUR
        self.n = observation.n_accounts

    def score(self) -> np.ndarray:
        lot = np.random.Generator(np.random.Philox(key=3)).random(self.n)
        return (lot < self.hours / 144).astype(np.float64)


@cache
def models() -> tuple[InfluenceModel, InfluenceModel]:
    """Return an enforced run with hits in every layer, and its unenforced twin."""
    config = tiny(1, "organic.groups.fans.share=0.2", "operation.authentic_share=0.2", "operation.campaign_appeal=20")
    rules = load_enforcement("enforcement.cadence_hours=5", "enforcement.delay_hours=2")
    enforced, twin = InfluenceModel(config, Lottery(), enforcement=rules), InfluenceModel(config)
    for model in (enforced, twin):
        model.campaign = set()
        model.run(note)
    return enforced, twin


def note(model: InfluenceModel) -> None:
    """Note the campaign's posts, by author and time: the log does not say which they are."""
    posts = model.events[(model.events["kind"] == POST) & (model.events["origin"] == Origin.CAMPAIGN)]
    model.campaign |= set(zip(posts["account"].tolist(), posts["time"].tolist(), strict=True))


def rows(log: Any, *names: str) -> list[tuple[int, ...]]:
    return list(zip(*(log[name].tolist() for name in names), strict=True))


@cache
def layers() -> list[str]:
    names = {Layer.ORGANIC: "organic", Layer.CORE: "core", Layer.AMPLIFIER: "amplifiers"}
    return [names[Layer(layer)] for layer in models()[0].world.truth.layer.tolist()]


@cache
def fallen() -> dict[int, int]:
    """Return when each suspended account was suspended, seconds from the start."""
    table, start = models()[0].accounts, models()[0].config.scenario.start_epoch
    return {i: int(at) - start for i, at in enumerate(table.suspended_at) if at != NEVER}


def test_the_run_has_something_to_count() -> None:
    enforced, _ = models()
    seen = enforced.outcome()
    assert all(
        0 < count < seen_of
        for count, seen_of in zip(
            seen.suspended.values(), (seen.n_organic, seen.n_core, seen.n_amplifiers), strict=True
        )
    )
    assert seen.organic_amplification > 10
    assert seen.reached.size > 100
    assert seen.enforced_by_group["fans"][0] > 0


@pytest.mark.parametrize("which", [0, 1])
def test_impressions_and_reach_are_the_impression_logs(which: int) -> None:
    model = models()[which]
    reads = rows(model.impressions, "account", "author", "post_time")
    assert all(layers()[reader] == "organic" for reader, _, _ in reads)
    assert {(author, time) for _, author, time in reads} <= model.campaign
    seen = model.outcome()
    assert seen.impressions == len(reads)
    assert seen.reached.tolist() == sorted({reader for reader, _, _ in reads})


@pytest.mark.parametrize("which", [0, 1])
def test_who_is_reached_by_recommendation_was_first_shown_a_recommended_post(which: int) -> None:
    model = models()[which]
    first: dict[int, tuple[int, int]] = {}
    for reader, time, source in rows(model.impressions, "account", "time", "source"):
        first[reader] = min(first.get(reader, (2**31, 0)), (time, source))
    recommended = sum(source == RECOMMENDED for _, source in first.values())
    assert 0 < model.outcome().reached_by_recommendation == recommended < len(first)


@pytest.mark.parametrize("which", [0, 1])
def test_organic_amplification_is_the_publics_reposts_of_the_campaign(which: int) -> None:
    model = models()[which]
    count = 0
    for account, kind, author, time in rows(model.activity, "account", "kind", "author", "post_time"):
        count += layers()[account] == "organic" and kind == REPOST and (author, time) in model.campaign
    assert model.outcome().organic_amplification == count


def test_suspended_accounts_are_counted_by_layer_and_group() -> None:
    enforced, _ = models()
    truth, seen = enforced.world.truth, enforced.outcome()
    by_layer, by_group, members = defaultdict(int), defaultdict(int), defaultdict(int)
    for number, layer in enumerate(layers()):
        assert (number in fallen()) == (enforced.accounts[number].status == Status.SUSPENDED)
        by_layer[layer] += number in fallen()
        if layer == "organic":
            kind = int(truth.group_kind[number])
            name = "none" if kind < 0 else truth.group_kinds[kind]
            members[name] += 1
            by_group[name] += number in fallen()
    assert seen.suspended == dict(by_layer)
    assert {name: pair for name, pair in seen.enforced_by_group.items() if pair[1]} == {
        name: (by_group[name], members[name]) for name in members
    }


def test_posts_before_suspension_are_the_suspended_amplifiers_acts_in_the_log() -> None:
    enforced, _ = models()
    acts = {number: 0 for number in fallen() if layers()[number] == "amplifiers"}
    for (account,) in rows(enforced.activity, "account"):
        if account in acts:
            acts[account] += 1
    assert sorted(enforced.outcome().posts_before_suspension.tolist()) == sorted(acts.values())
    at_most_one = sum(count <= 1 for count in acts.values()) / len(acts)
    assert enforced.results()["amplifiers_suspended_with_at_most_one_post"] == pytest.approx(at_most_one)


def test_hours_to_detection_run_from_an_accounts_first_act_to_its_suspension() -> None:
    enforced, _ = models()
    first: dict[int, int] = {}
    for account, time in rows(enforced.activity, "account", "time"):
        first.setdefault(account, time)
    seen = enforced.outcome().hours_to_detection
    for layer in ("organic", "core", "amplifiers"):
        hours = [(at - first[i]) / HOUR for i, at in fallen().items() if layers()[i] == layer and i in first]
        assert sorted(seen[layer].tolist()) == pytest.approx(sorted(hours))
        assert min(hours) > 0


@pytest.mark.parametrize("which", [0, 1])
def test_the_series_are_what_the_log_says_of_each_step(which: int) -> None:
    model = models()[which]
    start, down = model.config.scenario.start_epoch, fallen() if which == 0 else {}
    born = [int(created) - start for created in model.accounts.created]
    impressions, amplified, met = defaultdict(int), defaultdict(int), {}
    for reader, time in rows(model.impressions, "account", "time"):
        impressions[time // HOUR] += 1
        met[reader] = min(met.get(reader, time), time)
    for account, kind, author, post_time, time in rows(
        model.activity, "account", "kind", "author", "post_time", "time"
    ):
        if layers()[account] == "organic" and kind == REPOST and (author, post_time) in model.campaign:
            amplified[time // HOUR] += 1
    series = model.outcome().series
    assert set(series) == set(SERIES)
    for step in range(model.n_steps):
        end = (step + 1) * HOUR
        expected = {
            "impressions": impressions[step],
            "reach": sum(time < end for time in met.values()),
            "organic_amplification": amplified[step],
            "live_amplifiers": sum(
                layer == "amplifiers" and born[i] < end and not down.get(i, NEVER) < end
                for i, layer in enumerate(layers())
            ),
        }
        for layer in ("organic", "core", "amplifiers"):
            expected[f"suspended_{layer}"] = sum(layers()[i] == layer and at < end for i, at in down.items())
        assert {name: series[name][step] for name in SERIES} == expected


def test_collateral_is_what_the_public_read_less_of_the_public_than_in_the_twin() -> None:
    # What is read of organic content is in no log; `tests/oracle` counts it in plain Python.
    enforced, twin = models()
    seen = enforced.results()
    assert twin.outcome().organic_impressions > enforced.outcome().organic_impressions > 0
    assert seen["collateral"] == twin.outcome().organic_impressions - enforced.outcome().organic_impressions
    assert enforced.twin().organic_impressions == twin.outcome().organic_impressions


def test_accounts_that_never_existed_are_in_no_denominator() -> None:
    model = InfluenceModel(tiny(1, "operation.wave_days=[-30,1,9]"))
    model.run()
    seen, start = model.outcome(), model.config.scenario.start_epoch
    born = [int(created) - start for created, layer in zip(model.accounts.created, layers(), strict=True)
            if layer == "amplifiers"]  # fmt: skip
    assert seen.n_amplifiers == sum(when < 3 * 24 * HOUR for when in born) < len(born)
    people = [int(created) - start for created, layer in zip(model.accounts.created, layers(), strict=True)
              if layer == "organic"]  # fmt: skip
    assert seen.n_organic == sum(when < 3 * 24 * HOUR for when in people) < 1500  # some register later
    assert seen.n_core == 12


def test_scikit_learn_counts_the_same_errors() -> None:
    enforced, _ = models()
    table, seen = enforced.accounts, enforced.results()
    existed = table.created < enforced.config.scenario.start_epoch + 3 * 24 * HOUR
    truth = enforced.world.truth.operation[existed]
    hit = table.status[existed] == Status.SUSPENDED
    true_negative, false_positive, _, _ = confusion_matrix(truth, hit).ravel()
    assert seen["precision"] == pytest.approx(precision_score(truth, hit))
    assert seen["recall"] == pytest.approx(recall_score(truth, hit))
    assert seen["false_positive_rate"] == pytest.approx(false_positive / (false_positive + true_negative))
    layer = enforced.world.truth.layer[existed]
    for name, of in (("core", Layer.CORE), ("amplifiers", Layer.AMPLIFIER)):
        assert seen[f"recall_{name}"] == pytest.approx(recall_score(layer == of, hit & (layer == of)))
