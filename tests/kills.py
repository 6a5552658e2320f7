"""A command that is killed again and again at random moments, and then run to its end: what it leaves is compared."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.processes import ROOT

LONGEST = 600.0  # seconds that a run to the end may take


@dataclass
class Killed:
    """What came of a command that was killed.

    Attributes
    ----------
    kills : int
        Times that the process was alive when it was killed.
    folders : list of Path
        Where it was then run to its end; each was the working folder of the kills before.
    moments : list of float
        Seconds after the start at which it was killed.
    """

    kills: int
    folders: list[Path]
    moments: list[float]


def kill_and_finish(
    folder: Path,
    arguments: Sequence[str],
    *,
    kills: int,
    in_a_row: int = 3,
    seed: int = 1,
    earliest: float = 0.0,
    alone: bool = False,
    check: Callable[[Path], None] | None = None,
) -> tuple[Path, Killed]:
    """Run a command undisturbed, then kill it with SIGKILL at random moments, and run it to its end after some kills.

    Parameters
    ----------
    folder : Path
        For the working folders, each of its own.
    arguments : sequence of str
        Of `takedown`; a folder named in them is taken from the working folder.
    kills : int
        How often it is killed. A process that ended before its moment does not count: its folder is done, and later
        moments are drawn from a shorter time, as the machine is faster than it was.
    in_a_row : int
        Kills in one working folder before the command runs to its end there.
    seed : int
        Of the moments, uniform between `earliest` and the time that the undisturbed command took.
    earliest : float
        Seconds after the start, such as those in which only imports happen.
    alone : bool
        Whether the process is killed without its workers, which must then see by themselves that it is gone.
    check : callable, optional
        Called with each working folder after its last run.

    Returns
    -------
    Path, Killed
        The working folder of the undisturbed command, and what came of the others.
    """
    draw = random.Random(seed)
    undisturbed = folder / "undisturbed"
    begun = time.monotonic()
    _finish(undisturbed, arguments)
    took = time.monotonic() - begun
    done = Killed(0, [], [])
    while done.kills < kills:
        here = folder / f"killed_{len(done.folders)}"
        for _ in range(min(in_a_row, kills - done.kills)):
            moment = draw.uniform(earliest, took)
            if not _kill_after(moment, here, arguments, alone=alone):
                took = max(0.8 * took, earliest)
                break
            done.kills += 1
            done.moments.append(round(moment, 2))
        else:
            _finish(here, arguments)
        done.folders.append(here)
        if check is not None:
            check(here)
        assert len(done.folders) < 4 * kills, "the command ends before it can be killed"
    return undisturbed, done


def _start(folder: Path, arguments: Sequence[str]) -> subprocess.Popen[str]:
    """Start the command as the first of a group of processes, so that its workers can be killed with it."""
    folder.mkdir(parents=True, exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "experiments", *arguments],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip


def _kill_after(seconds: float, folder: Path, arguments: Sequence[str], *, alone: bool) -> bool:
    """Start the command and kill it; False where it had ended before."""
    process = _start(folder, arguments)
    try:
        _, said = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        (os.kill if alone else os.killpg)(process.pid, signal.SIGKILL)
        process.communicate()
        return True
    assert process.returncode == 0, said
    return False


def _finish(folder: Path, arguments: Sequence[str]) -> None:
    process = _start(folder, arguments)
    try:
        _, said = process.communicate(timeout=LONGEST)
    finally:
        process.kill()
    assert process.returncode == 0, said


_KILLS_ITSELF = """
import importlib, os, signal, sys
module, name = sys.argv.pop(1).rsplit(".", 1)
calls = int(sys.argv.pop(1))
made = importlib.import_module(module)
real = getattr(made, name)
def killing(*given, **more):
    global calls
    calls -= 1
    if not calls:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*given, **more)
setattr(made, name, killing)
from experiments.__main__ import main
main()
"""


def kill_at(folder: Path, function: str, arguments: Sequence[str], *, call: int = 1) -> None:
    """Run a command in a process that is killed with SIGKILL where it calls a function.

    Parameters
    ----------
    folder : Path
        The working folder.
    function : str
        Dotted path of the function, in the module that calls it.
    arguments : sequence of str
        Of `takedown`.
    call : int
        Which call of the function it is.
    """
    done = subprocess.run(
        [sys.executable, "-c", _KILLS_ITSELF, function, str(call), *arguments], cwd=folder, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, timeout=LONGEST,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr
