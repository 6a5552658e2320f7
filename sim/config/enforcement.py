"""Enforcement: when scores are taken, what is done about them, and who looks at a case by hand."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from sim.config.checks import ConfigError, check_ranges, described, probability, ranged
from sim.config.investigation import InvestigationConfig

POLICIES = ("never", "threshold", "top_k", "ladder", "review")
_MOST_HOURS = 87_600.0  # ten years
_ACTIONS = "suspend, challenge, limit, label, remove_posts, bar_advertising, or the dotted path of a class"
_LAYERS = ("organic", "core", "amplifiers")


def is_threshold(value: Any) -> bool:
    """Whether a value is a number in [0, 1], or inf."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and (0.0 <= value <= 1.0 or value == math.inf)


@dataclass(frozen=True, kw_only=True)
class RungConfig:
    """One rung of a ladder: from this score on, this action."""

    threshold: float = ranged(
        0.0, 1.0, "lowest score at which the action is taken; must rise from rung to rung", unit="score"
    )
    action: str = described("action taken at this rung", allowed=_ACTIONS)
    strength: float = ranged(0.0, 1.0, "strength of the action, as for enforcement.strength")
    delay_hours: float = ranged(0.0, _MOST_HOURS, "time from the score to the action", unit="hours")

    def __post_init__(self) -> None:
        check_ranges(self, "enforcement.rungs.*")


@dataclass(frozen=True, kw_only=True)
class ChallengeConfig:
    """Verification by telephone: which accounts pass, after what time, and the deadline for the others."""

    pass_share: dict[str, float] = ranged(
        0.0, 1.0, "share of accounts that pass, by layer: organic, core, amplifiers", unit="share"
    )
    wait_hours_median: float = ranged(
        0.0, _MOST_HOURS, "median time until an account passes, if it does; lognormal", unit="hours"
    )
    wait_sigma: float = ranged(0.0, 5.0, "spread of the time until an account passes", unit="log-sd")
    deadline_hours: float = ranged(
        0.0, _MOST_HOURS, "time after which accounts that have not passed are suspended", unit="hours"
    )
    immune_days: float = ranged(0.0, 3650.0, "time before an account that passed can be challenged again", unit="days")

    def __post_init__(self) -> None:
        check_ranges(self, "enforcement.challenge")
        _check_layers("enforcement.challenge.pass_share", self.pass_share)


@dataclass(frozen=True, kw_only=True)
class ReviewConfig:
    """The people who look at cases, at a scale of 1: they scale with the scenario."""

    reviewers: float = ranged(0.0, 1e6, "number of reviewers at scale 1", unit="people")
    hours_per_day: float = ranged(
        0.0,
        24.0,
        "length of the working day, which starts at 09:00 UTC; 24: round the clock",
        unit="hours",
        open_low=True,
    )
    minutes_per_case: float = ranged(
        0.0, 1e5, "mean time to examine a case (exponential)", unit="minutes", open_low=True
    )
    miss_rate: float = probability("probability that an operation account is judged innocent")
    false_alarm_rate: float = probability("probability that an innocent account is judged to be the operation's")
    recheck_days: float = ranged(
        0.0, 3650.0, "time before an account found innocent can become a case again", unit="days"
    )

    def __post_init__(self) -> None:
        check_ranges(self, "enforcement.review")


@dataclass(frozen=True, kw_only=True)
class AppealsConfig:
    """Who complains about an action, when, and what protects those who were right."""

    share: dict[str, float] = ranged(
        0.0, 1.0, "share of affected accounts that appeal, by layer: organic, core, amplifiers", unit="share"
    )
    actions: list[str] = described("actions that can be appealed", allowed="a list of actions, all but bar_advertising")
    wait_hours_median: float = ranged(
        0.0, _MOST_HOURS, "median time from the action to the appeal; lognormal", unit="hours"
    )
    wait_sigma: float = ranged(0.0, 5.0, "spread of the time to the appeal", unit="log-sd")
    reviewers: float = ranged(
        0.0,
        1e6,
        "reviewers for appeals alone, at scale 1; 0: appeals go to the reviewers of enforcement.review",
        unit="people",
    )
    immune_days: float = ranged(
        0.0, 3650.0, "time during which automatic routes cannot act on a reinstated account", unit="days"
    )

    def __post_init__(self) -> None:
        check_ranges(self, "enforcement.appeals")
        _check_layers("enforcement.appeals.share", self.share)


