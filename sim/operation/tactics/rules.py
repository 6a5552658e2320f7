"""Adaptation rules by name, or by the dotted path of a class."""

from __future__ import annotations

from sim.config.classes import class_of
from sim.config.operation import AdaptationConfig
from sim.operation.tactics.base import Adaptation
from sim.operation.tactics.dormant import Dormant
from sim.operation.tactics.learn import Learn
from sim.operation.tactics.plan import Plan
from sim.operation.tactics.rotate_cells import RotateCells
from sim.operation.tactics.scatter import Scatter
from sim.operation.tactics.throttle import Throttle

RULES: dict[str, type[Adaptation]] = {
    "none": Plan, "throttle": Throttle, "scatter": Scatter, "dormant": Dormant, "rotate_cells": RotateCells,
    "learn": Learn,
}  # fmt: skip


def adaptation_of(config: AdaptationConfig, n_cells: int, seed: int) -> Adaptation:
    """Return the rule that a configuration names.

    Raises
    ------
    ConfigError
        It is neither a built-in rule nor the path of a class.
    """
    kind = RULES.get(config.rule)
    if kind is None:
        kind = class_of("operation.adaptation.rule", config.rule, ("step",), tuple(RULES))
    return kind(config, n_cells, seed)  # type: ignore[call-arg]
