"""Compiled code: where Numba keeps it, and how its threads wait.

Numba keeps what it compiled beside each file and compiles it again when that file changes. But our loops are compiled
together with functions of other files, whose changes it would not notice: an upgrade could go on running the loops of
yesterday. So compiled code is kept in a folder named by the content of every file that has any of it.

Loops are compiled with `no_cfunc_wrapper=True`: nothing calls them from C, and the wrappers took a twentieth of a first
run.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba


def configure() -> None:
    """Set Numba up. Every module that compiles imports this one, itself or by way of others."""
    numba.config.CACHE_DIR = str(cache_folder(Path(__file__).parents[1], numba.config.CACHE_DIR))
    # Spinning OpenMP threads cost milliseconds a parallel region on a busy machine.
    numba.config.THREADING_LAYER = "workqueue"


def cache_folder(package: Path, chosen: str = "") -> Path:
    """Return the folder for the compiled code of a package as its files are now.

    Parameters
    ----------
    package : Path
        Folder of the package.
    chosen : str
        What the user set (NUMBA_CACHE_DIR); by default it lies beside Python's own, or in the user's folder for
        such things where the package cannot be written.
    """
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        content = path.read_bytes()
        if any(word in content for word in (b"numba", b"@unmanaged", b"IntEnum")):  # loops, and constants in them
            digest.update(path.relative_to(package).as_posix().encode() + b"\0" + content)
    beside = package / "__pycache__"
    if not chosen:
        writable = os.access(beside if beside.exists() else package, os.W_OK)
        chosen = str(beside if writable else Path.home() / ".cache" / "takedown")
    return Path(chosen) / f"compiled-{digest.hexdigest()[:16]}"


def one_type(signature: str, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Return a decorator that compiles a function for one signature, when compiled code first calls it.

    Numba compiles a function again for each combination of integer types that it is called with (the keyed draws had
    eleven); with a signature it converts the arguments, but compiles on import, which costs every import of `sim` half
    a second of CPU.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        compiled = numba.njit(cache=True, no_cfunc_wrapper=True, **options)(function)
        template = compiled.get_call_template

        def get_call_template(arguments: Any, keywords: Any) -> Any:
            if not compiled.overloads:
                compiled.compile(signature)
                compiled.disable_compile()
            return template(arguments, keywords)

        compiled.get_call_template = get_call_template
        return compiled

    return decorate


configure()
