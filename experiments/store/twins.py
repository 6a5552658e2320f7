"""Twins and worlds: what depends on the seed alone is made once and shared by all policies that run on it."""

from __future__ import annotations

import gc
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

from experiments.store.lock import one_at_a_time
from experiments.store.packed import UNREADABLE, pack, unpack
from experiments.store.results import code_digest, digest
from sim import InfluenceModel
from sim.config import EnforcementConfig, WorldConfig
from sim.core.files import OutputError, write_whole
from sim.metrics import Outcome
from sim.operation.tactics.named import planned
from sim.population.world import World, build_world

OnStep = Callable[[InfluenceModel], None]


def outcome_of(
    config: WorldConfig,
    detector: Any = None,
    enforcement: EnforcementConfig | None = None,
    world: World | None = None,
    on_step: OnStep | None = None,
) -> Outcome:
    """Return the outcome of one run and release its memory, so that one process can run many."""
    model = InfluenceModel(config, detector, enforcement=enforcement, world=world)
    model.run(on_step)
    outcome = model.outcome()
    del model
    gc.collect()  # a model's parts refer to one another, and a run makes too few objects to trigger a collection
    return outcome


class Worlds:
    """A cache of the worlds used last, by configuration.

    Parameters
    ----------
    most_accounts : int
        While the worlds kept hold more accounts than this in all, the one unused for longest is released.
    """

    def __init__(self, most_accounts: int = 3_000_000) -> None:
        self.most_accounts = most_accounts
        self.built = 0
        self._kept: OrderedDict[str, World] = OrderedDict()

    def get(self, config: WorldConfig) -> World:
        """Return the world of a configuration, building it if it is not kept."""
        key = digest(config)
        if key not in self._kept:
            self._release_for(config.scenario.n_accounts)
            self._kept[key] = build_world(planned(config))
            self.built += 1
        self._kept.move_to_end(key)
        return self._kept[key]

    def _release_for(self, accounts: int) -> None:
        held = sum(len(world.accounts) for world in self._kept.values())
        while self._kept and held + accounts > self.most_accounts:
            held -= len(self._kept.popitem(last=False)[1].accounts)


class Twins:
    """Outcomes of unenforced runs, each of which is run once.

    Parameters
    ----------
    folder : Path, optional
        Where outcomes are kept for other processes of the same sweep; by default they are kept in memory alone.

    Attributes
    ----------
    run : int
        Number of twins that had to be run.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.run = 0
        self._known: dict[str, Outcome] = {}

    def has(self, config: WorldConfig) -> bool:
        """Return whether the twin of a world is known already."""
        return self._find(self.key(config)) is not None

    def get(self, config: WorldConfig, world: World | None = None, on_step: OnStep | None = None) -> Outcome:
        """Return the outcome of the unenforced run of a world, running it if it is not known."""
        key = self.key(config)
        outcome = self._find(key)
        if outcome is not None:
            return outcome
        with self._alone(key):
            outcome = self._find(key)  # another process may have run it by now
            if outcome is None:
                outcome = outcome_of(config, world=world, on_step=on_step)
                self.run += 1
                self._keep(key, outcome)
        return outcome

    def keep(self, config: WorldConfig, outcome: Outcome) -> None:
        """Keep the outcome of the unenforced run of a world, which has been run for its own sake."""
        self._keep(self.key(config), outcome)

    @contextmanager
    def _alone(self, key: str) -> Iterator[None]:
        """Let no other process run the same twin while the block runs; where nothing can be written, no matter."""
        if self.folder is None:
            yield
            return
        with ExitStack() as stack:
            with suppress(OutputError):
                stack.enter_context(one_at_a_time(self.folder / f".{key[:16]}.lock"))
            yield

    @staticmethod
    def key(config: WorldConfig) -> str:
        """Return the key of a twin: a hash of its configuration and of the code that runs it."""
        return digest(config, code_digest())

    def _path(self, key: str) -> Path | None:
        return None if self.folder is None else self.folder / f"{key}.npz"

    def _find(self, key: str) -> Outcome | None:
        path = self._path(key)
        if key not in self._known and path is not None and path.is_file():
            outcome = read_outcome(path)
            if outcome is not None:
                self._known[key] = outcome
        return self._known.get(key)

    def _keep(self, key: str, outcome: Outcome) -> None:
        self._known[key] = outcome
        path = self._path(key)
        if path is not None:
            # The cache only saves time: results that cannot be written are reported when they are written.
            with suppress(OutputError):
                write_whole(path, pack_outcome(outcome))


def pack_outcome(outcome: Outcome) -> bytes:
    """Return an outcome as the bytes of an .npz file."""
    return pack(parts_of(outcome))


def read_outcome(path: Path) -> Outcome | None:
    """Return the outcome in a file, or None if it is damaged or of another version."""
    try:
        return Outcome(**unpack(path))
    except UNREADABLE:
        return None


def parts_of(outcome: Outcome) -> dict[str, Any]:
    """Return what an outcome consists of, by name."""
    return {spec.name: getattr(outcome, spec.name) for spec in fields(outcome)}
