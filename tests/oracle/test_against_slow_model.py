"""The compiled model and the slow one give the same run: activity log, impressions, enforcement, stance.

Both start from the same built world and share the keyed draws; see `tests.oracle.slow_model`.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from detectors.co_repost import CoRepost
from detectors.random import RandomDetector
from sim import InfluenceModel, load_scenario
from sim.config import BenignGroup, ChallengeConfig, EnforcementConfig, RungConfig, WorldConfig
from sim.config.channels import PromotionConfig
from sim.config.operation import AdaptationConfig, LayerSupply, SupplyConfig
from sim.events.records import PROMOTED, RECOMMENDED, REPOST
from sim.population.accounts import NEVER, Status
from sim.population.truth import Layer, Origin
from sim.population.world import build_world
from tests.oracle.platform import Judge, by_co_repost, by_lot
from tests.oracle.slow_model import SlowModel

EXAMPLES = 60
#: What must have happened in at least `LEAST` of the examples, or equality would say little about it.
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
    "reposting was hindered",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A world, and the defence it has."""

    config: WorldConfig
    detector: str  # none, random or co_repost
    enforcement: EnforcementConfig

    def fast(self) -> InfluenceModel:
        detectors = {"none": None, "random": RandomDetector(self.config.seed), "co_repost": CoRepost(24.0, 2, 3)}
        model = InfluenceModel(self.config, detectors[self.detector], enforcement=self.enforcement)
        model.run()
        return model

    def slow(self) -> SlowModel:
        judges: dict[str, Judge | None]
        judges = {"none": None, "random": by_lot(self.config.seed), "co_repost": by_co_repost(24.0, 2, 3)}
        return SlowModel(build_world(self.config), self.enforcement, judges[self.detector]).run()


