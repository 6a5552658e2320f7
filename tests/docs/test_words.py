"""The words of the project: standard terms, and none of the private ones that stood here before.

`IDENTIFIERS` may not be names in Python code; ordinary words in prose are untouched by it. `PHRASES` may not stand in
any text, code comments and notebooks included. Each has beside it what is said today.
"""

from __future__ import annotations

import json
import re
import token
import tokenize
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

IDENTIFIERS = {
    "Agenda": "Schedule",
    "Done": "StepOutput",
    "Fate": "CellStatus",
    "MadeUpPlatform": "SyntheticPlatform",
    "Moment": "StepContext",
    "Scene": "RunTruth",
    "Stakes": "ThresholdOutcomes",
    "_Bench": "_Comparison",
    "_by_lot": "_at_random",
    "_lots_of_the_public": "_draws_of_the_public",
    "_make_room": "_make_space",
    "_told": "a verb that says what happens",
    "fate": "status",
    "fresh_numbers": "pseudonyms",
    "hand_in": "enqueue",
    "hear": "on_action",
    "languages_by_lot": "random_languages",
    "least_lots": "lowest_draws",
    "lot": "draw",
    "lots": "draws",
    "lots_of": "draws_of",
    "made_up_log": "synthetic_log",
    "made_up_operation": "synthetic_operation",
    "made_up_steps": "synthetic_steps",
    "people_by_lot": "random_people",
    "recipe": "settings",
    "recipes": "detector configurations",
    "scene": "truth",
    "scene_of": "truth_of",
    "settle": "apply_verdicts",
    "spare": "grant_immunity",
    "stakes": "outcomes",
    "stakes_of": "outcomes_of",
    "told": "a verb that says what happens",
}

PHRASES = {
    "a lot for each": "a draw for each",
    "bench's": "the comparison's",
    "by lot": "at random",
    "by lots": "at random",
    "draws a lot": "draws a number",
    "fresh numbers": "pseudonyms",
    "handed in": "passed, reported",
    "hands in": "passes, reports",
    "hang on": "depend on",
    "hangs on": "depends on",
    "how-manieth": "index",
    "let go of": "release",
    "lets go of": "releases",
    "made-up log": "synthetic log",
    "made-up operation": "synthetic operation",
    "made-up platform": "synthetic platform",
    "made-up steps": "synthetic steps",
    "nought": "zero",
    "of late": "recently",
    "recipe": "configuration",
    "recipes": "configurations",
    "retold": "passed on",
    "the bench": "the comparison",  # of detectors; `make bench` and the benchmark are something else
    "whoever": "any account that",
}

ROOT = Path(__file__).parents[2]
FOLDERS = ("sim", "detectors", "experiments", "conf", "docs", "notebooks", "tests", ".ci")
ENDINGS = {".py", ".md", ".yaml", ".yml", ".toml", ".ipynb", ".j2"}
FILES = [
    path
    for path in [*ROOT.glob("*"), *(path for name in FOLDERS for path in (ROOT / name).rglob("*"))]
    if path.suffix in ENDINGS and path != Path(__file__) and "data" not in path.relative_to(ROOT).parts
]


def phrase_pattern(phrases: dict[str, str]) -> re.Pattern[str]:
    """Return what finds phrases as whole words, also over the end of a line, of a comment or of a list."""
    words = (r"[\s#>]+".join(map(re.escape, phrase.split())) for phrase in sorted(phrases, key=len, reverse=True))
    return re.compile(rf"(?<![\w-])({'|'.join(words)})(?![\w-])", re.IGNORECASE)


PATTERN = phrase_pattern(PHRASES)


def text_of(path: Path) -> str:
    """Return a file's text; of a notebook what its cells hold."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    return "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])


def old_phrases(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the phrase of each that may not stand in a text."""
    for found in PATTERN.finditer(text):
        yield text.count("\n", 0, found.start()) + 1, " ".join(re.split(r"[\s#>]+", found[0])).lower()


def old_names(code: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the name of each that Python code may not have."""
    for word in tokenize.generate_tokens(StringIO(code).readline):
        if word.type == token.NAME and word.string in IDENTIFIERS:
            yield word.start[0], word.string


def test_no_name_in_the_code_is_one_of_the_old_ones() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {name} (today: {IDENTIFIERS[name]})"
        for path in FILES if path.suffix == ".py"
        for line, name in old_names(path.read_text(encoding="utf-8"))
    ]  # fmt: skip
    assert not found, "\n" + "\n".join(found)


def test_no_text_has_one_of_the_old_phrases() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {phrase} (today: {PHRASES[phrase]})"
        for path in FILES
        for line, phrase in old_phrases(text_of(path))
    ]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("chosen by\n    # lot, whoever", [(1, "by lot"), (2, "whoever")]),
        ("The Bench of detectors", [(1, "the bench")]),
        ("make bench, the benchmark, a room to settle by lots-of", []),
    ],
)
def test_phrases_are_found_as_whole_words_and_over_the_end_of_a_line(text: str, phrases: list[tuple[int, str]]) -> None:
    assert list(old_phrases(text)) == phrases


def test_names_are_found_in_code_and_not_in_its_prose() -> None:
    assert list(old_names('# a scene\nx = model.scene("scene")\n')) == [(2, "scene")]
