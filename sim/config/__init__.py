"""A dataclass per configuration group: type, unit and range of every parameter. The values are in conf/*.yaml."""

from sim.config.checks import ConfigError, convert, from_mapping
from sim.config.content import ContentConfig, LabelsConfig, SharedMaterial
from sim.config.enforcement import EnforcementConfig, is_threshold
from sim.config.operation import OperationConfig
from sim.config.world import BenignGroup, FeedConfig, GraphConfig, OrganicConfig, ScenarioConfig, WorldConfig

__all__ = [
    "BenignGroup", "ConfigError", "ContentConfig", "EnforcementConfig", "FeedConfig", "GraphConfig", "LabelsConfig",
    "OperationConfig", "OrganicConfig", "ScenarioConfig", "SharedMaterial", "WorldConfig", "convert",
    "from_mapping", "is_threshold",
]  # fmt: skip
