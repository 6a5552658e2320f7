"""The world: the public, the operation, the platform, and what is measured of them."""

import logging

from sim import compiled

compiled.configure()
logging.getLogger("MESA").setLevel(logging.WARNING)  # Mesa logs a line a step

from sim.config import ConfigError  # noqa: E402
from sim.model import InfluenceModel  # noqa: E402
from sim.scenario import load_scenario  # noqa: E402

__all__ = ["ConfigError", "InfluenceModel", "load_scenario"]
