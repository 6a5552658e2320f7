"""Declare the range of a parameter, read a mapping into a dataclass, and say what is wrong with a value.

`from_mapping` turns a mapping (what Hydra composed) into a dataclass and says of a wrong value what it is, where it
stands and what is allowed.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, field, fields
from typing import Any, TypeVar, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

#: Keys of earlier versions, and what stands in their place.
REPLACED = {"operation.adaptation": "in its place is operation.tactics, a list of names or of dotted paths of classes"}


class ConfigError(ValueError):
    """A configuration value that is not allowed. The message names the key, the value and what is allowed."""


def described(
    meaning: str,
    *,
    unit: str = "",
    allowed: str = "",
    default: Any = MISSING,
    default_factory: Any = MISSING,
    **rules: Any,
) -> Any:
    """Declare a field with its meaning; what has no range of numbers says in words what is `allowed`."""
    declared = {"meaning": meaning, "unit": unit, "allowed": allowed, **rules}
    return field(default=default, default_factory=default_factory, metadata=declared)


def ranged(low: float, high: float = math.inf, meaning: str = "", *, open_low: bool = False, **more: Any) -> Any:
    """Declare a number's allowed range, or that of the numbers of a list or mapping.

    It is [low, high], or (low, high] with `open_low`; `more` is what `described` takes, and `length`, that of a list.
    """
    return described(meaning, low=low, high=high, open_low=open_low, **more)


def probability(meaning: str = "") -> Any:
    """Declare a probability: [0, 1]."""
    return ranged(0.0, 1.0, meaning, unit="probability")


def proportion(meaning: str) -> Any:
    """Declare a share: [0, 1]."""
    return ranged(0.0, 1.0, meaning, unit="share")


def shares(meaning: str) -> Any:
    """Declare a mapping from name to share, the shares adding up to one."""
    return ranged(0.0, 1.0, meaning, unit="share", sum_to_one=True)


def quantiles(meaning: str) -> Any:
    """Declare the quantiles of a share: pairs of probability and value; both rise, the probability from 0 to 1."""
    return described(f"quantiles of {meaning}", unit="share", allowed="[[0, SHARE], ..., [1, SHARE]]", quantiles=True)


def one_of(*choices: str, meaning: str = "", default: Any = MISSING) -> Any:
    """Declare a text with a closed list of values."""
    return described(meaning, choices=choices, default=default)


def named(meaning: str) -> Any:
    """Declare a text that must not be empty."""
    return described(meaning, allowed="a name", named=True)


Group = TypeVar("Group")


def from_mapping(cls: type[Group], mapping: Any, where: str = "") -> Group:
    """Build a configuration dataclass from a mapping.

    Parameters
    ----------
    cls : type
        One of this module's dataclasses.
    mapping : mapping
        Its fields by name, nested groups as mappings; numbers may come as text.
    where : str
        The key under which the mapping stands, for messages.

    Raises
    ------
    ConfigError
        A key is unknown or missing, or a value has the wrong type or lies outside its range.
    """
    if not isinstance(mapping, Mapping):
        raise ConfigError(f"{where or 'the configuration'} must be a group of keys; got {mapping!r}.")
    prefix = f"{where}." if where else ""
    known = {f.name for f in fields(cls)}  # type: ignore[arg-type]
    for key in mapping:
        if key not in known:
            instead = REPLACED.get(f"{prefix}{key}") or f"allowed here: {', '.join(sorted(known))}"
            raise ConfigError(f"{prefix}{key} is not an option; {instead}.")
    needed = {f.name for f in fields(cls) if f.default is MISSING and f.default_factory is MISSING}  # type: ignore[arg-type]
    for key in sorted(needed - set(mapping)):
        raise ConfigError(f"{prefix}{key} is missing; it needs a value.")
    hints = get_type_hints(cls)
    return cls(**{key: convert(hints[key], value, prefix + key) for key, value in mapping.items()})


def convert(kind: Any, value: Any, where: str) -> Any:
    """Return a value as a type of this module's fields; raise `ConfigError`, with the key `where`, if it is none."""
    if kind is Any:
        return value
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is dict:
        if not isinstance(value, Mapping):
            raise ConfigError(f"{where} must be a mapping of names to values; got {value!r}.")
        return {str(key): convert(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
    if origin is list:
        if isinstance(value, str) or not hasattr(value, "__iter__"):
            raise ConfigError(f"{where} must be a list; got {value!r}.")
        return [convert(arguments[0], item, f"{where}[{i}]") for i, item in enumerate(value)]
    if arguments and type(None) in arguments:
        return None if value is None else convert(arguments[0], value, where)
    if hasattr(kind, "__dataclass_fields__"):
        return value if isinstance(value, kind) else from_mapping(kind, value, where)
    if kind is str:
        if not isinstance(value, str):
            raise ConfigError(f"{where} must be a text; got {value!r}.")
        return value
    word = {int: "a whole number", float: "a number", bool: "true or false"}[kind]
    if kind is not bool and isinstance(value, bool) or kind is bool and not isinstance(value, bool):
        raise ConfigError(f"{where} must be {word}; got {value!r}.")
    try:
        number = kind(value)
    except (TypeError, ValueError, OverflowError):
        raise ConfigError(f"{where} must be {word}; got {value!r}.") from None
    if kind is int and not isinstance(value, str) and number != value:
        raise ConfigError(f"{where} must be {word}; got {value!r}.")
    return number


def date_of(key: str, text: str) -> dt.date:
    """Return a date YYYY-MM-DD; Python reads others too, such as 2019-W30-1, which are refused."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise ConfigError(f"{key} must be a date YYYY-MM-DD; got {text!r}.")
    return day


def check_zone(key: str, name: str | None) -> None:
    """Raise `ConfigError` unless a text is the name of a time zone, or None."""
    try:
        if name is not None:
            ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # no such zone; no name of a zone; the name of a folder
        raise ConfigError(f"{key} must be the name of a time zone, such as Asia/Hong_Kong; got {name!r}.") from None


def auto_or_count(key: str, value: Any) -> int | str:
    """Return a number of something that is left to the program ("auto") or given as a whole number from 1 on."""
    if value != "auto" and (type(value) is not int or value < 1):
        raise ConfigError(f"{key} must be auto or a whole number from 1 on; got {value!r}.")
    found: int | str = value
    return found


def check_ranges(config: Any, where: str) -> None:
    """Check each field of a dataclass against its declared range."""
    for spec in fields(config):
        value, rules, key = getattr(config, spec.name), spec.metadata, f"{where}.{spec.name}"
        if "choices" in rules and value not in rules["choices"]:
            raise ConfigError(f"{key} must be one of {', '.join(rules['choices'])}; got {value!r}.")
        if rules.get("named") and not (isinstance(value, str) and value.strip()):
            raise ConfigError(f"{key} must be a name; got {value!r}.")
        if "length" in rules and len(value) != rules["length"]:
            raise ConfigError(f"{key} must have {rules['length']} entries; got {len(value)}.")
        if "low" in rules:
            items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
            for name, number in [("", value)] if items is None else items:
                _check_range(f"{key}.{name}" if items is not None else key, number, rules)
        if rules.get("quantiles"):
            _check_quantiles(key, value)
        if rules.get("sum_to_one") and not math.isclose(sum(value.values()), 1.0, abs_tol=1e-6):
            raise ConfigError(f"{key} must add up to 1; got {sum(value.values()):g}.")


def _check_quantiles(key: str, value: list[list[float]]) -> None:
    """Check that pairs of probability and share rise together, the probabilities from 0 to 1."""
    at, shares = [pair[0] for pair in value if len(pair) == 2], [pair[1] for pair in value if len(pair) == 2]
    whole = len(at) == len(value) >= 2 and at[0] == 0.0 and at[-1] == 1.0
    if not whole or at != sorted(set(at)) or shares != sorted(shares) or shares[0] < 0.0 or shares[-1] > 1.0:
        raise ConfigError(
            f"{key} must be pairs of probability and share, both rising, from probability 0 to 1; got {value}."
        )


def _check_range(key: str, number: float, rules: Mapping[str, Any]) -> None:
    low, high, open_low = rules["low"], rules["high"], rules.get("open_low", False)
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise ConfigError(f"{key} must be a number; got {number!r}.")
    too_low = number <= low if open_low else number < low
    if too_low or number > high or math.isnan(number):
        raise ConfigError(f"{key} must lie in {range_of(rules)}; got {number}.")


def range_of(rules: Mapping[str, Any]) -> str:
    """Return a declared range as it is written: [0, 1], (0, 24], [0, inf)."""
    low, high = rules["low"], rules["high"]
    return f"{'(' if rules.get('open_low') else '['}{low:g}, {high:g}{')' if math.isinf(high) else ']'}"


def check_distinct(where: str, values: Sequence[Any]) -> None:
    """Refuse what is there twice: a table would take one run for two."""
    twice = [value for i, value in enumerate(values) if value in values[:i]]
    if twice:
        raise ConfigError(f"{where} must hold each value once; got {twice[0]!r} more than once.")
