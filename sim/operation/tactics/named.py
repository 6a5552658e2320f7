"""Tactics by name, or by the dotted path of a class; and the plan that they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sim.config import ConfigError, WorldConfig
from sim.config.checks import check_distinct
from sim.config.classes import class_of
from sim.config.operation import OperationConfig
from sim.operation.tactics.base import Tactic
from sim.operation.tactics.spread_registrations import SpreadRegistrations

TACTICS: dict[str, type[Tactic]] = {"spread_registrations": SpreadRegistrations}


def tactics_of(operation: OperationConfig) -> list[Tactic]:
    """Return the tactics that a configuration names, in their order.

    Raises
    ------
    ConfigError
        One is neither a name nor the path of a class, or cannot be made from its options; or options are of no tactic.
    """
    check_distinct("operation.tactics", operation.tactics)
    known = {**TACTICS, **dict.fromkeys(operation.tactics)}
    if unknown := [name for name in operation.tactic_options if name not in known]:
        raise ConfigError(f"operation.tactic_options must be of {', '.join(known)}; got {unknown[0]}.")
    return [_made(name, operation.tactic_options.get(name, {})) for name in operation.tactics]


def planned(config: WorldConfig) -> WorldConfig:
    """Return the world with the operation that its tactics plan; the same where they plan nothing.

    Raises
    ------
    ConfigError
        As of `tactics_of`; or a plan is not allowed, or would change again if it were made again.
    """
    operation = _planned(config.operation)
    if operation == config.operation:
        return config
    if _planned(operation) != operation:
        raise ConfigError(
            f"operation.tactics must plan the same when they plan twice; got {', '.join(config.operation.tactics)}."
        )
    return replace(config, operation=operation)


def _planned(operation: OperationConfig) -> OperationConfig:
    for tactic in tactics_of(operation):
        operation = tactic.plan(operation)
    return operation


def _made(name: str, options: Mapping[str, Any]) -> Tactic:
    kind = TACTICS.get(name) or class_of("operation.tactics", name, ("plan", "respond"), tuple(TACTICS))
    try:
        made: Tactic = kind(**options)
    except ConfigError:
        raise
    except Exception as error:  # whatever making it raises
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise ConfigError(f"operation.tactics cannot make {name} of operation.tactic_options: {reason}") from error
    return made
