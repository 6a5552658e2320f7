"""A dataclass per configuration group: type, unit and range of every parameter. The values are in conf/*.yaml."""

from sim.config.checks import ConfigError, convert, from_mapping
from sim.config.content import ContentConfig, KnownAccountsConfig, SharedMaterial
from sim.config.enforcement import (
    AppealsConfig,
    ChallengeConfig,
    EnforcementConfig,
    ExtraRouteConfig,
    ReviewConfig,
    RouteConfig,
    RungConfig,
    is_threshold,
)
from sim.config.feed import FeedConfig
from sim.config.investigation import InvestigationConfig
from sim.config.operation import OperationConfig
from sim.config.world import BenignGroup, EliteConfig, GraphConfig, OrganicConfig, ScenarioConfig, WorldConfig

__all__ = [
    "AppealsConfig", "BenignGroup", "ChallengeConfig", "ConfigError", "ContentConfig", "EliteConfig",
    "EnforcementConfig",
    "ExtraRouteConfig", "FeedConfig", "GraphConfig", "InvestigationConfig", "KnownAccountsConfig", "OperationConfig",
    "OrganicConfig", "ReviewConfig", "RouteConfig", "RungConfig", "ScenarioConfig", "SharedMaterial", "WorldConfig",
    "convert", "from_mapping", "is_threshold",
]  # fmt: skip
