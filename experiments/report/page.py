"""What the HTML reports have in common: sections with figures and tables, and how a template is filled."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

import jinja2

from sim.core.text import shown_lines

Cells = list[tuple[str, str]]  # a value and what is written below it


@dataclass
class Drawn:
    """A table as the template takes it."""

    headings: list[str]
    rows: list[Cells]
    note: str
    text: bool = False  # words rather than numbers


@dataclass
class Section:
    """A question, with its answer as a figure and tables and how to read them."""

    title: str
    text: str
    figure: str | None = None
    alt: str = ""
    caption: str = ""
    tables: list[Drawn] = field(default_factory=list)


def render(template: str, **values: Any) -> str:
    """Return a template of this folder filled with values: texts from outside are no HTML, control characters shown."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, finalize=_printable, loader=jinja2.FunctionLoader(_source)
    )
    return environment.get_template(template).render(**values)


def _source(name: str) -> str:
    """Return the text of a template, from the folder or from the archive that the package is in."""
    return files("experiments.report").joinpath(name).read_text(encoding="utf-8")


def _printable(value: Any) -> Any:
    """Return a value of the template with the control characters of its text written out."""
    return shown_lines(value) if isinstance(value, str) else value
