"""Recordings: one unenforced run as a platform's staff would have seen it, written once and replayed to every detector.

A recording is a folder with one .npz file per step. The file holds all events of the step and, of each account column,
only the rows that changed since the step before, so that a month at full size takes gigabytes of disk but the memory of
one step. The truth about the same run (`experiments.compare.truth`) is kept apart and given to no detector.
"""

from __future__ import annotations

import gc
import tempfile
import zipfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.compare.matched import MatchedControls
from experiments.compare.truth import RunTruth, truth_of_run
from sim import InfluenceModel
from sim.config import WorldConfig
from sim.config.composition import load_enforcement
from sim.core.files import OutputError, scratch_folder
from sim.observation import COLUMNS, EVENTS, NAMES, Follows, Observation
from sim.population.world import World

_FILE = "step_{:05d}.npz"
ALWAYS = "registered"  # recorded in any case: a comparison needs to know which accounts exist


class Recording:
    """The steps of a run on disk.

    Parameters
    ----------
    folder : Path
        Folder of this recording alone.
    names : collection of str
        Columns, event fields, tables and static parts that are recorded; static parts stay in memory.
    """

    def __init__(self, folder: Path, names: Collection[str] = NAMES) -> None:
        self.folder = folder
        self.names = frozenset(names) | {ALWAYS}
        self.n_steps = self.n_accounts = self.n_events = 0
        self._last: dict[str, NDArray[Any]] = {}
        self._follows: Follows | None = None

    def add(self, seen: Observation) -> None:
        """Write the next step.

        Raises
        ------
        OutputError
            The step cannot be written.
        """
        arrays: dict[str, NDArray[Any]] = {"span": np.array([seen.step, seen.start, seen.end], np.int64)}
        for name in seen.event_fields:
            if name in self.names:
                arrays[f"event.{name}"] = seen.event(name)
        if "reports" in self.names:
            arrays |= {f"report.{name}": seen.report(name) for name in seen.report_fields}
        for name in seen.columns:
            if name not in self.names:
                continue
            column = seen.column(name)
            if name not in self._last:
                arrays[f"column.{name}"] = column
            else:
                changed = np.flatnonzero(column != self._last[name])
                if changed.size:
                    arrays[f"rows.{name}"] = changed.astype(np.int32)
                    arrays[f"values.{name}"] = column[changed]
            self._last[name] = column
        if "follows" in seen.static and "follows" in self.names:
            self._follows = seen.follows  # the same in every step, and immutable
        path = self.folder / _FILE.format(self.n_steps)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            np.savez(path, allow_pickle=False, **arrays)
        except OSError as error:
            raise OutputError(f"{path} cannot be written: {error.strerror or error}.") from error
        self.n_steps += 1
        self.n_accounts = seen.n_accounts
        self.n_events += seen.n_events

    def done(self) -> None:
        """Release the memory that only writing needs."""
        self._last = {}

    def observations(self, names: Collection[str]) -> Iterator[tuple[Observation, NDArray[np.bool_]]]:
        """Yield each step with only the named columns and event fields, and which accounts are registered at its end.

        Raises
        ------
        OutputError
            A step cannot be read.
        """
        columns: dict[str, NDArray[Any]] = {}
        for number in range(self.n_steps):
            path = self.folder / _FILE.format(number)
            try:
                with np.load(path, allow_pickle=False) as file:
                    events = {
                        name: file[f"event.{name}"] for name in EVENTS if name in names and f"event.{name}" in file
                    }
                    of_reports = [key for key in file if key.startswith("report.")] if "reports" in names else []
                    reports = {key.removeprefix("report."): file[key] for key in of_reports}
                    for name in COLUMNS:
                        if name not in names and name != ALWAYS:
                            continue
                        if f"column.{name}" in file:
                            columns[name] = file[f"column.{name}"]
                        elif f"rows.{name}" in file:
                            columns[name][file[f"rows.{name}"]] = file[f"values.{name}"]
                    step, start, end = map(int, file["span"])
            except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
                raise OutputError(f"{path} cannot be read: {error}.") from error
            shown = {name: column for name, column in columns.items() if name in names}
            yield (
                Observation(
                    step=step, start=start, end=end, n_accounts=self.n_accounts, columns=shown, events=events,
                    follows=self._follows if "follows" in names else None, reports=reports,
                ),
                columns[ALWAYS].astype(np.bool_),
            )  # fmt: skip

    def view(self, names: Collection[str]) -> RecordingView:
        """Return the steps as a sequence that can be iterated over repeatedly, for `fit`."""
        return RecordingView(self, frozenset(names))

    def remove(self) -> None:
        """Remove the files."""
        for path in self.folder.glob("step_*.npz"):
            path.unlink(missing_ok=True)
        if self.folder.is_dir():
            self.folder.rmdir()


