"""The investigation: which accounts it examines first, what it finds, when its wave comes, and how sure it is."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from sim import InfluenceModel, load_scenario
from sim.config import EnforcementConfig, WorldConfig
from sim.config.composition import load_enforcement
from sim.events.records import REPOST
from sim.population.accounts import Access, Status
from sim.population.truth import Layer

DAY = 86_400
TINY = ["scenario.scale=1", "scenario.organic=1500", "scenario.core=40", "scenario.amplifiers=240", "scenario.days=10",
        "operation.cell_size=20", "operation.acts_per_day_median=6", "operation=static"]  # fmt: skip


def world(*more: str) -> WorldConfig:
    return load_scenario("hk2019", scale=1.0, seed=1, overrides=[*TINY, *more])


def enforcement(**changes: object) -> EnforcementConfig:
    base = replace(load_enforcement(), threshold=1.0)  # random scores are below 1: the automatic route acts on nobody
    rules = {
        "analysts": 10.0, "hours_per_day": 8.0, "hours_per_account": 1.0, "miss_rate": 0.0, "false_alarm_rate": 0.0,
        "top_scores": 0, "tip_date": "2019-07-21", "tip_accounts": 3, "least_evidence": 0.02,
        "idle_days": 3, "wave_after_days": 1, "wave_by": "2019-07-28", "least_accounts": 1,
        **changes,
    }  # fmt: skip
    return replace(base, investigation=replace(base.investigation, **rules))


def run(config: WorldConfig, rules: EnforcementConfig) -> InfluenceModel:
    model = InfluenceModel(config, "random", enforcement=rules)
    model.run()
    return model


def same_log(one: InfluenceModel, other: InfluenceModel) -> bool:
    return all(np.array_equal(one.activity[name], other.activity[name]) for name in one.activity.columns)


def test_without_analysts_nothing_happens() -> None:
    idle, free = run(world(), enforcement(analysts=0.0)), InfluenceModel(world())
    free.run()
    assert same_log(idle, free)
    assert idle.platform.investigation.report.opened is None


def test_the_investigation_expands_from_a_tip_to_the_core_and_ends_in_one_wave() -> None:
    model = run(world(), enforcement())
    report, table = model.platform.investigation.report, model.accounts
    core = model.world.truth.accounts(Layer.CORE)
    suspended = np.flatnonzero(table.status == Status.SUSPENDED)
    assert report.leads["tip"] == 3
    assert np.isin(core, suspended).sum() > 10  # more than the tip named
    assert set(table.suspended_at[suspended]) == {model.config.scenario.start_epoch + report.wave}
    assert report.wrongly_confirmed == 0
    assert report.wave >= report.closed + DAY
    assert (model.world.truth.operation[suspended]).all()


def test_a_team_examines_no_more_than_its_hours_allow() -> None:
    model = InfluenceModel(
        world(), "random", enforcement=enforcement(analysts=1.0, hours_per_account=2.5, least_evidence=0.0)
    )
    before = 0
    while model.step_number < model.n_steps:
        model.step()
        if model.step_number % 24 == 0:
            examined = model.platform.investigation.report.examined
            assert examined - before <= math.ceil(8.0 / 2.5)
            before = examined
    assert model.platform.investigation.report.analyst_hours == before * 2.5 > 0


def test_confirmations_err_at_the_configured_rates() -> None:
    everybody = world("organic.reports.people_share=1", "organic.reports.report_probability=1")
    rules = {"tip_accounts": 0, "top_scores": 0, "miss_rate": 0.3, "false_alarm_rate": 0.1}
    model = run(everybody, enforcement(analysts=1e4, **rules))
    seen, truth = model.platform.investigation, model.world.truth.operation
    for guilty, rate in ((True, 0.7), (False, 0.1)):
        looked = seen.examined & (truth == guilty)
        found = int((seen.confirmed & looked).sum())
        spread = math.sqrt(looked.sum() * rate * (1 - rate))
        assert abs(found - rate * looked.sum()) < 5 * spread
    assert seen.report.wrongly_confirmed == (seen.confirmed & ~truth).sum()


def test_evidence_is_the_share_of_confirmed_accounts_on_the_same_network() -> None:
    model = InfluenceModel(world(), "random", enforcement=enforcement())
    seen, table = model.platform.investigation, model.accounts
    core = model.world.truth.accounts(Layer.CORE)
    seen.confirmed[core[::2]] = True
    scores = np.full(len(table), np.nan)
    end = model.config.scenario.step_seconds
    found, _ = seen.evidence(scores, end)
    registered = table.created < model.config.scenario.start_epoch + end
    shared = (table.access != Access.RESIDENTIAL) & registered
    users = Counter(table.network[shared].tolist())
    guilty = Counter(table.network[shared & seen.confirmed].tolist())
    born = Counter((table.created[registered] // DAY).tolist())
    bad = Counter((table.created[registered & seen.confirmed] // DAY).tolist())
    for who in np.flatnonzero(registered & ~seen.confirmed)[-200:]:
        day = int(table.created[who] // DAY)
        expected = [bad[day] / max(born[day] - 1, 1)]
        if shared[who]:
            net = int(table.network[who])
            expected.append(guilty[net] / max(users[net] - 1, 1))
        assert found[who] == pytest.approx(max(expected))


def test_attribution_is_surer_the_more_accounts_come_in_from_the_mainland() -> None:
    confidence = []
    for share in (0.0, 0.05, 0.3):
        model = run(world(f"operation.mainland_share={share}"), enforcement(least_accounts=1))
        confidence.append(model.platform.investigation.report.confidence)
    assert confidence == sorted(confidence)
    assert confidence[0] < confidence[-1] > 0.9


def test_a_sure_attribution_has_consequences_and_an_unsure_one_has_none() -> None:
    sure = run(world("operation.mainland_share=0.3"), enforcement(attribution_least=0.5)).platform.investigation.report
    unsure = run(world(), enforcement(prior=0.01, attribution_least=0.999)).platform.investigation.report
    assert sure.tipped_second_platform
    assert sure.advertising_barred
    spared = enforcement(attribution_least=0.5, bars_advertising=False)
    spared_report = run(world("operation.mainland_share=0.3"), spared).platform.investigation.report
    assert spared_report == replace(sure, advertising_barred=False)
    assert sure.referral is not None
    assert sure.referral.accounts == sure.confirmed
    assert unsure.wave is not None
    assert unsure.referral is None
    assert not unsure.tipped_second_platform


def test_dates_before_the_first_day_are_of_another_scenario_and_do_nothing() -> None:
    passed, none = (
        run(world(), enforcement(tip_date=day, wave_by=day, top_scores=1000)).platform.investigation.report
        for day in ("2019-07-19", None)
    )
    assert passed == none
    assert passed.leads["tip"] == 0
    assert passed.examined > 0


@pytest.mark.parametrize("status", [Status.CHALLENGED, Status.SUSPENDED])
def test_reposts_by_whom_the_platform_holds_count_for_two_weeks_against_whom_they_reposted(status: Status) -> None:
    config = world("scenario.days=17", "organic.reports.report_probability=0")  # a report would be evidence, too
    model = InfluenceModel(config, "random", enforcement=enforcement(tip_date=None))
    model.run()
    log = {name: np.concatenate([part[name] for part in model.activity.parts()]) for name in model.activity.columns}
    # A repost of the first three days is forgotten by now.
    recent = (log["kind"] == REPOST) & (log["time"] >= 3 * DAY)
    who, author = log["account"][recent].astype(np.int64), log["author"][recent].astype(np.int64)
    held = np.unique(who)[::7]
    model.accounts.status[held] = status
    got, bad = (np.bincount(rows, minlength=len(model.accounts)) for rows in (author, author[np.isin(who, held)]))
    evidence, source = model.platform.investigation.evidence(np.full(got.size, np.nan), 17 * DAY)
    by_hand = bad / (got + 3.0)
    assert (by_hand > 0.0).sum() > 20
    assert evidence == pytest.approx(by_hand)
    assert (source[by_hand > 0.0] == list(model.platform.investigation.report.leads).index("behaviour")).all()
