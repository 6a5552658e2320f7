"""What is wrong with a configuration that Hydra or OmegaConf refused, in one line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import yaml
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import DictConfig
from omegaconf.errors import GrammarParseError, InterpolationResolutionError, OmegaConfBaseException

from sim.config.checks import REPLACED
from sim.config.enforcement import EnforcementConfig
from sim.config.sources import first_line
from sim.config.world import WorldConfig
from sim.config.yaml_files import CONFIG_FOLDER

__all__ = ["explain", "first_line", "is_refusal", "place_in_a_list"]


def is_refusal(error: BaseException) -> bool:
    """Return whether Hydra, OmegaConf or the YAML library raised this of a configuration: what `explain` is for."""
    return isinstance(
        error, HydraException | OmegaConfBaseException | yaml.YAMLError | RecursionError | UnicodeDecodeError
    )


def explain(error: Exception) -> str:
    """Say in one line what is wrong with a configuration that Hydra or OmegaConf refused."""
    if isinstance(error, MissingConfigException) and error.missing_cfg_file and error.options is not None:
        group, _, name = error.missing_cfg_file.rpartition("/")
        return f"{group or 'config'} must be one of {', '.join(sorted(error.options))}; got {name!r}."
    if isinstance(error, OverrideParseException):
        return f"{error.override!r} is not an override; write key=value, the value quoted where it holds = , ~ [ or {{."
    text = first_line(error)
    if several := re.search("(?:Ambiguous value for argument|Sweep parameters) '(.*?)=(.*)'", text):
        return f"{several[1]} must be one value, or several with --multirun; got {several[2]}."
    if merged := re.fullmatch("Error merging override (.*?)=(.*)", text):
        key = merged[1].lstrip("+")
        if place := re.match(r"(.+?)\.\d+(\.|$)", key):
            return f"{key} cannot be set: {place[1]} is a list without that place; give it whole: {place[1]}=[...]."
        return f"{key} must be of the kind that it is by default; got {merged[2]}."
    chain: BaseException | None = error
    while chain is not None:
        key = getattr(chain, "full_key", None)
        if key and "not in struct" in str(chain):
            return f"{key} {_unknown(str(key), getattr(chain, 'parent_node', None))}"
        if key and key != "_dummy_" and isinstance(chain, InterpolationResolutionError):
            return f"{key} cannot be resolved: {first_line(chain)}."
        if key and isinstance(chain, GrammarParseError):
            return f"{key} cannot be read: {first_line(chain)}."
        chain = chain.__cause__ or chain.__context__
    if unknown := re.fullmatch(r"Could not override '(.*)'\.", text):
        return f"{unknown[1]} is not an option."
    if isinstance(error, RecursionError):  # where no file is known to blame: `sim.config.sources` names it
        return "a file of the configuration is nested too deep, or leads back to itself."
    more = str(error).strip().splitlines()[1:2]  # what it is, or what may have been meant
    if more and (text.endswith(":") or more[0].startswith("Did you mean")):
        text = f"{text} {more[0]}"
    return text if text.endswith((".", "?", "!")) else f"{text}."


def place_in_a_list(error: Exception, words: Iterable[str]) -> str | None:
    """Say which of the words of a command names a place of a list by what is no number; None where none does.

    OmegaConf lets Python's own error through, which does not name the key.
    """
    if not isinstance(error, ValueError) or not (
        found := re.fullmatch(r"invalid literal for int\(\) with base 10: '(.*)'", str(error))
    ):
        return None
    for word in words:
        key = word.partition("=")[0].lstrip("+~")
        head, dot, last = key.rpartition(".")
        if dot and last == found[1]:
            return f"{key} is not an option: {head} is a list; its places are 0, 1, ..."
    return None


_BY_NAME = (
    "sweep.thresholds",
    "sweep.vary",
    "score.columns",
    "score.parameters",
)  # of the groups that tasks read, which are declared above this package


def _unknown(key: str, beside: Any) -> str:
    """Say of a key that it is not an option, and which are beside it; where keys can be added, how."""
    if key in REPLACED:
        return f"is not an option; {REPLACED[key]}."
    group = key.rpartition(".")[0]
    by_name = group in _BY_NAME or get_origin(_kind_of(group)) is dict
    is_group = "." not in key and (Path(CONFIG_FOLDER) / key).is_dir()
    if is_group or (not by_name and _kind_of(key) is not None):  # it was taken out
        return "is missing; it needs a value."
    if not isinstance(beside, DictConfig):
        return "is not an option."
    there = sorted(name for name in map(str, beside) if name != "hydra")
    if by_name:
        others = f"; there are {', '.join(there)}" if there else ""
        return f"is not there{others}; put + before it to add it: +{key}=..."
    return f"is not an option; allowed here: {', '.join(there)}." if there else "is not an option."


def _kind_of(key: str) -> Any:
    """Return the type that the dataclasses declare for a key of a run's configuration; None where they do not."""
    first, *rest = key.split(".")
    kind: Any = {**get_type_hints(WorldConfig), "enforcement": EnforcementConfig}.get(first)
    for name in rest:
        if get_origin(kind) is dict:
            kind = get_args(kind)[1]
        else:
            kind = get_type_hints(kind).get(name) if is_dataclass(kind) else None
    return kind
