r"""Somebody's own log: read, renumbered, shown to the detectors, and given back with scores under its own ids.

From Python, as `takedown task=score` does it:

>>> import pathlib, tempfile
>>> from experiments.score import load_score, read_log, score_log, score_table
>>> path = pathlib.Path(tempfile.mkdtemp(), "shares.csv")
>>> rows = [f"{account},{post},{100 * post}" for post in range(4) for account in ("ann", "bob", "cem")]
>>> _ = path.write_text("\n".join(["account,post,time", *rows]))
>>> found = score_log(read_log([str(path)]), load_score("score.detectors=[co_repost]"))
>>> score_table(found)[["account", "co_repost", "evidence"]].head(1).to_string(index=False, header=False).split()[:2]
['ann', '1.0']
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from experiments.score.config import ScoreConfig, load_score
    from experiments.score.files import edge_table, group_table, score_table
    from experiments.score.log import Log
    from experiments.score.read import read_log
    from experiments.score.run import Result, Scored, score_log
    from experiments.score.truth import measures, read_labels

__all__ = [
    "Log", "Result", "ScoreConfig", "Scored", "edge_table", "group_table", "load_score", "measures", "read_labels",
    "read_log", "score_log", "score_table",
]  # fmt: skip

_NAMES_OF = {
    "config": ["ScoreConfig", "load_score"],
    "files": ["edge_table", "group_table", "score_table"],
    "log": ["Log"],
    "read": ["read_log"],
    "run": ["Result", "Scored", "score_log"],
    "truth": ["measures", "read_labels"],
}
_MODULE_OF = {name: f"experiments.score.{module}" for module, names in _NAMES_OF.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import what is asked for: the detectors take seconds to import, and the message of an error needs none."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'experiments.score' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULE_OF[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
