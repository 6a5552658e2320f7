"""Make a virtual environment with Takedown and an extra of it (its tests by default). Safe to run again.

It uses the standard library alone, and takes everything else from wherever `pip install` does.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
from pathlib import Path

# What each file of versions is for, and the extras that it is made of. Ray's launcher needs older versions of a few
# packages than the rest, so the launchers have a file of their own.
LOCKS = {
    "constraints.txt": ("demo, tests, pages and site are made", "docs,notebooks,test,viz"),
    "constraints-cluster.txt": ("sweeps on joblib, Ray and SLURM are tested", "joblib,ray,slurm,test"),
}
LOCK_HEADER = """\
# Versions that {} with on Python 3.11 or later: pip install -c {} '.[{}]'
# Made by `make lock`: pip freeze in a fresh environment with these extras installed.
"""


def main() -> None:
    """Make the environment named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the environment is, or is to be")
    parser.add_argument("--extra", default="test", help="what to install besides Takedown, such as test or docs,test")
    parser.add_argument("--versions", default="constraints.txt", choices=LOCKS, help="the file of versions to keep to")
    parser.add_argument("--lock", action="store_true", help="install the newest versions and write them into the file")
    options = parser.parse_args()
    if sys.version_info < (3, 11):  # noqa: UP036 - it is here to say so
        sys.exit(f"Takedown needs Python 3.11 or later; this is {sys.version.split()[0]}. Try: make PYTHON=python3.11")
    python = options.folder / "bin" / "python"
    try:
        if not _has_pip(python):
            _make(options.folder)
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        if options.lock:
            _run([*pip, f".[{LOCKS[options.versions][1]}]"])
            _lock(python, options.versions)
        else:
            print(f"installing Takedown and what its extra '{options.extra}' needs", flush=True)
            _run([*pip, "--constraint", options.versions, "--editable", f".[{options.extra}]"])
    except subprocess.CalledProcessError as error:
        sys.exit(f"the environment in {options.folder} could not be made: {error.cmd[0]} left with {error.returncode}.")


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True)


def _has_pip(python: Path) -> bool:
    if not python.exists():
        return False
    return subprocess.run([str(python), "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0


def _make(folder: Path) -> None:
    # Debian splits Python: ensurepip, which puts pip into a fresh environment, is in the package python3-venv.
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        sys.exit(f"this Python ({sys.executable}) lacks {missing[0]}; on Debian or Ubuntu: apt install python3-venv")
    import venv

    print(f"making an environment in {folder}", flush=True)
    venv.create(folder, clear=True, with_pip=True)


def _lock(python: Path, versions: str) -> None:
    frozen = subprocess.run(
        [str(python), "-m", "pip", "freeze", "--exclude", "takedown"], check=True, capture_output=True, text=True
    ).stdout
    purpose, extras = LOCKS[versions]
    Path(versions).write_text(LOCK_HEADER.format(purpose, versions, extras) + frozen, encoding="utf-8")


if __name__ == "__main__":
    main()
