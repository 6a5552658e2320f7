"""Small worlds with a defence, drawn at random, in which the compiled model and the slow one must agree."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from random import Random

from detectors.co_repost import CoRepost
from detectors.random import RandomDetector
from sim import InfluenceModel, load_scenario
from sim.config import BenignGroup, ChallengeConfig, EliteConfig, EnforcementConfig, RungConfig, WorldConfig
from sim.config.capacity import CapacityConfig
from sim.config.channels import PromotionConfig
from sim.config.core_month import CoreRepostSharesConfig, DaysConfig, DesksConfig, SittingsConfig, SpansConfig
from sim.config.operation import LayerSupply, SupplyConfig
from sim.config.reports import ReportsConfig
from sim.population.world import build_world
from tests.oracle.platform import at_random, by_co_repost
from tests.oracle.slow_model import SlowModel
from tests.worlds import PLAIN_OPERATION


@dataclass(frozen=True)
class Case:
    """A world and its defence, to be run by both models."""

    config: WorldConfig
    detector: str  # none, random or co_repost
    enforcement: EnforcementConfig

    def fast(self) -> InfluenceModel:
        detectors = {
            "none": None,
            "random": RandomDetector(self.config.seed),
            "co_repost": CoRepost(24.0, 2, 3, min_holders=1),
        }
        model = InfluenceModel(self.config, detectors[self.detector], enforcement=self.enforcement)
        model.run()
        return model

    def slow(self) -> SlowModel:
        detectors = {"none": None, "random": at_random(self.config.seed), "co_repost": by_co_repost(24.0, 2, 3)}
        return SlowModel(build_world(self.config), self.enforcement, detectors[self.detector]).run()


@cache
def base() -> WorldConfig:
    """Return the reference scenario, which every case changes; composing it once saves most of the time."""
    return load_scenario("hk2019", scale=1.0, overrides=PLAIN_OPERATION)


def month_case(number: int) -> Case:
    """Draw a case whose core has a month as a record says: each of its parts on in most cases, and off in some."""
    draw, plain = Random(-1 - number), case(number)

    def among(*values):
        return draw.choice(values)

    on = SpansConfig(begins=["2019-07-01", "2019-07-19", "2019-07-23"], days=[[0.0, 0.5], [0.5, 3.0], [1.0, 40.0]])
    acts = {"2019-07-20": among(300.0, 500.0), "2019-07-22": 600.0, "2019-07-23": 500.0}
    operation = replace(
        plain.config.operation,
        days=among(None, DaysConfig(accounts=30, acts=acts, otherwise=300.0)),
        spans=among(None, on, on),
        sittings=among(None, SittingsConfig(acts=among(1.0, 2.5, 6.3), gap_seconds=among(2.0, 300.0))),
        desks=among(None, DesksConfig(accounts=among(2, 5), together=among(1.0, 3.0), within_seconds=among(0.0, 40.0))),
        core_repost_inside_share=among(None, 0.3, 0.0),
        core_repost_shares=among(None, CoreRepostSharesConfig(quantiles=[[0.0, 0.3], [1.0, 1.0]], with_output=0.8)),
        core_following=among(None, [[0, 100, 5, 50, 3], [100, 1000000, 0, 1, 1], [100, 1000000, 50, 500, 2]]),
    )
    return replace(plain, config=replace(plain.config, operation=operation))


def case(number: int) -> Case:
    """Draw a world of 20 to 300 accounts, busier than the real one, so that much happens among few accounts."""
    draw, more, last = (Random(number + k * 1_000_000) for k in range(3))  # the others for options that came later

    def among(*values):
        return draw.choice(values)

    core, amplifiers = among(20, 12, 6, 0), among(60, 90, 20, 0)
    scale = 0.5
    languages = among(("zh",), ("zh", "en"), ("en", "ja", "zh"))
    shares = {name: 1.0 / len(languages) for name in languages}
    scenario = replace(
        base().scenario,
        start=among("2019-07-20", "2019-07-23"),  # a Saturday, a Tuesday
        days=among(1, 2, 3),
        step_minutes=among(30, 60, 120),
        scale=scale,
        organic=round(draw.randint(20, 300 - core - amplifiers) / scale),
        core=round(core / scale),
        amplifiers=round(amplifiers / scale),
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
        office_share=0.3,
        office_floor=0.1,
        idle_share=0.1,
        news_days_per_month=15.0,
        susceptibility_sigma=1.0,
        never_repost_share=0.2,
        repost_share=among([[0.0, 0.3], [1.0, 0.7]], [[0.0, 0.1], [0.3, 0.6], [1.0, 1.0]]),
        repost_reference_exponent=0.6,
        elite=EliteConfig(
            followers_share=0.2, acts_per_month=300.0, repost_share=0.5, contested_share=0.6, appeal_sigma=0.5
        ),
        repost_reference_items=among(0.5, 2.0),
        repost_probability_max=among(0.2, 0.5, 1.0),
        appeal_sigma=among(0.0, 1.5),
        interest_match=among(1.0, 2.0),
        foreign_language=among(0.1, 1.0),
        secondhand=among(0.1, 1.0),
        shown_by_platform=0.6,
        agreement_weight=among(0.0, 0.8, 1.0),
        social_proof=among(0.0, 0.2, 3.0),
        novelty_half_life_hours=among(1.0, 4.0, float("inf")),
        belief=among("none", "bounded_confidence", "degroot"),
        belief_rate=among(0.05, 1.0),
        confidence_bound=among(0.3, 0.8),
        reports=ReportsConfig(
            people_share=last.choice((0.0, 0.3, 1.0)),
            spread=last.choice((0.0, 1.5)),
            report_probability=last.choice((0.0, 0.01, 0.1)),
            block_probability=last.choice((0.0, 0.01, 0.1)),
            followed=last.choice((0.1, 1.0)),
            disagreement=last.choice((1.0, 5.0)),
            suspect_look=last.choice((1.0, 2.0)),
            few_followers=10,
        ),
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
                office_share=0.5,
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
        capacity=CapacityConfig(
            limited=more.random() < 0.5,
            acts_per_month_median=more.choice((10.0, 60.0, 1e4)),
            acts_per_month_sigma=1.0,
            orders_per_day=more.choice((1.0, 4.0, 12.0)),
            break_share=more.choice((0.0, 0.3)),
        ),
        amplifier_repost_share=[[0.0, 0.01], [0.4, 0.5], [1.0, 1.0]],
        campaign_volume=among({"2019-07-20": 1.0}, {"2019-07-19": 0.3, "2019-07-25": 1.7}),
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
            lead_days=more.choice((0.0, 5.0)),
            idle_loss_per_day=more.choice((0.0, 0.1)),
            hijacked_most=1.0,
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
    attention = draw.randint(1, 25)
    feed = replace(
        base().feed,
        ranking=among("chronological", "engagement"),
        attention=attention,
        candidates=attention + draw.randint(0, 40),
        acts_per_account=among(1, 3, 8),
        engagement_weight=among(0.0, 1.0, 10.0),
        recency_half_life_hours=among(0.5, 3.0, float("inf")),
        recommended_share=among(0.0, 0.2, 0.5, 1.0),
        entries_per_hour=among(0.0, 1.0, 10.0, 10.0),
        lag_hours=[0.0, 5.0, 20.0],
        lag_shares=among([1.0, 0.0, 0.0], [0.4, 0.4, 0.2]),
        relevance_match=1.0,
        relevance_mismatch=among(0.2, 0.9),
        followed_hours=among(1.0, 2.7, 6.0, 11.3, 48.0),
        repost_friction=among(0.0, 0.3),
        missing_sign_factor=more.choice((1.0, 1.0, 0.5, 0.0)),  # powers that are added up without rounding
        known_age_days=more.choice((1, 90)),
        known_followers=more.choice((2, 10)),
    )
    names = ("suspend", "challenge", "limit", "label", "remove_posts")
    strengths = (1.0, 0.9, 0.5, 0.5)
    policy = among("threshold", "threshold", "threshold", "top_k", "ladder", "ladder", "ladder")
    steps = draw.sample(names, len(names))
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
    seed = draw.randrange(2**63)
    config = WorldConfig(
        seed=seed, scenario=scenario, graph=graph, organic=organic, operation=operation, feed=feed,
        content=base().content, known_accounts=base().known_accounts,
    )  # fmt: skip
    return Case(config, among("none", "random", "random", "random", "co_repost", "co_repost", "co_repost"), enforcement)
