"""What is wrong with a configuration that Hydra or OmegaConf refused, in one line."""

from __future__ import annotations

import re

import yaml
from hydra import compose
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import GrammarParseError, InterpolationResolutionError, OmegaConfBaseException

from sim.config.sources import first_line
from sim.config.yaml_files import hydra_of_our_own

__all__ = ["explain", "first_line", "is_refusal"]


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
        return f"{merged[1].lstrip('+')} must be of the kind that it is by default; got {merged[2]}."
    chain: BaseException | None = error
    while chain is not None:
        key = getattr(chain, "full_key", None)
        if key and "not in struct" in str(chain):
            return f"{key} {_unknown(str(key))}"
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


def _unknown(key: str) -> str:
    """Say of a key that it is not an option, and what is; of one that was taken out, that it is missing."""
    parent = key.rpartition(".")[0]
    with hydra_of_our_own():
        default = compose("config")
    if OmegaConf.select(default, key) is not None:
        return "is missing; it needs a value."
    node = OmegaConf.select(default, parent) if parent else default
    beside = f"; allowed here: {', '.join(sorted(map(str, node)))}" if isinstance(node, DictConfig) else ""
    return f"is not an option{beside}."
