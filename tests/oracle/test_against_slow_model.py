"""The compiled model and the slow one give the same run: activity, impressions, reports, enforcement, stance, scores.

Both start from the same built world and use the same keyed draws; `tests.oracle.slow_model` says how to read it.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import numpy as np

from sim import InfluenceModel
from sim.config import EnforcementConfig
from sim.events.records import BLOCK, POST, PROMOTED, RECOMMENDED, REPORT, REPOST
from sim.population.accounts import NEVER, Status
from sim.population.truth import Layer, Origin
from sim.population.world import build_world
from tests.oracle.cases import Case, base, case, month_case
from tests.oracle.slow_model import SlowModel

CASES = 48
MONTHS = (100, 101, 102, 108, 109, 113, 115, 117, 118, 123)  # cases whose core has a month as a record says
#: Each of these must happen in at least `LEAST` of the cases. Two models agree on anything that never happens.
LEAST = 3
HAPPENINGS = (
    "a persona reposted", "an amplifier reposted the campaign", "an amplifier reposted an organic post",
    "an organic account reposted the campaign", "a recommended post was read", "a recommended post was reposted",
    "a post was reposted through a reposter", "a member reposted its own benign group", "a popular post was reposted",
    "a forgotten post had been read", "an organic account was suspended", "a persona was suspended",
    "a promoted post was read", "a promoted post was reposted",
    "an amplifier was suspended", "a persona was replaced", "an amplifier was replaced", "a replacement acted",
    "a suspended account had acted", "stance moved", "the log was sampled",
    "a challenge was passed", "a challenge ended in suspension", "a limited account's repost did not count",
    "a limited account was read", "a labelled account was read", "a removed post had been reposted",
    "reposting was hindered", "a post in the news was reposted",
    "an amplifier wrote cover", "a post was recommended hours after it had entered",
    "an amplifier with a capacity reposted", "a post entered where reposts weigh differently",
    "a reader reported an organic post", "a reader reported the campaign", "a reader blocked an author",
    "an item of a blocked account was passed over", "a promoted post was reported",
)  # fmt: skip


def rows(log) -> list[tuple[int, ...]]:
    return list(zip(*(log[name].tolist() for name in log.columns), strict=True))


def assert_same(fast: InfluenceModel, slow: SlowModel) -> None:
    # Row by row, so that a failure names the first row that differs.
    for name, ours, theirs in (
        ("act", rows(fast.activity), slow.activity()),
        ("impression", rows(fast.impressions), slow.impressions),
        ("report", rows(fast.reader_reports), slow.reports),
    ):
        for place, (row, other) in enumerate(zip(ours, theirs, strict=False)):
            assert row == other, f"{name} {place} of the compiled model is {row}, of the slow one {other}"
        assert len(ours) == len(theirs), f"{name}s: the compiled model has {len(ours)}, the slow one {len(theirs)}"
    table, start = fast.accounts, fast.config.scenario.start_epoch
    suspended = np.flatnonzero(table.status == Status.SUSPENDED).tolist()
    assert {who: int(table.suspended_at[who]) - start for who in suspended} == slow.suspensions()
    log, name_of = fast.platform.actions.log, fast.platform.actions.name_of
    done = zip(*(log[name].tolist() for name in ("time", "account", "action", "lifted")), strict=True)
    assert sorted((time, who, name_of(action), lifted) for time, who, action, lifted in done) == sorted(
        slow.platform.log
    )
    assert fast.outcome().organic_impressions == slow.organic_impressions
    assert table.stance.tolist() == [account.stance for account in slow.accounts]
    np.testing.assert_allclose(fast.platform.scores, list(slow.platform.scores.values()), atol=1e-9)


def happenings(slow: SlowModel) -> set[str]:
    """Return which of `HAPPENINGS` took place in a run."""
    reposts = [act for act in slow.log if act.kind == REPOST]
    layers = {account.layer for account in slow.accounts if account.suspended}
    read = {(author, time) for _, _, author, time, _ in slow.impressions}
    posts = {act.post for act in slow.log}
    since = {(who, action): time for time, who, action, _ in reversed(slow.platform.log)}
    world = build_world(slow.config)
    stance, born = world.accounts.stance.tolist(), world.accounts.created.tolist()

    length = slow.config.scenario.step_seconds
    entries = [entry for language in slow.trends.values() for entry in language]
    entered = {(post.author.number, post.time): (step + 1) * length for step, post in entries}

    def reposted(layer: Layer, origin: Origin) -> bool:
        return any(act.account.layer == layer and act.post.origin == origin for act in reposts)

    happened = {
        "a persona reposted": reposted(Layer.CORE, Origin.CAMPAIGN),
        "an amplifier reposted the campaign": reposted(Layer.AMPLIFIER, Origin.CAMPAIGN),
        "an amplifier reposted an organic post": reposted(Layer.AMPLIFIER, Origin.ORGANIC),
        "an organic account reposted the campaign": reposted(Layer.ORGANIC, Origin.CAMPAIGN),
        "a recommended post was read": any(source == RECOMMENDED for *_, source in slow.impressions),
        "a promoted post was read": any(source == PROMOTED for *_, source in slow.impressions),
        "a promoted post was reposted": any(act.source == PROMOTED for act in reposts),
        "a recommended post was reposted": any(act.source == RECOMMENDED for act in reposts),
        "a post was reposted through a reposter": any(
            act.source >= 0 and act.source != act.post.author.number for act in reposts
        ),
        "a member reposted its own benign group": any(
            act.account.group >= 0 and act.account.group == act.post.author.group for act in reposts
        ),
        "a popular post was reposted": any(act.post.reposts >= 5 for act in reposts),
        "a forgotten post had been read": any(
            act.post.forgotten and (act.post.author.number, act.post.time) in read for act in slow.log
        ),
        "an organic account was suspended": Layer.ORGANIC in layers,
        "a persona was suspended": Layer.CORE in layers,
        "an amplifier was suspended": Layer.AMPLIFIER in layers,
        "a persona was replaced": bool(slow.operation.supplies[0].taken),
        "an amplifier was replaced": bool(slow.operation.supplies[1].taken),
        "a replacement acted": any(account.acts for account in slow.accounts if born[account.number] == NEVER),
        "a suspended account had acted": any(act.account.suspended for act in slow.log),
        "stance moved": stance != [account.stance for account in slow.accounts],
        "the log was sampled": len(slow.activity()) < len(slow.log),
        "a challenge was passed": any(lifted for *_, lifted in slow.platform.log),
        "a challenge ended in suspension": len(
            {who for _, who, action, _ in slow.platform.log if action == "suspend"}
            & {who for _, who, action, _ in slow.platform.log if action == "challenge"}
        )
        > 0,
        "a limited account's repost did not count": len(reposts) > sum(post.reposts for post in posts),
        "a removed post had been reposted": any(act.post.removed for act in reposts),
        "a labelled account was read": any(
            time > since.get((author, "label"), math.inf) for time, _, author, _, _ in slow.impressions
        ),
        "a limited account was read": any(
            time > since.get((author, "limit"), math.inf) for time, _, author, _, _ in slow.impressions
        ),
        "an amplifier wrote cover": any(act.kind == POST and act.account.layer == Layer.AMPLIFIER for act in slow.log),
        "a post was recommended hours after it had entered": any(
            source == RECOMMENDED and time - entered.get((author, written), time) > 4 * 3600
            for time, _, author, written, source in slow.impressions
        ),
        "a post in the news was reposted": any(act.post.time // 86_400 in slow.news[act.post.topic] for act in reposts),
        "an amplifier with a capacity reposted": slow.config.operation.capacity.limited
        and reposted(Layer.AMPLIFIER, Origin.CAMPAIGN),
        "a post entered where reposts weigh differently": slow.config.feed.missing_sign_factor < 1.0 and bool(entries),
        "reposting was hindered": slow.config.feed.repost_friction > 0 and len(reposts) > 0,
    }
    campaign = {(post.author.number, post.time) for post in slow.posts if post.origin == Origin.CAMPAIGN}
    media = {account.number for account in slow.state_media}
    reported = {(author, time) for _, _, kind, author, time in slow.reports if kind == REPORT}
    happened |= {
        "a reader reported an organic post": bool(reported - campaign),
        "a reader reported the campaign": bool(reported & campaign),
        "a promoted post was reported": any(author in media for author, _ in reported),
        "a reader blocked an author": any(kind == BLOCK for _, _, kind, _, _ in slow.reports),
        "an item of a blocked account was passed over": slow.passed_over > 0,
    }
    assert set(happened) == set(HAPPENINGS)
    return {name for name, did in happened.items() if did}


def test_the_compiled_model_gives_the_log_impressions_and_enforcement_of_the_slow_one() -> None:
    happened: Counter[str] = Counter()
    for number in range(CASES):
        drawn = case(number)
        slow = drawn.slow()
        print(drawn)  # shown where the next line fails
        assert_same(drawn.fast(), slow)
        happened.update(happenings(slow))
    print(happened)
    assert {name: happened[name] for name in HAPPENINGS if happened[name] < LEAST} == {}


def test_they_agree_on_a_core_with_days_spans_sittings_desks_and_reposts_of_the_public() -> None:
    outside = together = 0
    for number in MONTHS:
        drawn = month_case(number)
        fast, slow = drawn.fast(), drawn.slow()
        print(drawn)  # shown where the next line fails
        assert_same(fast, slow)
        core = [act for act in slow.log if act.account.layer == Layer.CORE]
        outside += sum(act.kind == REPOST and act.post.author.layer == Layer.ORGANIC for act in core)
        together += len(core) - len({(act.account.language, act.time // 60) for act in core})
    assert outside > 150
    assert together > 100


def test_they_agree_when_every_session_writes_all_that_it_may() -> None:
    """With sixty posts a session the scratch slots of a step are too few, and its sessions are run a second time.

    Camouflage looks back at the latest 20,000 acts, which here do not reach back to the start of the run.
    """
    flood = replace(
        base(),
        seed=5,
        scenario=replace(base().scenario, organic=260, core=8, amplifiers=32, days=1, step_minutes=360),
        graph=replace(base().graph, mean_following=10.0, neighbourhood=20, whole_ratio=1.0),
        organic=replace(
            base().organic, acts_per_month_median=90_000.0, acts_per_month_sigma=0.0, acts_per_month_max=1e5,
            sessions_per_day_at_daily_act=4.0, sessions_exponent=0.0, night_floor=1.0, repost_reference_items=10_000.0,
            never_repost_share=0.0, repost_share=[[0.0, 0.1], [1.0, 0.1]], idle_share=0.0, office_share=0.0,
        ),
        operation=replace(base().operation, acts_per_day_median=20.0, cells_per_post=4.0, cell_size=8),
    )  # fmt: skip
    case = Case(flood, "none", EnforcementConfig(policy="never", threshold=1.0, cadence_hours=1.0, delay_hours=0.0))
    fast, slow = case.fast(), case.slow()
    assert_same(fast, slow)
    assert len(slow.log) > 60_000
    assert "an amplifier reposted an organic post" in happenings(slow)
