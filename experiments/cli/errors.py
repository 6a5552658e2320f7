"""The message of an error, in one line, and the exit status that goes with it."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from sim.config import ConfigError
from sim.config.composition import WORLD_KEYS
from sim.config.messages import explain, first_line, is_refusal, place_in_a_list

USAGE, FAILURE = 2, 1  # exit statuses
FULL_ERROR = "HYDRA_FULL_ERROR"  # Hydra's switch for tracebacks
NO_GROUPS = ("seed", "task", "archive", "log", "labels", "controls", "options", "workers", "overwrite")
TASK_GROUPS = ("metrics", "sweep", "compare", "publish", "describe", "score", "lesson")
GROUPS = (*(key for key in WORLD_KEYS if key not in NO_GROUPS), "detector", "enforcement", *TASK_GROUPS)


@dataclass
class ExitStatus:
    """The worst that came of the jobs of a command."""

    status: int = 0

    def fail(self, message: str, status: int) -> None:
        """Say on one line what went wrong, and remember the exit status."""
        print(f"takedown: {message}", file=sys.stderr)
        self.status = max(self.status, status)


def message_of(error: Exception, words: Sequence[str] = ()) -> tuple[str, int]:
    """Return the message of an error, and the exit status.

    Parameters
    ----------
    error : Exception
    words : sequence of str
        Of the command line.
    """
    if isinstance(error, ConfigError):
        return str(error), USAGE
    if is_refusal(error):
        return _no_launcher(error) or explain(error), USAGE
    if place := place_in_a_list(error, words):
        return place, USAGE
    if isinstance(error, ValueError) and "Config group override" in str(error):  # all that Hydra says of it
        given = [word for word in words if word.partition("=")[0] in ("", *GROUPS, "experiment")]
        return f"a group is chosen by the name of one of its files; got {', '.join(given)}.", USAGE
    if isinstance(error, ValueError) and str(error).startswith(("The --", "Only one of --")):  # Hydra's of its flags
        return str(error) + ".", USAGE
    if isinstance(error, MemoryError):
        return "not enough memory; a smaller scenario.scale or organic_log_share needs less", FAILURE
    if isinstance(error, OSError):
        return f"{error.filename or 'standard output'} cannot be used: {error.strerror or error}.", FAILURE
    return _message_of_a_run(error)


def _no_launcher(error: Exception) -> str | None:
    """Say how to install a launcher that Hydra did not find."""
    if not str(getattr(error, "missing_cfg_file", "")).startswith("hydra/launcher"):
        return None
    from experiments.sweep.engines import not_installed  # which takes a second to import

    return not_installed(error)


def _message_of_a_run(error: Exception) -> tuple[str, int]:
    """Return the same of what only a run raises: what these errors stand beside takes a second to import."""
    from experiments.score.errors import LogError
    from sim.archive import ArchiveError
    from sim.core.files import OutputError
    from sim.graph.csr import GraphError
    from sim.observation import DetectorError

    if isinstance(error, ArchiveError):
        return f"archive: {error}", USAGE
    if isinstance(error, LogError):
        return f"{error.key}: {error}", USAGE
    if isinstance(error, GraphError):
        return f"graph.edge_list: {error}", USAGE
    if isinstance(error, DetectorError | OutputError):
        return str(error), FAILURE
    return f"{type(error).__name__}: {first_line(error)} ({FULL_ERROR}=1 shows where)", FAILURE


def check_working_folder() -> None:
    """Refuse to begin in a folder that has been deleted: nothing could be written, and Python says not even which."""
    try:
        Path.cwd()
    except FileNotFoundError:
        named = os.environ.get("PWD", "the folder that you are in")
        raise FileNotFoundError(2, "it has been deleted; change to another folder", named) from None


def shown(path: Path) -> str:
    """Return a path as seen from the folder the user is in."""
    with suppress(ValueError, OSError):
        return str(path.relative_to(Path.cwd()))
    return str(path)


@contextmanager
def errors_come_through() -> Iterator[None]:
    """Keep Hydra from printing tracebacks itself: it lets errors through where HYDRA_FULL_ERROR is 1."""
    before, refuse = os.environ.get(FULL_ERROR), argparse.ArgumentParser.error
    os.environ[FULL_ERROR] = "1"
    argparse.ArgumentParser.error = _refuse_flags  # type: ignore[method-assign]
    logging.raiseExceptions = False  # or Hydra's log tells at length that nobody reads it any more
    try:
        yield
    finally:
        logging.raiseExceptions = True
        argparse.ArgumentParser.error = refuse  # type: ignore[method-assign]
        os.environ.pop(FULL_ERROR)
        if before is not None:
            os.environ[FULL_ERROR] = before


def _refuse_flags(self: argparse.ArgumentParser, message: str) -> NoReturn:
    raise ConfigError(f"{message}; flags come before key=value, and takedown --hydra-help lists them.")