@dataclass(frozen=True)
class RecordingView:
    """A recording's steps with only the named columns and event fields; read from disk at each pass."""

    recording: Recording
    names: frozenset[str]

    def __len__(self) -> int:
        return self.recording.n_steps

    def __iter__(self) -> Iterator[Observation]:
        return (observation for observation, _ in self.recording.observations(self.names))


@contextmanager
def recordings_in(folder: Path | None) -> Iterator[Path]:
    """Return a folder for recordings that is removed in the end: in a folder, or among the system's temporary files."""
    if folder is not None:
        with scratch_folder(folder, "recording") as scratch:
            yield scratch
    else:
        with tempfile.TemporaryDirectory(prefix="recording_", ignore_cleanup_errors=True) as made:
            yield Path(made)


class _Recorder:
    """A detector that writes its observations and scores no account."""

    def __init__(self, recording: Recording) -> None:
        self.requires = recording.names | {"account"}  # by which events are counted, whichever fields are recorded
        self._recording = recording
        self._n_accounts = 0

    def observe(self, observation: Observation) -> None:
        self._recording.add(observation)
        self._n_accounts = observation.n_accounts

    def score(self) -> NDArray[np.float64]:
        return np.full(self._n_accounts, np.nan)


def record(
    config: WorldConfig,
    folder: Path,
    names: Collection[str] = NAMES,
    *,
    world: World | None = None,
    on_step: Callable[[InfluenceModel], None] | None = None,
    matched: bool = False,
) -> tuple[Recording, RunTruth]:
    """Run a world without enforcement; return the recording of what the platform saw, and the truth about the run.

    Parameters
    ----------
    config : WorldConfig
    folder : Path
        Where the steps are written; must not exist.
    names : collection of str
        Columns, event fields, tables and static parts to record; all by default.
    world, on_step : optional
        As for `InfluenceModel`.
    matched : bool
        Whether the truth says which people are matched controls (`experiments.compare.matched`).

    Raises
    ------
    OutputError
        A step cannot be written.
    """
    recording = Recording(folder, names)
    recorder = _Recorder(recording)
    never = replace(load_enforcement(), policy="never")
    model = InfluenceModel(config, recorder, enforcement=never, world=world)
    acts: list[NDArray[Any]] = []
    operation = model.world.truth.operation
    made = np.zeros(config.scenario.n_accounts, np.int64)
    controls = MatchedControls(operation) if matched else None

    def take(model: InfluenceModel) -> None:
        theirs = model.events[operation[model.events["account"]]]
        acts.append(np.stack([theirs["account"].astype(np.int64), theirs["time"].astype(np.int64)]))
        np.add.at(made, model.events["account"], 1)
        if controls is not None:
            controls.take(model)
        if on_step is not None:
            on_step(model)

    try:
        model.run(take)
    except OutputError:
        raise
    except Exception as error:
        if isinstance(error.__cause__, OutputError):  # the platform wraps what a detector raises
            raise error.__cause__ from None
        raise
    recording.done()
    if controls is not None:
        controls.close()
    found = controls.matched if controls is not None else None
    truth = truth_of_run(model, np.concatenate(acts, axis=1), made, found)
    del model
    gc.collect()  # as in outcome_of
    return recording, truth
