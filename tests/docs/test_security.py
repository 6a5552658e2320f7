"""What docs/security.md promises of the code as a whole: no network, no pickle, no evaluated text."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [path for package in ("sim", "detectors", "experiments") for path in (ROOT / package).rglob("*.py")]
NETWORK = {"aiohttp", "ftplib", "http", "httpx", "requests", "smtplib", "socket", "ssl", "urllib", "urllib3", "xmlrpc"}
READS_PICKLES = {"pickle.load", "pickle.loads", "pickle.Unpickler", "joblib.load", "marshal.loads", "shelve.open"}
EVALUATES = {"eval", "exec"}


def faults(code: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the name of what would break a promise."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            for name in node.names:
                if name.name.split(".")[0] in NETWORK:
                    yield node.lineno, name.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module.split(".")[0] in NETWORK:
                yield node.lineno, node.module
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in READS_PICKLES | EVALUATES or called.endswith((".read_pickle", ".to_pickle")):
                yield node.lineno, called
            if any(word.arg == "allow_pickle" and ast.unparse(word.value) != "False" for word in node.keywords):
                yield node.lineno, "allow_pickle"


def test_no_code_opens_a_connection_reads_a_pickle_or_evaluates_text() -> None:
    assert len(FILES) > 100
    found = {str(path.relative_to(ROOT)): list(faults(path.read_text(encoding="utf-8"))) for path in FILES}
    named = {name: [what for _, what in lines] for name, lines in found.items() if lines}
    assert named == {"experiments/sweep/job.py": ["pickle.loads"]}  # of a batch, from the command's own hands


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("import urllib.request", "urllib.request"),
        ("def f():\n    from socket import create_connection", "socket"),
        ("import pickle\npickle.loads(x)", "pickle.loads"),
        ("np.load(f, allow_pickle=True)", "allow_pickle"),
        ("eval(x)", "eval"),
    ],
)
def test_each_of_them_would_be_found(code: str, name: str) -> None:
    assert [found for _, found in faults(code)] == [name]


def test_the_packages_own_yaml_names_its_own_classes_alone() -> None:
    named = {
        target for path in (ROOT / "conf").rglob("*.yaml")
        for target in re.findall(r"_target_: *(\S+)", path.read_text(encoding="utf-8"))
    }  # fmt: skip
    assert len(named) > 15
    assert {target for target in named if not target.startswith(("detectors.", "experiments."))} == set()
