"""Actions: strength nought is nothing at all, and what each does at its full strength and by its parameter."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from sim import InfluenceModel
from sim.config import ChallengeConfig, RungConfig
from sim.events.records import RECOMMENDED, REPOST
from sim.events.timeline import Timeline
from sim.population.accounts import Status
from sim.population.truth import Layer
from tests.sim.enforcement.draws import ACTIONS, NUMBER, config, lottery, rows, rules, run, twin, world
from tests.sim.platform.test_platform import HOUR, Scripted
from tests.sim.test_model import same_log

DAY = 24 * HOUR
BEGIN = DAY  # the lottery's first scores are taken then, and take effect at once


def hit() -> np.ndarray:
    """Who the lottery names, by internal number, if registered when it begins."""
    fresh = twin().platform.pseudonyms
    registered = world().accounts.created < config().scenario.start_epoch + BEGIN
    return (lottery().scores[fresh] == 1.0) & registered


def is_twin(model: InfluenceModel) -> bool:
    return (
        same_log(model.activity, twin().activity)
        and same_log(model.impressions, twin().impressions)
        and model.outcome().organic_impressions == twin().outcome().organic_impressions
        and (model.accounts.stance == twin().accounts.stance).all()
        and (model.accounts.status == Status.ACTIVE).all()
    )


@pytest.mark.parametrize("action", ACTIONS)
def test_strength_nought_is_the_unenforced_run_bit_for_bit(action: str) -> None:
    model = run(rules(action, 0.0))
    assert is_twin(model)
    assert rows(model) == []
    assert model.results()["false_positive_rate"] == 0.0


@pytest.mark.parametrize("action", [name for name in ACTIONS if name != "bar_advertising"])
def test_strength_one_is_another_run(action: str) -> None:
    """Else the test above would say nothing."""
    model = run(rules(action))
    assert not is_twin(model)
    named = np.unique([account for _, account, number, _ in rows(model) if number == NUMBER[action]])
    assert set(np.flatnonzero(hit())) <= set(named)


def test_a_ladder_of_nought_is_the_unenforced_run() -> None:
    rungs = [
        RungConfig(threshold=i / 10, action=name, strength=0.0, delay_hours=1.0) for i, name in enumerate(ACTIONS, 1)
    ]
    assert is_twin(run(rules(policy="ladder", threshold=0.0, rungs=rungs)))


def test_a_bar_from_advertising_touches_nothing_else_and_is_no_false_positive() -> None:
    model = run(rules("bar_advertising"))
    assert is_twin(model)
    assert model.accounts.advertising_barred[hit()].all()
    assert model.results()["false_positive_rate"] == 0.0


def test_a_suspension_of_half_strength_is_carried_out_on_half() -> None:
    model = run(rules(strength=0.5, cadence_hours=60.0), lottery(1.0, 0))
    registered = world().accounts.created < config().scenario.start_epoch + 60 * HOUR
    share = (model.accounts.status[registered] == Status.SUSPENDED).mean()
    assert abs(share - 0.5) < 5 * 0.5 / np.sqrt(registered.sum())
    assert (model.accounts.status[~registered] == Status.ACTIVE).all()


# Limit.


def test_posts_under_a_full_limit_enter_no_recommendations_and_their_authors_reposts_count_for_nothing() -> None:
    model = InfluenceModel(config(), lottery(), enforcement=rules("limit"), world=world())
    counted: dict[int, int] = {}

    def look(model: InfluenceModel) -> None:
        limited = model.accounts.limit > 0
        reposts = model.events[model.events["kind"] == REPOST]
        for account, post in zip(reposts["account"].tolist(), reposts["post"].tolist(), strict=True):
            counted[post] = counted.get(post, 0) + (not limited[account])
        known = [post for post in counted if model.timeline.known(np.array(post)) and post > last[0]]
        shown = model.timeline.posts(np.array(known, np.int64))["reposts"].tolist()
        assert shown == [counted[post] for post in known]
        trending = model.trends.post[model.trends.post > last[0]]
        authors = model.timeline.posts(trending[model.timeline.known(trending)])["author"]
        assert not limited[authors].any()
        seen[0] += authors.size

    last, seen = [0], [0]
    while model.step_number < model.n_steps:
        model.step()
        if model.step_number * HOUR == BEGIN:
            last[0] = model.timeline._first_post + model.timeline._n_posts - 1
        if model.step_number * HOUR > BEGIN:
            look(model)
    assert seen[0] > 10
    assert len(counted) > 100


def test_a_limit_lowers_what_is_read_of_those_limited_the_more_the_stronger_it_is() -> None:
    """Where attention is short: ranked down, they lose their readers to others."""
    limited = hit()
    read = []
    of = world(1, "feed.attention=3")
    for strength in (0.0, 0.6, 1.0):
        model = run(rules("limit", strength), of=of)
        late = model.impressions["time"] >= BEGIN
        read.append(int(limited[model.impressions["author"][late]].sum()))
    assert read[0] > read[1] > read[2]


def test_a_limit_that_is_lifted_leaves_no_trace_on_later_posts() -> None:
    model = InfluenceModel(config(), world=world())
    who = np.flatnonzero(hit())
    model.platform.apply(who, "limit", 0.7, 2 * HOUR, "hand")
    model.platform.apply(who, "label", 0.2, 2 * HOUR, "hand")
    for _ in range(5):
        model.step()
    posts = model.timeline._posts[: model.timeline._n_posts]
    mine = np.isin(posts["author"], who)
    assert mine.any()
    assert set(posts["limit"][mine]) == {round(0.7 * 255)}
    assert set(posts["label"][mine]) == {round(0.2 * 255)}
    assert not posts["limit"][~mine].any()
    model.platform.actions.lift(who, "limit", "hand", model.step_number * HOUR)
    model.step()
    posts = model.timeline._posts[: model.timeline._n_posts]
    assert not posts["limit"].any()
    assert posts["label"].any()
    assert model.platform.load()["lifted_actions"] == who.size
    assert [row[2:] for row in rows(model)].count((NUMBER["limit"], True)) == who.size


def test_the_orders_of_one_step_reach_the_posts_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model, passes = InfluenceModel(config(), world=world()), []
    mark = Timeline.mark
    monkeypatch.setattr(Timeline, "mark", lambda self, *given: (passes.append(model.step_number), mark(self, *given)))
    who = np.flatnonzero(hit())
    strengths = (0.2, 0.4, 0.9)
    for number, strength in enumerate(strengths):
        model.platform.apply(who[number::3], "limit", strength, 2 * HOUR, "hand")
    model.platform.apply(who[1::3], "label", 0.6, 3 * HOUR, "hand")
    for _ in range(4):
        model.step()
    assert passes == [2, 3]
    posts = model.timeline._posts[: model.timeline._n_posts]
    for number, strength in enumerate(strengths):
        mine = posts[np.isin(posts["author"], who[number::3])]
        assert set(mine["limit"]) == {round(strength * 255)}
        assert set(mine["label"]) == {round(0.6 * 255) if number == 1 else 0}


# Label and friction.


def test_nobody_reposts_what_is_fully_labelled() -> None:
    labelled, model = hit(), run(rules("label"))
    log = model.activity
    people = model.world.truth.layer[log["account"]] == Layer.ORGANIC
    reposts = people & (log["kind"] == REPOST)
    before, after = (reposts & when for when in (log["time"] < BEGIN, log["time"] >= BEGIN))
    assert labelled[log["author"][before]].sum() > 10
    assert not labelled[log["author"][after]].any()
    assert after.sum() > 10


def public_reposts(model: InfluenceModel) -> int:
    people = model.world.truth.layer[model.activity["account"]] == Layer.ORGANIC
    return int((people & (model.activity["kind"] == REPOST)).sum())


def test_friction_takes_its_share_of_the_publics_reposts_and_more_by_shorter_cascades() -> None:
    counts = [public_reposts(run(None, of=world(1, f"feed.repost_friction={share}"))) for share in (0.0, 0.4, 1.0)]
    assert counts[2] == 0
    assert 0 < counts[1] < counts[0] * 0.65
    assert counts[0] == public_reposts(twin())


# Removal.


def test_half_of_the_posts_are_gone_within_a_half_life_and_nobody_reads_or_reposts_them_after() -> None:
    model = InfluenceModel(
        config(), lottery(1.0, 0), enforcement=rules("remove_posts", cadence_hours=1.0, removal_half_life_hours=2.0),
        world=world(),
    )  # fmt: skip
    gone: dict[tuple[int, int], int] = {}
    ages = []
    while model.step_number < model.n_steps:
        start = model.step_number * HOUR
        model.step()
        posts = model.timeline._posts[: model.timeline._n_posts]
        for author, time, flags in zip(*(posts[name].tolist() for name in ("author", "time", "flags")), strict=True):
            if flags & 2:
                gone.setdefault((author, time), start)
            if start - HOUR <= time + 2 * HOUR < start and start > 12 * HOUR:
                ages.append(bool(flags & 2))
    assert abs(np.mean(ages) - 0.55) < 0.05  # a half-life later, and on average half a step
    for log in (model.activity, model.impressions):
        for author, written, time in zip(*(log[n].tolist() for n in ("author", "post_time", "time")), strict=True):
            assert time < gone.get((author, written), 2**40)
    assert len(model.impressions) > 30


@pytest.mark.slow
def test_a_longer_half_life_never_lowers_prevalence_in_the_mean() -> None:
    means = []
    for hours in (0.0, 0.5, 2.0, 8.0, 1e6):
        enforcement = rules("remove_posts", cadence_hours=1.0, removal_half_life_hours=hours)
        means.append(np.mean([run(enforcement, lottery(1.0, 0), world(seed)).outcome().impressions
                              for seed in range(1, 5)]))  # fmt: skip
    assert means == sorted(means)
    assert means[0] < 0.5 * means[-1]


def test_posts_come_back_when_the_removal_is_lifted() -> None:
    model = InfluenceModel(config(), world=world())
    everybody = np.arange(config().scenario.n_accounts)
    model.platform.apply(everybody, "remove_posts", 1.0, 3 * HOUR, "hand")
    model.platform.actions["remove_posts"]._mean = 0.0
    for _ in range(4):
        model.step()
    flags = model.timeline._posts["flags"][: model.timeline._n_posts]
    assert (flags & 2).any()
    model.platform.actions.lift(everybody, "remove_posts", "hand", 4 * HOUR)
    assert not (model.timeline._posts["flags"][: model.timeline._n_posts] & 2).any()
    reads = len(model.impressions)
    for _ in range(10):
        model.step()
    assert len(model.impressions) > reads


# Challenge.

CHECK = ChallengeConfig(
    pass_share={"organic": 0.9, "core": 0.0, "amplifiers": 0.2}, wait_hours_median=4.0, wait_sigma=0.3,
    deadline_hours=20.0, immune_days=30.0,
)  # fmt: skip


def test_a_challenge_locks_until_it_is_passed_and_ends_in_suspension_at_the_deadline() -> None:
    model = run(rules("challenge", challenge=CHECK, cadence_hours=24.0), lottery(1.0, DAY))
    log, layer = rows(model), model.world.truth.layer
    began = {who: time for time, who, action, lifted in log if action == NUMBER["challenge"] and not lifted}
    passed = {who: time for time, who, action, lifted in log if action == NUMBER["challenge"] and lifted}
    fallen = {who: time for time, who, action, lifted in log if action == NUMBER["suspend"]}
    early = [who for who, time in began.items() if time == DAY]
    for kind, share in ((Layer.ORGANIC, 0.9), (Layer.CORE, 0.0), (Layer.AMPLIFIER, 0.2)):
        of = [who for who in early if layer[who] == kind]
        error = 5 * np.sqrt(share * (1 - share) / len(of))
        assert abs(sum(who in passed for who in of) / len(of) - share) <= error
    assert set(passed) | set(fallen) >= set(early)
    assert not set(passed) & set(fallen)
    assert all(time == began[who] + 20 * HOUR for who, time in fallen.items())
    assert {who for who in early if who in passed} <= set(np.flatnonzero(model.accounts.status == Status.ACTIVE))
    assert len([row for row in log if row[2] == NUMBER["challenge"] and not row[3]]) == len(began)  # never twice
    away = {who: (time, passed.get(who, 2**40)) for who, time in began.items()}
    for who, time in zip(model.activity["account"].tolist(), model.activity["time"].tolist(), strict=True):
        if who in away:
            assert not away[who][0] <= time < away[who][1]
    back = sum(time >= passed.get(who, 2**40) for who, time in
               zip(model.activity["account"].tolist(), model.activity["time"].tolist(), strict=True))  # fmt: skip
    assert back > 100  # and they act again


def test_whoever_passed_can_be_challenged_again_after_a_while() -> None:
    again = replace(CHECK, immune_days=0.5, pass_share=dict.fromkeys(CHECK.pass_share, 1.0), deadline_hours=1e3)
    model = run(rules("challenge", challenge=again, cadence_hours=6.0), lottery(1.0, 6 * HOUR))
    times: dict[int, list[int]] = {}
    for time, who, _, lifted in rows(model):
        times.setdefault(who, []).append(-time if lifted else time)
    gaps = [begin + end for row in times.values() for end, begin in zip(row[1::2], row[2::2], strict=False)]
    assert len(gaps) > 100
    assert min(gaps) >= 12 * HOUR
    assert not any(first * second > 0 for row in times.values() for first, second in pairwise(row))


# The record.


def test_whoever_passed_takes_no_place_of_a_top_k() -> None:
    """Ten places every six hours: were they taken by those who passed and still score highest, few would be left."""
    everybody = dict.fromkeys(("organic", "core", "amplifiers"), 1.0)
    quick = ChallengeConfig(
        pass_share=everybody, wait_hours_median=1.0, wait_sigma=0.0, deadline_hours=48.0, immune_days=30.0
    )
    scores = np.random.Generator(np.random.Philox(key=6)).random(config().scenario.n_accounts)
    some = rules("challenge", policy="top_k", threshold=0.0, per_day=40 / config().scenario.scale, challenge=quick)
    log = rows(run(some, Scripted(scores)))
    challenged = [who for _, who, action, lifted in log if action == NUMBER["challenge"] and not lifted]
    assert len(challenged) == len(set(challenged)) == 11 * 10  # the twelfth scoring is at the end


def test_an_action_that_is_taken_back_does_not_come_again_by_an_older_order() -> None:
    model = InfluenceModel(config(), world=world())
    model.step()
    actions, who = model.platform.actions, np.array([5])
    actions.order(np.array([5, 6]), "suspend", 1.0, 6 * HOUR, "main", HOUR)
    model.platform.apply(who, "suspend", 1.0, HOUR, "hand")
    model.step()
    assert model.accounts.status[who] == Status.SUSPENDED
    actions.lift(who, "suspend", "hand", 2 * HOUR)
    model.run()
    assert model.accounts.status[[5, 6]].tolist() == [Status.ACTIVE, Status.SUSPENDED]


def test_false_positives_are_counted_by_hand_from_the_log() -> None:
    rungs = [
        RungConfig(threshold=0.3, action="limit", strength=0.5, delay_hours=0.0),
        RungConfig(threshold=0.6, action="suspend", strength=1.0, delay_hours=3.0),
    ]
    n = config().scenario.n_accounts
    detector = lottery(1.0, 0)
    detector.scores = np.random.Generator(np.random.Philox(key=5)).random(n)
    model = run(rules(policy="ladder", threshold=0.0, rungs=rungs), detector)
    people = model.world.truth.layer == Layer.ORGANIC
    found = {name: {who for _, who, action, lifted in rows(model) if people[who] and action == NUMBER[name]}
             for name in ("limit", "suspend")}  # fmt: skip
    results = model.results()
    assert min(map(len, found.values())) > 100
    assert results["false_positive_rate"] == len(found["limit"] | found["suspend"]) / model.outcome().n_organic
    for name, who in found.items():
        assert results[f"false_positive_rate_by_{name}"] == len(who) / model.outcome().n_organic
    assert results["false_positive_rate_by_label"] == 0.0
    assert set(model.platform.actions.routes) == {"main"}


def test_recommended_posts_are_read_in_this_world() -> None:
    assert (twin().impressions["source"] == RECOMMENDED).sum() > 10
