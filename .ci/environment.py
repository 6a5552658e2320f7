"""Make a virtual environment with Takedown and its tests in it. Standard library only; safe to run again.

Debian splits Python: `ensurepip`, which puts pip into a fresh environment, is in the package python3-venv and may be
missing. Then pip's wheel is fetched from PyPI; its checksum is pinned here.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import subprocess
import sys
import urllib.error
import urllib.request
import venv
from pathlib import Path

PIP_WHEEL = "pip-24.0-py3-none-any.whl"
PIP_URL = f"https://files.pythonhosted.org/packages/py3/p/pip/{PIP_WHEEL}"
PIP_SHA256 = "ba0d021a166865d2265246961bec0152ff124de910c5cc39f1156ce3fa7c69dc"
EXTRAS = "test"
LOCK_HEADER = """\
# Versions that the demo and the tests are run with on Python 3.11 or later: pip install -c constraints.txt '.[test]'
# Made by `make lock`: pip freeze in a fresh environment with every extra installed.
"""


def main() -> None:
    """Make the environment named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the environment is, or is to be")
    parser.add_argument("--lock", action="store_true", help="install the newest versions and write constraints.txt")
    options = parser.parse_args()
    if sys.version_info < (3, 11):  # noqa: UP036 - it is here to say so
        sys.exit(f"Takedown needs Python 3.11 or later; this is {sys.version.split()[0]}. Try: make PYTHON=python3.11")
    python = options.folder / "bin" / "python"
    try:
        if not _has_pip(python):
            _make(options.folder, python)
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        if options.lock:
            _run([*pip, ".[test,notebooks]"])
            _lock(python)
        else:
            print("installing Takedown and its dependencies", flush=True)
            _run([*pip, "--constraint", "constraints.txt", "--editable", f".[{EXTRAS}]"])
    except subprocess.CalledProcessError as error:
        sys.exit(f"the environment in {options.folder} could not be made: {error.cmd[0]} left with {error.returncode}.")


def _run(command: list[str], **environment: str) -> None:
    subprocess.run(command, check=True, env={**os.environ, **environment})


def _has_pip(python: Path) -> bool:
    if not python.exists():
        return False
    return subprocess.run([str(python), "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0


def _make(folder: Path, python: Path) -> None:
    print(f"making an environment in {folder}", flush=True)
    if importlib.util.find_spec("ensurepip") is not None:
        venv.create(folder, clear=True, with_pip=True)
        return
    venv.create(folder, clear=True, with_pip=False, symlinks=True)
    wheel = folder / PIP_WHEEL
    try:
        with urllib.request.urlopen(PIP_URL, timeout=60) as answer:
            content = answer.read()
    except (urllib.error.URLError, OSError) as error:
        sys.exit(
            f"Python's ensurepip is missing, and pip could not be fetched from {PIP_URL} ({error}).\n"
            "On Debian: apt install python3-venv, then run this again."
        )
    if hashlib.sha256(content).hexdigest() != PIP_SHA256:
        sys.exit(f"what came from {PIP_URL} is not the pip that was expected; nothing of it was run.")
    wheel.write_bytes(content)
    _run([str(python), "-m", "pip", "install", "--quiet", "--no-index", str(wheel)], PYTHONPATH=str(wheel))
    wheel.unlink()


def _lock(python: Path) -> None:
    frozen = subprocess.run(
        [str(python), "-m", "pip", "freeze", "--exclude", "takedown"], check=True, capture_output=True, text=True
    ).stdout
    Path("constraints.txt").write_text(LOCK_HEADER + frozen, encoding="utf-8")


if __name__ == "__main__":
    main()
