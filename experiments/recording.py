"""Recordings: one unenforced run as a platform's staff would have seen it, written once and shown to every detector.

A recording is a folder with one .npz file a step. It holds the step's events whole, and of each account column only the
rows that changed since the step before, so that a month at full size takes gigabytes of disk and the memory of one step.
Beside it stands the `Scene`: the truth about the same run under the same account numbers, as plain arrays that no detector
is handed.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.history import NEVER
from experiments.results import OutputError
from sim import InfluenceModel
from sim.config import WorldConfig
from sim.metrics import Outcome
from sim.observation import COLUMNS, EVENTS, Observation
from sim.scenario import load_enforcement
from sim.truth import Layer
from sim.world import World

_FILE = "step_{:05d}.npz"
ALWAYS = "registered"  # whatever detectors ask for: the bench itself needs to know who exists


class Recording:
    """Steps on disk.

    Parameters
    ----------
    folder : Path
        Where they lie; of this recording alone.
    names : collection of str
        Columns and event fields that are recorded.
    """

    def __init__(self, folder: Path, names: Collection[str] = (*COLUMNS, *EVENTS)) -> None:
        self.folder = folder
        self.names = frozenset(names) | {ALWAYS}
        self.n_steps = self.n_accounts = self.n_events = 0
        self._last: dict[str, NDArray[Any]] = {}

    def add(self, seen: Observation) -> None:
        """Write the next step.

        Raises
        ------
        OutputError
            It cannot be written.
        """
        arrays: dict[str, NDArray[Any]] = {"span": np.array([seen.step, seen.start, seen.end], np.int64)}
        for name in seen.event_fields:
            if name in self.names:
                arrays[f"event.{name}"] = seen.event(name)
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
        """Let go of what only writing needs."""
        self._last = {}

    def observations(self, names: Collection[str]) -> Iterator[tuple[Observation, NDArray[np.bool_]]]:
        """Yield each step with only the columns and event fields named, and who is registered at its end.

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
                    step=step, start=start, end=end, n_accounts=self.n_accounts, columns=shown, events=events
                ),
                columns[ALWAYS].astype(np.bool_),
            )  # fmt: skip

    def view(self, names: Collection[str]) -> RecordingView:
        """Return the steps as a sequence that can be gone through again and again, for `fit`."""
        return RecordingView(self, frozenset(names))

    def remove(self) -> None:
        """Remove the files."""
        for path in self.folder.glob("step_*.npz"):
            path.unlink(missing_ok=True)
        if self.folder.is_dir():
            self.folder.rmdir()


@dataclass(frozen=True)
class RecordingView:
    """A recording's steps, with only the columns and event fields named; read from disk each time they are gone through."""

    recording: Recording
    names: frozenset[str]

    def __len__(self) -> int:
        return self.recording.n_steps

    def __iter__(self) -> Iterator[Observation]:
        return (observation for observation, _ in self.recording.observations(self.names))


