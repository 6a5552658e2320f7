"""A YAML file of the user's that cannot be read is named, with the line and what is wrong, and nothing is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Takedown

GLOBAL = b"# @package _global_\n"
MANY = b"[" * 2000 + b"]" * 2000

FAULTS = {
    "a tab": (GLOBAL + b"scenario:\n\tdays: 3\n", "line 3: found character '\\t' that cannot start any token."),
    "a key twice": (
        GLOBAL + b"seed: 3\nseed: 4\n",
        "line 3: found duplicate key seed (while constructing a mapping, from line 2 on).",
    ),
    "an open bracket": (
        GLOBAL + b"sweep:\n  detectors: [a, b\n",
        "line 4: expected ',' or ']', but got '<stream end>' (while parsing a flow sequence, from line 3 on).",
    ),
    "UTF-16": ("seed: 3\n".encode("utf-16"), "must be UTF-8; got UTF-16."),
    "Latin 1": (GLOBAL + b"scenario:\n  name: caf\xe9\n", "line 3: must be UTF-8; got other bytes."),
    "a byte order mark": (b"\xef\xbb\xbf" + GLOBAL + b"seed: 3\n", "line 1: must be UTF-8 without a byte order mark."),
    "a zero byte": (GLOBAL + b"seed: a\0b\n", "line 2: must hold no control characters; got #x0000."),
    "a list": (b"- a\n- b\n", "must hold keys with values; got a list."),
    "a text": (b"hello\n", "must hold keys with values; got a text."),
    "a number": (b"5\n", "must hold keys with values; got one value."),
    "its own default": (GLOBAL + b"defaults:\n- mine\n", "line 2: its defaults lead back to itself."),
    "defaults that are no list": (b"defaults: 5\n", "line 1: Invalid defaults list in 'experiment/mine', defaults"),
    "a default that is no text": (b"defaults:\n- 5\n", "line 1: Unsupported type in defaults : int."),
    "a package of many words": (b"# @package a b c\nseed: 2\n", "line 1: Too many components in '@package a b c'."),
    "an unknown alias": (GLOBAL + b"seed: *x\n", "line 2: found undefined alias 'x'."),
    "a tag of Python's": (GLOBAL + b"seed: !!python/object/apply:os.getcwd []\n", "line 2: could not determine a con"),
    "deep nesting": (GLOBAL + b"seed: " + MANY + b"\n", "is nested too deep, or holds itself."),
}


@pytest.mark.parametrize(("content", "message"), FAULTS.values(), ids=FAULTS)
def test_a_file_that_cannot_be_read_is_named_with_the_line(
    takedown: Takedown, tmp_path: Path, content: bytes, message: str
):
    (tmp_path / "own/experiment").mkdir(parents=True)
    path = tmp_path / "own/experiment/mine.yaml"
    path.write_bytes(content)
    status, out, err = takedown("--config-dir", "own", "experiment=mine", "hydra.run.dir=run")
    assert (status, out) == (2, "")
    assert err.startswith(f"takedown: {path}: {message}")
    assert err.endswith(".\n")
    assert len(err.splitlines()) == 1
    assert not (tmp_path / "run").exists()


def test_a_value_that_cannot_be_resolved_is_named_by_its_key(takedown: Takedown, tmp_path: Path):
    (tmp_path / "own/experiment").mkdir(parents=True)
    (tmp_path / "own/experiment/mine.yaml").write_bytes(GLOBAL + b"seed: ${oops\n")
    message = "takedown: seed cannot be read: no viable alternative at input '${oops'.\n"
    assert takedown("--config-dir", "own", "experiment=mine") == (2, "", message)
