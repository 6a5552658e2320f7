"""The world: the public, the operation, the platform, and what is measured of them."""

import logging
import warnings

from sim.core import compiled

compiled.configure()
with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="IProgress not found")  # of a progress bar of Mesa's, in notebooks
    import mesa  # noqa: F401
logging.getLogger("MESA").setLevel(logging.WARNING)  # Mesa logs a line a step

from sim.config import ConfigError  # noqa: E402
from sim.config.composition import load_scenario  # noqa: E402
from sim.model import InfluenceModel  # noqa: E402

__all__ = ["ConfigError", "InfluenceModel", "load_scenario"]
