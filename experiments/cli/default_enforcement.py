"""What the platform does where a command does not name it: one simulation has the defence, all else a threshold.

`conf/config.yaml` has `enforcement=threshold`, whose threshold sweeps and comparisons vary. For one simulation the word
`enforcement=defence` is added to the command line, so that Hydra's `--cfg` and `takedown options=...` show it as well.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.utils import create_config_search_path, get_args_parser
from hydra.core.config_search_path import SearchPathQuery
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from sim.config import ConfigError
from sim.config.yaml_files import CONFIG_FOLDER

DEFAULT = "enforcement=defence"
_SIMULATE = "simulate"  # the only task with that default
_PLATFORM = ("detector", "enforcement")  # groups that mean something else under another enforcement


@dataclass(frozen=True)
class _Files:
    """What the files that a command adds to the root, such as an experiment, say.

    Attributes
    ----------
    task : str, optional
    named : bool
        Whether they, or the command line, choose a file of `enforcement`.
    changed : frozenset of str
        The groups among `detector` and `enforcement` that they change.
    """

    task: str | None = None
    named: bool = False
    changed: frozenset[str] = frozenset()


def with_enforcement(words: Sequence[str]) -> list[str]:
    """Return the words of a command line, `enforcement=defence` among them where it is what is run.

    It is where the task is `simulate` and neither the command line nor a file that it adds names a file of the group. A
    `--multirun`, and a root of the user's own (`--config-name`, `--config-path`), are left as they are, and so is what
    Hydra refuses.

    Parameters
    ----------
    words : sequence of str
        Without the name of the program.

    Raises
    ------
    ConfigError
        `detector` or `enforcement` is changed and `enforcement` is not named: the values would change the defence's
        review route, and are mostly meant for a threshold.
    """
    given = get_args_parser().parse_known_args(list(words))[0]
    overrides = _read(given)
    if overrides is None:
        return list(words)
    adding = [
        one for one in overrides if one.key_or_group == "experiment" or one.is_add() and "." not in one.key_or_group
    ]
    files = _files(given, overrides) if adding else _Files()
    tasks = [str(one.value()) for one in overrides if one.key_or_group == "task"]
    if files.named or any(map(_names, overrides)) or (tasks or [files.task or _SIMULATE])[-1] != _SIMULATE:
        return list(words)
    asked = any(one.key_or_group == "options" for one in overrides)  # nothing is run, and a detector is what it is
    groups = _PLATFORM[asked:]
    changing = [str(one.input_line) for one in overrides if re.split("[./]", one.key_or_group)[0] in groups]
    if files.changed & set(groups):
        changing += [str(one.input_line) for one in adding]
    if changing:
        raise ConfigError(
            f"enforcement must be named beside {', '.join(changing)}; add enforcement=threshold, or {DEFAULT} "
            "to change its review route."
        )
    after = max((i for i, word in enumerate(words) if word in given.overrides), default=len(words) - 1) + 1
    return [*words[:after], DEFAULT, *words[after:]]  # beside the others: flags may come after them


def _read(given: argparse.Namespace) -> list[Override] | None:
    """Return the overrides of a command; None where nothing is to be added."""
    if given.multirun or given.help or given.hydra_help or given.shell_completion:
        return None
    if given.config_name is not None or given.config_path is not None:
        return None
    if given.config_dir is not None and not Path(given.config_dir).is_dir():
        return None
    try:
        overrides = OverridesParser.create().parse_overrides(given.overrides)
    except HydraException:
        return None  # Hydra says what is wrong with it
    if any(one.is_sweep_override() or one.key_or_group == "hydra.mode" for one in overrides):
        return None
    return overrides


def _names(override: Override) -> bool:
    """Return whether an override chooses a file of `enforcement`."""
    return (
        override.key_or_group == "enforcement" and not override.is_delete() and not isinstance(override.value(), dict)
    )


def _files(given: argparse.Namespace, overrides: Sequence[Override]) -> _Files:
    """Return what the files that a command adds to the root say, a later one having the last word."""
    own = [] if given.config_dir is None else [f"file://{Path(given.config_dir).absolute()}"]
    for override in overrides:
        value = override.value()
        if override.key_or_group == "hydra.searchpath" and isinstance(value, list):
            own += map(str, value)
    search_path = create_config_search_path(CONFIG_FOLDER)
    for path in own:
        search_path.prepend("command-line", path, anchor=SearchPathQuery(provider="schema"))
    loader = ConfigLoaderImpl(search_path)
    found = loader.compute_defaults_list("config", given.overrides, RunMode.RUN)
    chosen = found.overrides.override_metadata
    changed = {group for group, choice in chosen.items() if not choice.external_override}
    task = None
    places = [one.config_path for one in found.defaults]
    for one in found.defaults[places.index("config") + 1 :]:
        result = loader.repository.load_config(str(one.config_path))
        content = OmegaConf.create() if result is None else result.config
        if not isinstance(content, DictConfig):
            continue  # which Hydra refuses
        if one.package:
            changed.add(one.package.partition(".")[0])
        else:
            changed |= set(map(str, content))
            task = content.get("task", task)
    return _Files(task, "enforcement" in chosen, frozenset(changed & set(_PLATFORM)))