@dataclass(frozen=True)
class Scene:
    """The truth about a recorded run, under the recording's account numbers; times in seconds since 1970-01-01 UTC.

    Attributes
    ----------
    seed : int
    layer : uint8 (accounts,)
        A `sim.truth.Layer`.
    registered : bool (accounts,)
        By the end of the run.
    groups : dict of str to dict of str to bool (accounts,)
        Organic accounts by `language`, `activity` (decile), `community` (kind of benign coordinated group, or none).
    communities : int32 (accounts,)
        Number of the benign coordinated group, or -1.
    first_act : int64 (accounts,)
        Of the operation's accounts; `NEVER` where none.
    act_account, act_time : int32, int64 (acts,)
        What the operation's accounts did.
    impression_time, impression_author, impression_source : int64, int32, int32 (impressions,)
        Reads of operation content by the public; the author of the post and the account whose act brought it, -1 where
        no account did.
    outcome : sim.metrics.Outcome
        Of the same run: the unenforced twin.
    """

    seed: int
    layer: NDArray[np.uint8]
    registered: NDArray[np.bool_]
    groups: dict[str, dict[str, NDArray[np.bool_]]]
    communities: NDArray[np.int32]
    first_act: NDArray[np.int64]
    act_account: NDArray[np.int32]
    act_time: NDArray[np.int64]
    impression_time: NDArray[np.int64]
    impression_author: NDArray[np.int32]
    impression_source: NDArray[np.int32]
    outcome: Outcome

    @property
    def operation(self) -> NDArray[np.bool_]:
        """True for the operation's accounts: what the ceiling is told and supervised detectors learn from."""
        return self.layer != Layer.ORGANIC

    def members(self, layer: str) -> NDArray[np.bool_]:
        """Return the registered accounts of `core`, `amplifiers`, `operation` (both) or `organic`."""
        wanted = {"core": [Layer.CORE], "amplifiers": [Layer.AMPLIFIER], "organic": [Layer.ORGANIC]}
        chosen = self.operation if layer == "operation" else np.isin(self.layer, wanted[layer])
        return np.asarray(chosen & self.registered)

    def acts_before(self, reached: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return what each of the operation's accounts did before a time of its own, int64 (accounts,)."""
        before = self.act_account[self.act_time < reached[self.act_account]]
        return np.bincount(before, minlength=self.layer.size)


class _Recorder:
    """Writes what it is shown; never scores."""

    def __init__(self, recording: Recording) -> None:
        self.requires = recording.names
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
    names: Collection[str] = (*COLUMNS, *EVENTS),
    *,
    world: World | None = None,
    on_step: Callable[[InfluenceModel], None] | None = None,
) -> tuple[Recording, Scene]:
    """Run a world without enforcement; return what a platform saw of it, on disk, and the truth.

    Parameters
    ----------
    config : WorldConfig
    folder : Path
        Where to write the steps; must not exist.
    names : collection of str
        Columns and event fields to record; all by default.
    world, on_step : optional
        As for `InfluenceModel`.

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

    def take(model: InfluenceModel) -> None:
        theirs = model.events[operation[model.events["account"]]]
        acts.append(np.stack([theirs["account"].astype(np.int64), theirs["time"].astype(np.int64)]))
        np.add.at(made, model.events["account"], 1)
        if on_step is not None:
            on_step(model)

    try:
        model.run(take)
    except OutputError:
        raise
    except Exception as error:
        if isinstance(error.__cause__, OutputError):  # the platform says of a detector that it raised
            raise error.__cause__ from None
        raise
    recording.done()
    return recording, _scene(model, np.concatenate(acts, axis=1), made)


def _scene(model: InfluenceModel, acts: NDArray[np.int64], made: NDArray[np.int64]) -> Scene:
    """Return the truth of a finished run under the platform's numbers."""
    fresh, truth, table, scenario = model.platform.fresh, model.world.truth, model.accounts, model.config.scenario
    end = scenario.start_epoch + scenario.n_steps * scenario.step_seconds

    def renumbered(column: NDArray[Any]) -> NDArray[Any]:
        out = np.empty_like(column)
        out[fresh] = column
        return out

    def numbers(accounts: NDArray[np.integer]) -> NDArray[np.int32]:
        return np.where(accounts >= 0, fresh[np.maximum(accounts, 0)], -1).astype(np.int32)

    registered = table.created < end
    public = (truth.layer == Layer.ORGANIC) & registered
    languages = {name: public & (table.language == i) for i, name in enumerate(model.config.organic.languages)}
    kinds = {name: public & (truth.group_kind == i) for i, name in [(-1, "none"), *enumerate(truth.group_kinds)]}
    decile = deciles(made[public])
    activity = {}
    for number in range(1, 11):
        activity[str(number)] = np.zeros(public.size, np.bool_)
        activity[str(number)][public] = decile == number
    groups = {"language": languages, "activity": activity, "community": kinds}
    first = np.full(public.size, NEVER, np.int64)
    np.minimum.at(first, acts[0], acts[1] + scenario.start_epoch)
    return Scene(
        seed=model.config.seed,
        layer=renumbered(truth.layer),
        registered=renumbered(registered),
        groups={by: {name: renumbered(members) for name, members in parts.items()} for by, parts in groups.items()},
        communities=renumbered(truth.group),
        first_act=renumbered(first),
        act_account=numbers(acts[0]),
        act_time=acts[1] + scenario.start_epoch,
        impression_time=model.impressions["time"].astype(np.int64) + scenario.start_epoch,
        impression_author=numbers(model.impressions["author"]),
        impression_source=numbers(model.impressions["source"]),
        outcome=model.outcome(),
    )


def deciles(amounts: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return each account's decile of activity, 1 to 10, the busiest last.

    Equal amounts share the decile of their middle rank, so that deciles differ in size, and some may be empty, where many
    accounts did equally little.

    Examples
    --------
    >>> deciles(np.array([0, 0, 0, 0, 0, 1, 2, 3, 4, 5]))
    array([ 3,  3,  3,  3,  3,  6,  7,  8,  9, 10])
    """
    values, inverse, counts = np.unique(amounts, return_inverse=True, return_counts=True)
    below = np.cumsum(counts) - counts
    middle = (below + counts / 2.0) / max(amounts.size, 1)
    return (np.minimum(np.floor(10.0 * middle), 9.0).astype(np.int64) + 1)[inverse].reshape(np.shape(amounts))
