"""Actions by name or dotted path."""

from __future__ import annotations

from collections.abc import Iterable

from sim.config import ConfigError, EnforcementConfig
from sim.config.classes import class_of
from sim.enforcement.actions.bar_advertising import BarAdvertising
from sim.enforcement.actions.base import Action
from sim.enforcement.actions.challenge import Challenge
from sim.enforcement.actions.label import Label
from sim.enforcement.actions.limit import Limit
from sim.enforcement.actions.remove_posts import RemovePosts
from sim.enforcement.actions.suspend import Suspend

BUILT_IN: dict[str, type[Action]] = {
    kind.name: kind for kind in (Suspend, Challenge, Limit, Label, RemovePosts, BarAdvertising)
}


def action_class(name: str, where: str = "an action") -> type[Action]:
    """Return the class of an action.

    Parameters
    ----------
    name : str
        Of a built-in action, or the dotted path of a subclass of `Action`.
    where : str
        What named it, for the message.

    Raises
    ------
    ConfigError
        There is none.
    """
    if isinstance(name, str) and name in BUILT_IN:
        return BUILT_IN[name]
    kind = class_of(where, name, ("in_force", "apply", "lift"), tuple(BUILT_IN))
    if not issubclass(kind, Action):
        raise ConfigError(f"{where} must name a subclass of sim.enforcement.actions.base.Action; got {name!r}.")
    return kind


def named_actions(rules: EnforcementConfig) -> dict[str, type[Action]]:
    """Return the built-in actions and those that a configuration names by their paths, by the names given.

    Raises
    ------
    ConfigError
        A name or path is wrong, or an appeal is allowed against what cannot be appealed.
    """
    found = dict(BUILT_IN)
    for where, name in _named(rules):
        found[name] = action_class(name, where)
    for name in rules.appeals.actions:
        if not found[name].appealable:
            allowed = ", ".join(known for known, kind in found.items() if kind.appealable)
            raise ConfigError(f"enforcement.appeals.actions must hold some of {allowed}; got {name!r}.")
    return found


def _named(rules: EnforcementConfig) -> Iterable[tuple[str, str]]:
    """Yield the key and the name of each action in a configuration."""
    for where, route in [
        ("enforcement", rules),
        *((f"enforcement.routes.{name}", route) for name, route in rules.routes.items()),
    ]:
        yield f"{where}.action", route.action
        for i, rung in enumerate(route.rungs):
            yield f"{where}.rungs[{i}].action", rung.action
    for name in rules.appeals.actions:
        yield "enforcement.appeals.actions", name
