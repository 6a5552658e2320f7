"""The world: the public, the operation, the platform, and what is measured of them."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.config import ConfigError
    from sim.config.composition import load_scenario
    from sim.model import InfluenceModel

warnings.filterwarnings("ignore", message="IProgress not found")  # of a progress bar of Mesa's, in notebooks

__all__ = ["ConfigError", "InfluenceModel", "load_scenario"]

_WHERE = {
    "ConfigError": "sim.config",
    "InfluenceModel": "sim.model",
    "load_scenario": "sim.config.composition",
}  # each imported when it is first asked for: Mesa and Numba take a second, which a configuration need not wait for


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_WHERE})
