"""What every key means: `takedown options=GROUP` shows a group's values with unit, range and meaning.

With the default values it is docs/configuration.md: `python -m experiments.cli.options > docs/configuration.md`.
"""

from __future__ import annotations

import inspect
import pkgutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, get_args, get_origin, get_type_hints

from jinja2 import Environment, PackageLoader, StrictUndefined
from omegaconf import DictConfig
from rich import box
from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from experiments.cli.config import DescribeConfig, MetricsConfig, PublishConfig, SweepConfig
from experiments.cli.errors import GROUPS
from experiments.cli.job import Job
from experiments.cli.parameters import Parameter, defaults_of, parameters_of, summary_of
from sim.config import ConfigError, EnforcementConfig, WorldConfig
from sim.config.checks import range_of
from sim.config.composition import compose_config, resolved
from sim.config.detector import THRESHOLDS
from sim.config.yaml_files import available

WIDTH = 80
NAMES = "NAME"  # stands for each name of a mapping
_ITEM = "[i]"  # and for each place of a list
_NOTHING = ("none", "null")  # values that no unit goes with
_THRESHOLDS = Parameter(THRESHOLDS, "list of float", "Those that task=sweep tries; in [0, 1] or inf.")


@dataclass(frozen=True)
class Option:
    """A key of a configuration.

    Attributes
    ----------
    key : str
        Dotted; `NAME` in it stands for each name of a mapping, `[i]` for each place of a list.
    unit, allowed, meaning : str
        What its dataclass declares.
    group : bool
        Whether it holds keys and no value.
    """

    key: str
    unit: str
    allowed: str
    meaning: str
    group: bool = False


def run(job: Job) -> None:
    """Print the keys of the group that `options` names, with their values as they are now."""
    asked = job.config.options
    found = options_of(str(asked))
    console = Console(width=WIDTH, highlight=False)
    if str(asked) == "detector":
        console.print(detector_table(job.config, job.chosen))
        target = resolved(job.config, "detector")["_target_"]
        more = f"Papers and an example, where it has them: python -m pydoc {target}"
        for paragraph in [*summary_of(_class_of(resolved(job.config, "detector"))), more]:
            console.print(Text(f"\n{paragraph}"))
    else:
        console.print(table(found, str(asked), job.config))


def options_of(asked: str) -> list[Option]:
    """Return the options of a group, or of a part of one, such as `operation.supply`.

    Raises
    ------
    ConfigError
        There is no such group.
    """
    group = asked.partition(".")[0]
    if group not in GROUPS:
        raise ConfigError(f"options must be one of {', '.join(sorted(GROUPS))}, or a part of one; got {asked!r}.")
    if group == "detector":
        return []
    found = list(_options(group_class(group), group))
    if asked == group:
        return found
    part = [option for option in found if option.key.startswith((f"{asked}.", f"{asked}{_ITEM}"))]
    if not part:
        groups = ", ".join(option.key for option in found if option.group) or "no parts"
        raise ConfigError(f"options={asked} is no part of {group}, which has {groups}.")
    return part


def group_class(group: str) -> type:
    """Return the dataclass of a group."""
    if group == "compare":
        from experiments.compare.config import CompareConfig  # takes seconds

        return CompareConfig
    if group == "score":
        from experiments.score.config import ScoreConfig

        return ScoreConfig
    if group == "lesson":
        from experiments.lesson.config import LessonConfig

        return LessonConfig
    tasks = {
        "metrics": MetricsConfig, "sweep": SweepConfig, "publish": PublishConfig, "describe": DescribeConfig,
    }  # fmt: skip
    classes = {**get_type_hints(WorldConfig), "enforcement": EnforcementConfig, **tasks}
    return classes[group]


def _options(cls: type, where: str, left_out: frozenset[str] = frozenset()) -> Iterator[Option]:
    hints = get_type_hints(cls)
    for spec in fields(cls):
        if spec.name in left_out:
            continue
        kind, key = hints[spec.name], f"{where}.{spec.name}"
        inner, below = _held(kind, key)
        rules = spec.metadata
        yield Option(key, rules.get("unit", ""), allowed_of(kind, rules), rules.get("meaning", ""), inner is not None)
        if inner is not None:
            yield from _options(inner, below, _shared(cls, inner))


def _held(kind: Any, key: str) -> tuple[type | None, str]:
    """Return the dataclass that a field holds, if any, and the key below which its fields stand."""
    if is_dataclass(kind) and isinstance(kind, type):
        return kind, key
    arguments = get_args(kind)
    if arguments and arguments[-1] is type(None) and is_dataclass(arguments[0]) and isinstance(arguments[0], type):
        return arguments[0], key  # a group that may be null
    if arguments and is_dataclass(arguments[-1]) and isinstance(arguments[-1], type):
        return arguments[-1], f"{key}.{NAMES}" if get_origin(kind) is dict else key + _ITEM
    return None, key


def _shared(outer: type, inner: type) -> frozenset[str]:
    """Return the fields that two dataclasses have of one ancestor: they mean the same and are shown once."""
    common = [base for base in inner.__mro__[1:] if base in outer.__mro__ and is_dataclass(base)]
    return frozenset(spec.name for base in common for spec in fields(base))


