"""One HTML file of the page's sources, its texts in every language, and what runs came to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jinja2
import yaml

from experiments.lesson.pack import Packed
from experiments.sensitivity.changes import listed
from sim.config import ConfigError

SOURCES = Path(__file__).parents[2] / "notebooks" / "lesson"
LANGUAGES = ("en", "zh-Hant")  # the first is complete; what another one lacks is shown in it
MOST_BYTES = 3_000_000


def check_sources(folder: Path = SOURCES) -> None:
    """Refuse to begin where there is no clone.

    Raises
    ------
    ConfigError
        The sources of the page are not there.
    """
    if not (folder / "page.html.j2").is_file():
        raise ConfigError(
            "task=lesson needs a clone of the project: the sources of the page are not installed with it."
        )


def page(said: dict[str, Any], packed: Packed, folder: Path = SOURCES) -> str:
    """Return the page.

    Parameters
    ----------
    said, packed
        As of `experiments.lesson.build.contents`.
    folder : Path
        The sources: `page.html.j2`, `style.css`, `js/`, `text/`, `record.yaml`.

    Raises
    ------
    ConfigError
        It would be too large.
    """
    record = _yaml(folder / "record.yaml")
    data = {**said, "record": record, "arrays": packed.places, "unknown": unknown_prices()}
    texts = {language: _yaml(folder / "text" / f"{language}.yaml") for language in LANGUAGES}
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        keep_trailing_newline=True,
    )
    html = environment.get_template("page.html.j2").render(
        style=(folder / "style.css").read_text(encoding="utf-8"),
        scripts=[path.read_text(encoding="utf-8") for path in sorted((folder / "js").glob("*.js"))],
        data=_script(data), texts=_script(texts), arrays=packed.text(), text=texts[LANGUAGES[0]],
        version=said["version"], baselines=said["baselines"],
    )  # fmt: skip
    size = len(html.encode())
    if size > MOST_BYTES:
        raise ConfigError(f"the page would have {size:,} bytes, of at most {MOST_BYTES:,}; a smaller grid needs fewer.")
    return html


def unknown_prices() -> list[str]:
    """Return the prices and paces of `operation.costs` that have no source."""
    head = "operation.costs."
    known = listed()
    return sorted(key.removeprefix(head) for key in (*known["values"], *known["untouched"]) if key.startswith(head))


def _script(value: Any) -> str:
    """Return a value as JSON that cannot end the script that it stands in."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
