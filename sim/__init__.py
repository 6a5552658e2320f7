"""The world: the public, the operation, the platform, and what is measured of them."""

import logging

import numba

from sim.config import ConfigError
from sim.model import InfluenceModel
from sim.scenario import load_scenario

# Spinning OpenMP threads cost milliseconds a parallel region on a busy machine.
numba.config.THREADING_LAYER = "workqueue"
logging.getLogger("MESA").setLevel(logging.WARNING)  # Mesa logs a line a step

__all__ = ["ConfigError", "InfluenceModel", "load_scenario"]