def allowed_of(kind: Any, rules: Mapping[str, Any]) -> str:
    """Return in words what a field takes."""
    if rules.get("allowed"):
        return str(rules["allowed"])
    if "choices" in rules:
        return ", ".join(rules["choices"])
    if "low" in rules:
        more = ", sum 1" if rules.get("sum_to_one") else ""
        return range_of(rules) + more + (f", {rules['length']} of them" if "length" in rules else "")
    return "true, false" if kind is bool else ""


def value_of(config: Any, key: str) -> Any:
    """Return a key's value in a configuration of plain containers; by name where `NAME` stands in the key."""
    head, _, rest = key.partition(".")
    name, is_list, _ = head.partition(_ITEM)
    if name == NAMES:
        return {each: value_of(part, rest) for each, part in config.items() if not rest or _has(part, rest)}
    if not isinstance(config, Mapping) or name not in config:
        return None
    if is_list:
        return [value_of(part, rest) for part in config[name]]
    return value_of(config[name], rest) if rest else config[name]


def _has(part: Any, key: str) -> bool:
    return isinstance(part, Mapping) and key.partition(".")[0] in part


def written(value: Any) -> str:
    """Return a value as one writes it on the command line, in a line."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {written(item)}" for key, item in value.items()) or "none"
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def shown_value(values: Mapping[str, Any], option: Option) -> str:
    """Return an option's value as it is shown: nothing of a group that holds keys, none where a list has no places."""
    if option.group:
        return "null" if "null" in option.allowed and value_of(values, option.key) is None else ""
    value = value_of(values, option.key)
    return "none" if _ITEM in option.key and not value else written(value)


def table(options: list[Option], asked: str, config: DictConfig) -> Table:
    """Return a group's keys with their values, at most 80 columns wide."""
    group = asked.partition(".")[0]
    values = {group: resolved(config, group)}
    drawn = Table(
        box=box.SIMPLE_HEAD, pad_edge=False, width=WIDTH, title=f"{asked}: change a value with {asked}.KEY=VALUE"
    )  # fmt: skip
    drawn.add_column(f"key of {asked}, and its meaning", overflow="fold", ratio=1)
    drawn.add_column("value now with its unit, and what is allowed", overflow="fold", ratio=1)
    for option in options:
        key = Text(option.key.removeprefix(asked).removeprefix("."), "bold")
        value = shown_value(values, option)
        if option.unit:
            value += f"; unit: {option.unit}" if value in _NOTHING else f" {option.unit}"
        allowed = f"allowed: {option.allowed}" if option.allowed else ""
        drawn.add_row(
            Group(key, Padding(Text(option.meaning), (0, 0, 0, 2))), Text("\n".join(filter(None, (value, allowed))))
        )
    return drawn


def detector_table(config: DictConfig, name: str) -> Table:
    """Return the parameters of the configured detector with their values, types and meanings."""
    settings = resolved(config, "detector")
    made = _class_of(settings)
    documented = parameters_of(made)
    drawn = Table(
        box=box.SIMPLE_HEAD, pad_edge=False, width=WIDTH, title=f"detector={name}: {settings['_target_']}",
        caption="detector=NAME chooses another; change a value with detector.KEY=VALUE",
    )  # fmt: skip
    drawn.add_column("key of detector, and its meaning", overflow="fold", ratio=3)
    drawn.add_column("value now, and its type", overflow="fold", ratio=2)
    rows = {str(key): _by_line(value) for key, value in settings.items() if key != "_target_"}
    unset = {key: value for key, value in defaults_of(made).items() if key not in rows}
    rows |= {key: f"{written(value)}, by default; set by +detector.{key}=" for key, value in unset.items()}
    for key, value in rows.items():
        described = _THRESHOLDS if key == THRESHOLDS else documented.get(key, Parameter(key, "", ""))
        drawn.add_row(
            Group(Text(key, "bold"), Padding(Text(described.meaning), (0, 0, 0, 2))),
            Text("\n".join(filter(None, (value, described.kind and f"type: {described.kind}")))),
        )
    return drawn


def _by_line(value: Any) -> str:
    """Return a value as it is written, a mapping with a line for each of its keys."""
    if not isinstance(value, Mapping) or not value:
        return written(value)
    return "\n".join(f"{key}: {written(item)}" for key, item in value.items())


def _class_of(settings: Mapping[str, Any]) -> Any:
    try:
        return pkgutil.resolve_name(settings["_target_"])
    except Exception as error:  # whatever importing it raises
        raise ConfigError(f"detector cannot be made from {settings.get('_target_')}: {error}") from error


def document() -> str:
    """Return docs/configuration.md: every group with its default values."""
    config = compose_config()
    values = {group: resolved(config, group) for group in GROUPS}
    sections = [
        {
            "name": group,
            "says": (inspect.getdoc(group_class(group)) or "").split("\n\n")[0],
            "files": available(group),
            "chosen": "",
            "options": [
                (option, shown_value(values, option)) for option in options_of(group)
            ],
        }
        for group in GROUPS if group != "detector"
    ]  # fmt: skip
    made = Environment(
        loader=PackageLoader("experiments.cli", "."), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True,
    )  # fmt: skip
    made.filters["cell"] = lambda text: str(text).replace("|", "\\|").replace("*", "\\*")
    return made.get_template("configuration.md.j2").render(sections=sections, detectors=available("detector"))


if __name__ == "__main__":
    sys.stdout.write(document())
