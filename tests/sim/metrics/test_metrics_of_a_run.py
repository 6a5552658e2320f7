"""The measures of a run, counted again from its public log with plain loops, and its errors by scikit-learn."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, precision_score, recall_score

from sim import InfluenceModel
from sim.config.composition import load_enforcement
from sim.events.records import POST, REPOST
from sim.metrics import SERIES
from sim.observation import Observation
from sim.population.accounts import NEVER, Status
from sim.population.truth import Layer, Origin
from tests.sim.test_model import tiny

HOUR = 3600


class Lottery:
    """Scores a growing random share of all accounts 1: half of them by the end of three days."""

    requires = frozenset({"time"})

    def __init__(self) -> None:
        self.hours, self.n = 0.0, 0

    def observe(self, observation: Observation) -> None:
        self.hours += (observation.end - observation.start) / HOUR
        self.n = observation.n_accounts

    def score(self) -> np.ndarray:
        draws = np.random.Generator(np.random.Philox(key=3)).random(self.n)
        return (draws < self.hours / 144).astype(np.float64)


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
    """Note the campaign's posts, by author and time; the log does not say which they are."""
    posts = model.events[(model.events["kind"] == POST) & (model.events["origin"] == Origin.CAMPAIGN)]
    model.campaign |= set(zip(posts["account"].tolist(), posts["time"].tolist(), strict=True))


def rows(log: Any, *names: str) -> list[tuple[int, ...]]:
    return list(zip(*(log[name].tolist() for name in names), strict=True))


@cache
def layers() -> list[str]:
    names = {Layer.ORGANIC: "organic", Layer.CORE: "core", Layer.AMPLIFIER: "amplifiers"}
    return [names[Layer(layer)] for layer in models()[0].world.truth.layer.tolist()]


@cache
def suspension_times() -> dict[int, int]:
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
        assert (number in suspension_times()) == (enforced.accounts[number].status == Status.SUSPENDED)
        by_layer[layer] += number in suspension_times()
        if layer == "organic":
            kind = int(truth.group_kind[number])
            name = "none" if kind < 0 else truth.group_kinds[kind]
            members[name] += 1
            by_group[name] += number in suspension_times()
    assert seen.suspended == dict(by_layer)
    assert {name: pair for name, pair in seen.enforced_by_group.items() if pair[1]} == {
        name: (by_group[name], members[name]) for name in members
    }


def test_posts_before_suspension_are_the_suspended_amplifiers_acts_in_the_log() -> None:
    enforced, _ = models()
    acts = {number: 0 for number in suspension_times() if layers()[number] == "amplifiers"}
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
        hours = [(at - first[i]) / HOUR for i, at in suspension_times().items() if layers()[i] == layer and i in first]
        assert sorted(seen[layer].tolist()) == pytest.approx(sorted(hours))
        assert min(hours) > 0


@pytest.mark.parametrize("which", [0, 1])
def test_the_series_are_what_the_log_says_of_each_step(which: int) -> None:
    model = models()[which]
    start, down = model.config.scenario.start_epoch, suspension_times() if which == 0 else {}
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


def test_the_twin_has_as_many_steps_as_the_run_has_come_to() -> None:
    model = InfluenceModel(tiny(1), Lottery())
    for steps in (20, 30):
        model.run_for(steps)
        alone = InfluenceModel(tiny(1))
        alone.run_for(model.step_number)
        assert model.twin().series["impressions"].size == model.step_number
        assert model.twin().impressions == alone.outcome().impressions


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
