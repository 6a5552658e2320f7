"""What varies in a command: `--multirun key=a,b` and `sweep.vary`, and the configuration of each combination.

A command with `--multirun` is handed to Hydra as the command of its first combination; the others are composed here, so
that all of them can be run side by side into one table. Hydra's own multirun, a job and a folder for each combination,
remains for the other tasks and for its other sweepers.
"""

from __future__ import annotations

import copy
import itertools
import json
import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hydra import compose
from hydra._internal.utils import get_args_parser
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, Transformer, ValueType
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from experiments.store.leaves import leaves
from sim.config import ConfigError
from sim.config.messages import explain

FLAGS = ("--multirun", "-m")
FOLDER = "hydra.run.dir=${hydra.sweep.dir}"  # of a command with --multirun
MOST_RUNS = 1_000_000
COLUMNS = {"enforcement.threshold": "threshold"}  # the names of columns that are not those of their keys


@dataclass(frozen=True)
class Axis:
    """One key that varies.

    Attributes
    ----------
    key : str
        Of the configuration, or of a group.
    words : tuple of str
        The override of each value, as on a command line.
    values : tuple
        The values themselves.
    composed : bool
        Whether an override changes what the configuration is composed of, and so cannot be set in one that is composed.
    """

    key: str
    words: tuple[str, ...]
    values: tuple[Any, ...]
    composed: bool

    @property
    def column(self) -> str:
        """Return the column of the key in tables."""
        return COLUMNS.get(self.key, self.key)


def first_of_several(words: Sequence[str]) -> tuple[list[str], list[str]] | None:
    """Return the words of the first of several runs, and the words that vary; None where that is for Hydra to do.

    Parameters
    ----------
    words : sequence of str
        Of a command line with `--multirun`, or of any other.
    """
    if not set(FLAGS) & set(words):
        return None
    given = get_args_parser().parse_known_args(list(words))[0]
    if given.help or given.hydra_help or given.cfg or given.info or given.run or given.shell_completion:
        return None
    try:
        overrides = OverridesParser.create().parse_overrides(given.overrides)
    except HydraException:
        return None  # Hydra says what is wrong with it
    varied: dict[str, str] = {}
    for override in overrides:
        tasks = [override.value()] if override.key_or_group == "task" else []
        if override.key_or_group in ("hydra/sweeper", "hydra.mode") or set(tasks) - {"simulate", "sweep"}:
            return None
        if override.is_sweep_override():
            word = str(override.input_line)
            if override.is_hydra_override() or not override.is_discrete_sweep():
                return None
            if override.value_type == ValueType.GLOB_CHOICE_SWEEP:
                varied[word] = ""  # known when Hydra has found the files
                continue
            values = list(override.sweep_string_iterator())
            if not values:
                return None
            varied[word] = f"{override.get_key_element()}={values[0]}"
    single = [varied.get(word, word) for word in words if word not in FLAGS]
    return [*filter(None, single), FOLDER], list(varied)


def axes_of(varied: Sequence[str], named: Mapping[str, Any]) -> list[Axis]:
    """Return what varies.

    Parameters
    ----------
    varied : sequence of str
        Words of the command line.
    named : mapping
        `sweep.vary`: from key to a list of values; keys may be nested.

    Raises
    ------
    ConfigError
        A key varies twice, a value is there twice, or there is none.
    """
    loader = GlobalHydra.instance().config_loader()
    parser = OverridesParser.create(config_loader=loader)
    found: list[tuple[Override, list[str]]] = []
    for override in parser.parse_overrides(list(varied)):
        values = list(override.sweep_iterator(transformer=Transformer.identity))
        found.append((override, [Transformer.str(value) for value in values]))
    for key, listed in leaves(named):
        if not isinstance(listed, list):
            raise ConfigError(f"sweep.vary.{key} must be a list of values; got {listed!r}.")
        (override,) = parser.parse_overrides([f"{key}=null"])
        found.append((override, [_text(value) for value in listed]))
    for override, texts in found:
        if not texts:
            raise ConfigError(f"{override.key_or_group} must have at least one value; got none.")
    keys = [override.key_or_group for override, _ in found]
    if twice := [key for i, key in enumerate(keys) if key in keys[:i]]:
        raise ConfigError(f"{twice[0]} must be varied in one place, --multirun or sweep.vary; got both.")
    if (runs := math.prod(len(texts) for _, texts in found)) > MOST_RUNS:  # before Hydra parses each value
        raise ConfigError(f"what varies must make at most {MOST_RUNS:,} runs; got {runs:,}.")
    return [_axis(override, texts) for override, texts in found]


