"""The parameters of a detector as its class documents them: what `takedown options=detector` shows."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_UNDERLINE = re.compile(r"-{3,}")
_CITATION = re.compile(r"(\[\d+\])_")


@dataclass(frozen=True)
class Parameter:
    """A parameter of a class.

    Attributes
    ----------
    name, kind, meaning : str
        The type in the words of the docstring.
    """

    name: str
    kind: str
    meaning: str


def summary_of(cls: type) -> list[str]:
    """Return the paragraphs that come before the first section of a class's docstring, each in one line."""
    return _paragraphs(_sections(cls).get("", []))


def parameters_of(cls: type) -> dict[str, Parameter]:
    """Return the parameters that the docstring of a class describes, by name, in its order."""
    blocks: list[tuple[str, list[str]]] = []
    for line in _sections(cls).get("Parameters", []):
        if line and not line[0].isspace():
            blocks.append((line, []))
        elif blocks:
            blocks[-1][1].append(line)
    found = {}
    for head, lines in blocks:
        names, _, kind = head.partition(" : ")
        for name in (each.strip() for each in names.split(",")):
            found[name] = Parameter(name, kind.strip(), " ".join(_paragraphs(lines)))
    return found


def defaults_of(cls: type) -> Mapping[str, Any]:
    """Return the parameters that a class can be made without, with their defaults."""
    return {
        name: each.default for name, each in inspect.signature(cls).parameters.items()
        if each.default is not inspect.Parameter.empty
    }  # fmt: skip


def _sections(cls: type) -> dict[str, list[str]]:
    """Return the lines of a docstring in the style of NumPy by section; before the first one its name is empty."""
    lines = (inspect.getdoc(cls) or "").splitlines()
    found: dict[str, list[str]] = {"": []}
    name = ""
    for i, line in enumerate(lines):
        if i + 1 < len(lines) and line.strip() and _UNDERLINE.fullmatch(lines[i + 1].strip()):
            name = line.strip()
            found[name] = []
        elif not _UNDERLINE.fullmatch(line.strip()):
            found[name].append(line)
    return found


def _paragraphs(lines: list[str]) -> list[str]:
    return list(_joined(lines))


def _joined(lines: list[str]) -> Iterator[str]:
    """Join the lines of each paragraph; items of a list stay apart."""
    words: list[str] = []
    for line in [*(each.strip() for each in lines), ""]:
        if words and (not line or line.startswith(("- ", "* "))):
            yield _CITATION.sub(r"\1", " ".join(words))
            words = []
        if line:
            words.append(line)