@cache
def base() -> WorldConfig:
    """The reference scenario at a scale of 1, from which every example departs; composing it once saves most time."""
    return load_scenario("hk2019", scale=1.0)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Worlds of 20 to 300 accounts, busier than the real one, so that much happens among few."""

    def among(*values):
        return draw(st.sampled_from(values))

    core, amplifiers = among(20, 12, 6, 0), among(60, 90, 20, 0)
    languages = among(("zh",), ("zh", "en"), ("en", "ja", "zh"))
    shares = {name: 1.0 / len(languages) for name in languages}
    scenario = replace(
        base().scenario,
        start=among("2019-07-20", "2019-07-23"),  # a Saturday, a Tuesday
        days=among(1, 2, 3),
        step_minutes=among(30, 60, 120),
        organic=draw(st.integers(20, 300 - core - amplifiers)),
        core=core,
        amplifiers=amplifiers,
        organic_log_share=among(0.5, 1.0),
    )
    graph = replace(
        base().graph,
        mean_following=among(3.0, 10.0, 25.0),
        neighbourhood=among(10, 40),
        whole_ratio=1.0,
    )
    organic = replace(
        base().organic,
        languages=shares,
        utc_offset_hours={name: base().organic.utc_offset_hours[name] for name in languages},
        topics=among(1, 3, 12),
        contested_interest=among(0.04, 0.5),
        favourable_share=among(0.3, 0.6),
        acts_per_month_median=among(20.0, 100.0),
        acts_per_month_sigma=among(0.5, 1.5),
        sessions_per_day_at_daily_act=among(2.0, 6.0),
        sessions_per_day_max=among(16.0, 60.0),
        night_floor=among(0.1, 1.0),
        repost_share=among(0.3, 0.7),
        repost_reference_items=among(0.5, 2.0),
        repost_probability_max=among(0.2, 0.5, 1.0),
        appeal_sigma=among(0.0, 1.5),
        interest_match=among(1.0, 2.0),
        foreign_language=among(0.1, 1.0),
        secondhand=among(0.1, 1.0),
        agreement_weight=among(0.0, 0.8, 1.0),
        social_proof=among(0.0, 0.2, 3.0),
        novelty_half_life_hours=among(1.0, 4.0, float("inf")),
        belief=among("none", "bounded_confidence", "degroot"),
        belief_rate=among(0.05, 1.0),
        confidence_bound=among(0.3, 0.8),
        newcomer_share=among(0.0, 0.5),
        newcomer_days=among(0.0, 2.0),
        groups={
            "fans": BenignGroup(
                share=among(0.0, 0.3),
                size=among(4, 20),
                boost=8.0,
                appeal=2.0,
                newcomer_share=among(0.0, 0.5),
                joined_within_days=among(0.0, 1.0),
            )
        },
    )
    operation = replace(
        base().operation,
        languages=shares,
        utc_offset_hours=among(8, -5),
        acts_per_day_median=among(6.0, 20.0),
        campaign_share=among(0.4, 1.0),
        core_repost_share=among(0.0, 0.3, 0.6),
        campaign_appeal=among(0.5, 4.0),
        authentic_share=among(0.005, 0.05),
        cell_size=among(3, 8, 20),
        wave_days=[-2.0, 0.3],
        wave_weights=[0.6, 0.4],
        amplifiers_followed_share=among(0.3, 1.0),
        cells_per_post=among(0.5, 2.0),
        participation=among(0.5, 1.0),
        delay_median_seconds=among(60.0, 600.0, 20000.0),
        camouflage_share=among(0.0, 0.3, 0.7),
        campaign_volume=among({"2019-07-20": 1.0}, {"2019-07-19": 0.3, "2019-07-25": 1.7}),
        adaptation=AdaptationConfig(
            rule=among("throttle", "scatter", "dormant", "rotate_cells", "learn", "none"),
            trigger_share=among(0.02, 0.2),
            throttle_factor=0.3,
            scatter_factor=8.0,
            rest_hours=among(3.0, 20.0),
            review_days=among(0.3, 1.0),
            explore_share=0.3,
        ),
        supply=SupplyConfig(
            core=LayerSupply(
                kinds={"fresh": 0.3, "bought": 0.4, "hijacked": 0.3},
                reserve_share=among(0.5, 0.3, 0.0),
                per_day=among(1.0, 0.5),
                lag_hours=among(0.0, 1.0),
                evasion=0.5,
            ),
            amplifiers=LayerSupply(
                kinds={"fresh": 0.5, "bought": 0.3, "hijacked": 0.2},
                reserve_share=among(0.5, 0.8, 0.0),
                per_day=among(1.0, 0.1, 0.0),
                lag_hours=among(0.0, 6.0),
                evasion=0.5,
            ),
            bought_age_years=3.0,
        ),
        promotion=PromotionConfig(
            advertisers=among({}, {"zh": 2.0}, {"en": 1.0, "zh": 1.0}),
            followers=100,
            posts_per_day=among(20.0, 80.0),
            contested_share=among(0.3, 1.0),
            impressions_per_day={name: among(100.0, 100000.0) for name in ("zh", "en")},
            price=0.01,
            barred_on=None,
        ),
    )
    attention = draw(st.integers(1, 25))
    feed = replace(
        base().feed,
        ranking=among("chronological", "engagement"),
        attention=attention,
        candidates=attention + draw(st.integers(0, 40)),
        acts_per_account=among(1, 3, 8),
        engagement_weight=among(0.0, 1.0, 10.0),
        recency_half_life_hours=among(0.5, 3.0, float("inf")),
        recommended_share=among(0.0, 0.2, 0.5, 1.0),
        trends_per_step=among(0, 1, 4, 4),
        trend_minimum_reposts=among(1, 2),
        relevance_match=1.0,
        relevance_mismatch=among(0.2, 0.9),
        post_lifetime_hours=among(1.0, 2.7, 6.0, 11.3, 48.0),
        repost_friction=among(0.0, 0.3),
    )
    names = ("suspend", "challenge", "limit", "label", "remove_posts")
    strengths = (1.0, 0.9, 0.5, 0.5)
    policy = among("threshold", "threshold", "threshold", "top_k", "ladder", "ladder", "ladder")
    steps = draw(st.permutations(names))
    enforcement = EnforcementConfig(
        policy=policy,
        threshold=0.0 if policy == "ladder" else among(0.3, 0.5, 0.8),
        cadence_hours=among(1.0, 6.0),
        delay_hours=among(0.0, 0.7, 5.0),
        action=among("suspend", "suspend", steps[0], steps[0], steps[1]),
        strength=among(*strengths),
        per_day=among(5.0, 60.0),
        rungs=[
            RungConfig(threshold=low, action=action, strength=among(*strengths), delay_hours=among(0.0, 2.0))
            for low, action in zip((0.2, 0.4, 0.6, 0.8), steps, strict=False)
        ],
        removal_half_life_hours=among(0.0, 0.5, 3.0),
        challenge=ChallengeConfig(
            pass_share={"organic": 0.9, "core": 0.5, "amplifiers": 0.3}, wait_hours_median=among(0.5, 6.0),
            wait_sigma=1.0, deadline_hours=among(3.0, 12.0), immune_days=among(0.0, 0.5, 30.0),
        ),
    )  # fmt: skip
    seed = draw(st.integers(0, 2**63 - 1))
    config = WorldConfig(
        seed=seed, scenario=scenario, graph=graph, organic=organic, operation=operation, feed=feed,
        content=base().content, known_accounts=base().known_accounts,
    )  # fmt: skip
    return Case(config, among("none", "random", "random", "random", "co_repost", "co_repost", "co_repost"), enforcement)


def rows(log) -> list[tuple[int, ...]]:
    return list(zip(*(log[name].tolist() for name in log.columns), strict=True))


def assert_same(fast: InfluenceModel, slow: SlowModel) -> None:
    # Row by row first: a list of thousands that differs is no message.
    for name, ours, theirs in (
        ("act", rows(fast.activity), slow.activity()),
        ("impression", rows(fast.impressions), slow.impressions),
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
    """Return what happened in a run, of `HAPPENINGS`."""
    reposts = [act for act in slow.log if act.kind == REPOST]
    layers = {account.layer for account in slow.accounts if account.suspended}
    read = {(author, time) for _, _, author, time, _ in slow.impressions}
    posts = {act.post for act in slow.log}
    since = {(who, action): time for time, who, action, _ in reversed(slow.platform.log)}
    world = build_world(slow.config)
    stance, born = world.accounts.stance.tolist(), world.accounts.created.tolist()

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
        "reposting was hindered": slow.config.feed.repost_friction > 0 and len(reposts) > 0,
    }
    assert set(happened) == set(HAPPENINGS)
    return {name for name, did in happened.items() if did}


def test_the_compiled_model_gives_the_log_impressions_and_enforcement_of_the_slow_one() -> None:
    happened: Counter[str] = Counter()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],  # shrinking a world takes longer than reading it
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(cases())
    def check(case: Case) -> None:
        slow = case.slow()
        assert_same(case.fast(), slow)
        happened.update(happenings(slow))

    check()
    print(happened)
    assert {name: happened[name] for name in HAPPENINGS if happened[name] < LEAST} == {}


def test_they_agree_when_every_session_writes_all_that_it_may() -> None:
    """Sixty posts a session: a step's sessions run out of the room set aside for them and are run again.

    And camouflage, which looks back at the latest 20,000 acts, cannot look back to the start.
    """
    flood = replace(
        base(),
        seed=5,
        scenario=replace(base().scenario, organic=260, core=8, amplifiers=32, days=1, step_minutes=360),
        graph=replace(base().graph, mean_following=10.0, neighbourhood=20, whole_ratio=1.0),
        organic=replace(
            base().organic, acts_per_month_median=90_000.0, acts_per_month_sigma=0.0, acts_per_month_max=1e5,
            sessions_per_day_at_daily_act=4.0, sessions_exponent=0.0, night_floor=1.0, repost_reference_items=10_000.0,
        ),
        operation=replace(base().operation, acts_per_day_median=20.0, cells_per_post=4.0, cell_size=8),
    )  # fmt: skip
    case = Case(flood, "none", EnforcementConfig(policy="never", threshold=1.0, cadence_hours=1.0, delay_hours=0.0))
    fast, slow = case.fast(), case.slow()
    assert_same(fast, slow)
    assert len(slow.log) > 60_000
    assert "an amplifier reposted an organic post" in happenings(slow)