@dataclass(frozen=True, kw_only=True)
class RouteConfig:
    """From scores to actions: one way that runs by itself."""

    policy: str = described(
        "policy that chooses accounts to act on by their scores",
        allowed=f"{', '.join(POLICIES)}, or the dotted path of a class",
    )
    threshold: float = described(
        "lowest score at which any policy may act; inf: never acts", unit="score", allowed="[0, 1], inf"
    )
    cadence_hours: float = ranged(
        0.0, _MOST_HOURS, "time between scorings, in whole steps", unit="hours", open_low=True
    )
    delay_hours: float = ranged(
        0.0, _MOST_HOURS, "time from a score or a reviewer's verdict to the action", unit="hours"
    )
    action: str = described(
        "action taken by the policy; ladder takes those of its rungs", allowed=_ACTIONS, default="suspend"
    )
    strength: float = ranged(
        0.0, 1.0, "probability (suspend, challenge), share of posts removed (remove_posts), or degree (limit, label)",
        default=1.0,
    )  # fmt: skip
    per_day: float = ranged(
        0.0, math.inf, "most accounts chosen a day by top_k and review, at scale 1", unit="accounts", default=math.inf
    )
    rungs: list[RungConfig] = described(
        "rungs of the ladder policy, in order of rising thresholds",
        allowed="a list of the keys below",
        default_factory=list,
    )
    options: dict[str, Any] = described("parameters of a policy that is named by its dotted path", default_factory=dict)

    def __post_init__(self) -> None:
        check_ranges(self, self._where())
        where = self._where()
        if not is_threshold(self.threshold):
            raise ConfigError(f"{where}.threshold must lie in [0, 1] or be inf; got {self.threshold!r}.")
        if not isinstance(self.policy, str) or (self.policy not in POLICIES and "." not in self.policy):
            raise ConfigError(
                f"{where}.policy must be one of {', '.join(POLICIES)}, or the dotted path of a class; "
                f"got {self.policy!r}."
            )
        rising = [rung.threshold for rung in self.rungs]
        if self.policy == "ladder" and (not rising or rising != sorted(set(rising))):
            raise ConfigError(f"{where}.rungs must have thresholds that rise; got {rising}.")

    def _where(self) -> str:
        return "enforcement.routes.*"

    @property
    def acts(self) -> bool:
        """Whether it can ever act."""
        return self.policy != "never" and self.threshold != math.inf


@dataclass(frozen=True, kw_only=True)
class ExtraRouteConfig(RouteConfig):
    """A route beside the main one, with a detector of its own."""

    detector: Any = described(
        "detector whose scores this route acts on", allowed="a file of conf/detector, or a mapping with _target_"
    )


def _no_challenge() -> ChallengeConfig:
    everybody = dict.fromkeys(_LAYERS, 1.0)
    return ChallengeConfig(
        pass_share=everybody, wait_hours_median=12.0, wait_sigma=1.0, deadline_hours=168.0, immune_days=30.0
    )


def _no_review() -> ReviewConfig:
    return ReviewConfig(
        reviewers=0.0, hours_per_day=24.0, minutes_per_case=10.0, miss_rate=0.0, false_alarm_rate=0.0, recheck_days=30.0
    )


def _no_appeals() -> AppealsConfig:
    return AppealsConfig(
        share=dict.fromkeys(_LAYERS, 0.0), actions=["suspend"], wait_hours_median=24.0, wait_sigma=1.0, reviewers=0.0,
        immune_days=90.0,
    )  # fmt: skip


def _no_investigation() -> InvestigationConfig:
    return InvestigationConfig(
        analysts=0.0, hours_per_day=8.0, hours_per_account=1.0, miss_rate=0.0, false_alarm_rate=0.0, top_scores=0,
        tip_date=None, tip_accounts=0, least_evidence=0.05, idle_days=3, wave_after_days=0, wave_by=None,
        least_accounts=1, prior=0.5, attribution_least=0.9,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class EnforcementConfig(RouteConfig):
    """When scores are taken, and what is done about them: the main route, others beside it, and what they share.

    Where the main policy is `never`, or its threshold inf, nothing acts at all, no other route either.
    """

    removal_half_life_hours: float = ranged(
        0.0,
        math.inf,
        "half-life of a post whose author's posts are being removed (remove_posts)",
        unit="hours",
        default=1.0,
    )
    challenge: ChallengeConfig = described("the check by telephone", default_factory=_no_challenge)
    review: ReviewConfig = described("the people who look at cases", default_factory=_no_review)
    appeals: AppealsConfig = described("which accounts appeal, and who decides", default_factory=_no_appeals)
    investigation: InvestigationConfig = described(
        "analysts who work beside the automatic routes", default_factory=_no_investigation
    )
    routes: dict[str, ExtraRouteConfig] = described(
        "further routes beside the main one, by name", allowed="NAME: the keys of the main route, and those below",
        default_factory=dict,
    )  # fmt: skip

    def _where(self) -> str:
        return "enforcement"


def _check_layers(key: str, shares: dict[str, float]) -> None:
    if set(shares) != set(_LAYERS):
        raise ConfigError(f"{key} must name {', '.join(_LAYERS)}; got {', '.join(sorted(shares)) or 'none'}.")