def _axis(override: Override, texts: Sequence[str]) -> Axis:
    key = override.key_or_group
    loader = GlobalHydra.instance().config_loader()
    composed = bool(override.is_add() or override.is_force_add() or override.package or loader.get_group_options(key))
    words = tuple(f"{override.get_key_element()}={text}" for text in texts)
    values = tuple(one.value() for one in OverridesParser.create().parse_overrides(list(words)))
    if (twice := _first_twice(values)) is not None:
        raise ConfigError(f"{key} must hold each value once; got {values[twice]!r} more than once.")
    return Axis(key, words, values, composed)


def _first_twice(values: Sequence[Any]) -> int | None:
    """Return the index of the first value that equals an earlier one; lists and mappings cannot be hashed."""
    seen, unhashable = set(), list[Any]()
    for i, value in enumerate(values):
        if not isinstance(value, Hashable):
            if value in unhashable:
                return i
            unhashable.append(value)
        elif value in seen:
            return i
        else:
            seen.add(value)
    return None


def _text(value: Any) -> str:
    """Return a value as it is written on Hydra's command line."""
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'" if value else "''"
    if isinstance(value, list):
        return f"[{','.join(map(_text, value))}]"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}:{_text(item)}" for key, item in value.items()) + "}"
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def combinations(
    config: DictConfig, axes: Sequence[Axis], words: Sequence[str]
) -> Iterator[tuple[dict[str, Any], DictConfig, dict[str, str], list[str]]]:
    """Yield each combination: its values by column, its configuration, the files that what varies chose, its overrides.

    The configuration is one object that changes from one combination to the next.

    Parameters
    ----------
    config : DictConfig
        Composed of `words`.
    axes : sequence of Axis
    words : sequence of str
        The command's overrides; those of keys that vary are left out.

    Raises
    ------
    ConfigError
        A combination cannot be composed.
    """
    keys = {axis.key for axis in axes}
    fixed = [word for word in words if key_of(word) not in keys]
    outer, inner = ([axis for axis in axes if axis.composed is composed] for composed in (True, False))
    for chosen in itertools.product(*(range(len(axis.values)) for axis in outer)):
        more = [axis.words[i] for axis, i in zip(outer, chosen, strict=True)]
        files = {
            axis.key: str(axis.values[i]) for axis, i in zip(outer, chosen, strict=True)
        }  # fmt: skip
        try:
            made = compose("config", overrides=[*fixed, *more]) if outer else copy.deepcopy(config)
        except (HydraException, OmegaConfBaseException, ValueError) as error:
            raise ConfigError(f"{explain(error).rstrip('.')} (with {', '.join(more)}).") from error
        for picked in itertools.product(*(range(len(axis.values)) for axis in inner)):
            values = [axis.values[i] for axis, i in zip(inner, picked, strict=True)]
            try:
                for axis, value in zip(inner, values, strict=True):
                    OmegaConf.update(made, axis.key, value, merge=True)
            except (OmegaConfBaseException, ValueError) as error:
                raise ConfigError(explain(error)) from error
            columns = dict(zip((axis.column for axis in inner), values, strict=True))
            columns |= {axis.column: axis.values[i] for axis, i in zip(outer, chosen, strict=True)}
            set_here = [axis.words[i] for axis, i in zip(inner, picked, strict=True)]
            yield {axis.column: _cell(columns[axis.column]) for axis in axes}, made, files, [*fixed, *more, *set_here]


def key_of(word: str) -> str:
    """Return the key or group that an override sets; what cannot be read is returned as it is."""
    try:
        return OverridesParser.create().parse_overrides([word])[0].key_or_group
    except HydraException:
        return word


def _cell(value: Any) -> Any:
    """Return a value as it stands in a table: a list of names as they are read."""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value) or "none"
    return json.dumps(value) if isinstance(value, list | dict) else value
