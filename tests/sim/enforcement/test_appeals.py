"""Appeals: every case ends upheld, overturned or pending, the counts add up, and those reinstated are back."""

from __future__ import annotations

from collections import Counter
from functools import cache

import numpy as np
import pytest

from sim import InfluenceModel
from sim.population.accounts import NEVER, Status
from sim.population.truth import Layer
from tests.sim.enforcement.draws import NUMBER, appeals, config, lottery, review, rows, rules, run, twin, world
from tests.sim.platform.test_platform import HOUR
from tests.sim.test_model import same_log

SCALE = config().scenario.scale


@cache
def appealed(share: float = 0.5, reviewers: float = 3.0, own: float = 0.0) -> InfluenceModel:
    """Suspend three in ten; of each layer a share appeals, before reviewers who err."""
    return run(
        rules(
            review=review(reviewers / SCALE, miss_rate=0.3, false_alarm_rate=0.2),
            appeals=appeals(share, reviewers=own / SCALE),
        ),
        lottery(0.3, 6 * HOUR),
    )


@pytest.mark.parametrize(("reviewers", "own"), [(3.0, 0.0), (0.0, 3.0), (0.2, 0.0), (0.0, 0.0)])
def test_every_appeal_is_upheld_overturned_or_pending_and_the_counts_add_up(reviewers: float, own: float) -> None:
    model = appealed(0.5, reviewers, own)
    results = model.results()
    log = rows(model)
    hit = {who for _, who, _, lifted in log if not lifted}
    filed = results["appeals_filed"]
    parts = [results[f"appeals_{name}"] for name in ("upheld", "overturned", "pending")]
    assert filed == sum(parts)
    assert 0.35 * len(hit) < filed <= 0.6 * len(hit)
    assert results["appeals_overturned"] == sum(lifted for *_, lifted in log) == results["lifted_actions"]
    assert results["review_cases"] == filed
    if reviewers + own:
        assert min(parts[:2]) > 0
        assert results["overturn_rate"] == parts[1] / (parts[0] + parts[1])
    else:
        assert parts[2] == filed
        assert np.isnan(results["overturn_rate"])
        assert results["queue_length"] == filed


def test_nobody_appeals_by_default_and_nothing_else_changes() -> None:
    plain, without = run(rules()), run(rules(appeals=appeals(0.0)))
    assert same_log(plain.activity, without.activity)
    assert plain.results()["appeals_filed"] == 0.0


def test_people_are_mostly_reinstated_and_the_operation_mostly_not() -> None:
    model = appealed()
    layer = model.world.truth.layer
    lifted, hit = ({who for _, who, _, back in rows(model) if back == wanted} for wanted in (True, False))
    share = [
        sum((layer[who] == Layer.ORGANIC) == people for who in lifted)
        / sum((layer[who] == Layer.ORGANIC) == people for who in hit)
        for people in (True, False)
    ]
    assert share[0] > 2 * share[1]
    assert abs(share[0] - 0.5 * 0.8) < 0.1
    assert abs(share[1] - 0.5 * 0.3) < 0.1


def test_those_reinstated_act_and_are_read_again_and_are_still_counted_as_hit() -> None:
    model = appealed()
    back = {who: time for time, who, _, lifted in rows(model) if lifted}
    out = {who: time for time, who, _, lifted in rows(model) if not lifted}
    people = [who for who in back if model.world.truth.layer[who] == Layer.ORGANIC]
    assert (model.accounts.status[people] == Status.ACTIVE).all()
    assert (model.accounts.suspended_at[people] == NEVER).all()
    acts, reads = Counter(), Counter()
    for who, time in zip(model.activity["account"].tolist(), model.activity["time"].tolist(), strict=True):
        if who in back:
            assert not out[who] <= time < back[who]
            acts[who] += time >= back[who]
    for who, source, time in zip(
        model.activity["account"].tolist(), model.activity["source"].tolist(), model.activity["time"].tolist(),
        strict=True,
    ):  # fmt: skip
        reads[source] += source in back and time >= back[source] and source in model.world.graph.following(who)
    assert sum(acts.values()) > 50
    assert sum(reads.values()) > 5  # their followers repost them as before
    hit = sum(model.world.truth.layer[who] == Layer.ORGANIC for who in out)
    assert model.results()["false_positive_rate"] == hit / model.outcome().n_organic
    assert model.results()["organic_suspended"] == hit - len(people)


def test_those_reinstated_are_left_alone_for_a_while_and_not_for_good() -> None:
    def times_hit(immune_days: float) -> int:
        enforcement = rules(
            review=review(50 / SCALE), appeals=appeals(1.0, immune_days=immune_days, wait_hours_median=1.0)
        )
        model = run(enforcement, lottery(0.3, 6 * HOUR))
        hits = Counter(who for _, who, _, lifted in rows(model) if not lifted)
        return max(hits.values())

    assert times_hit(30.0) == 1
    assert times_hit(0.5) > 2


def test_who_may_appeal_against_what_is_configured() -> None:
    enforcement = rules("label", review=review(50 / SCALE), appeals=appeals(1.0, actions=["label"]))
    model = run(enforcement)
    labelled = {who for _, who, action, lifted in rows(model) if action == NUMBER["label"] and not lifted}
    freed = {who for _, who, action, lifted in rows(model) if action == NUMBER["label"] and lifted}
    assert freed < labelled
    assert len(freed) > 100
    assert not model.accounts.label[list(freed)].any()
    assert run(rules("label", review=review(50 / SCALE), appeals=appeals(1.0))).results()["appeals_filed"] == 0.0


def test_the_twin_has_no_appeals() -> None:
    assert twin().results()["appeals_filed"] == 0.0
    assert same_log(run(rules(policy="never", appeals=appeals(1.0))).activity, twin().activity)
    assert world().accounts.status.max() == Status.ACTIVE
