"""The world: the public, the operation, the platform, and what is measured of them."""

import logging

from sim.config import ConfigError
from sim.model import InfluenceModel
from sim.scenario import load_scenario

logging.getLogger("MESA").setLevel(logging.WARNING)  # Mesa logs a line a step

__all__ = ["ConfigError", "InfluenceModel", "load_scenario"]
