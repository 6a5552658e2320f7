"""The detectors of a comparison: made anew for each evaluation, trained where they learn, named where they fail."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from experiments.compare.config import CompareConfig, train_config
from experiments.compare.recording import Recording
from experiments.compare.replay import fit, is_supervised
from experiments.compare.truth import RunTruth
from experiments.store.own_code import own_sources
from experiments.store.results import digest
from sim.config import ConfigError, WorldConfig
from sim.config.detector import detector_settings, load_detector
from sim.core.files import OutputError
from sim.platform.platform import check_protocol


@dataclass
class ComparedDetectors:
    """The detectors of a comparison, by name.

    Attributes
    ----------
    config : WorldConfig
        The world; a detector is made for its seed and those that follow.
    options : CompareConfig
    configurations : mapping of str to (str or mapping)
        What each is made from; by default its name (a file of conf/detector).
    shown : sequence of str
        The detectors in the order of the tables: those of the options, which are run, and others, whose evaluations are
        shown as far as they are there already.
    alive : list of str
        Detectors that are run and have not failed.
    supervised : dict of str to str
        Scenario that each supervised detector is trained on.
    failures : list of (str, str)
        Detectors that failed, and why.
    """

    config: WorldConfig
    options: CompareConfig
    configurations: Mapping[str, Any]
    shown: Sequence[str]
    alive: list[str] = field(default_factory=list)
    supervised: dict[str, str] = field(default_factory=dict)
    failures: list[tuple[str, str]] = field(default_factory=list)
    training: WorldConfig | None = None
    _fitted: dict[str, Any] = field(default_factory=dict)
    _reads: dict[str, frozenset[str]] = field(default_factory=dict)
    _made_from: dict[str, str] = field(default_factory=dict)

    def prepare(self) -> None:
        """Make each detector once, so that a wrong configuration is reported before the first run."""
        learn, self.alive = [], list(self.options.detectors)
        for name in self.shown:
            try:
                learn += [name] * self._learns(name)
            except ConfigError:
                if name in self.alive:
                    raise
        named = self.options.train_scenario is not None or self.options.train_overrides
        training = train_config(self.options, self.config) if named or learn else None  # checked in any case
        self.training = training if learn else None
        self.supervised = dict.fromkeys(learn, "" if self.training is None else self.training.scenario.name)
        for name in learn if self.training is None else ():
            if name in self.alive:
                self.fail(
                    name, "it needs another scenario to be trained on, and there is none; see compare.train_scenario."
                )
            else:
                del self._reads[name]
        self.shown = [name for name in self.shown if name in self._reads]

    @property
    def not_failed(self) -> list[str]:
        """The detectors shown that have not failed; those that are not run are among them."""
        failed = {name for name, _ in self.failures}
        return [name for name in self.shown if name not in failed]

    def reads(self, names: Sequence[str]) -> set[str]:
        """Return the columns and event fields that at least one of the named detectors reads."""
        return {field for name in names for field in self._reads[name]}

    def made_from(self, name: str) -> str:
        """Return a hash of what a detector is made from, for any seed: configuration, own code, where it was trained.

        A configuration may refer to `seed`. It is taken at two seeds, which distinguishes a number from the reference.
        """
        if name not in self._made_from:
            first = self.config.seed
            settings = [self._settings(name, seed) for seed in (first, first + 1)]
            training = digest(self.training) if name in self.supervised and self.training is not None else ""
            self._made_from[name] = digest(settings, own_sources(settings[0]), training)
        return self._made_from[name]

    def settings(self) -> dict[str, dict[str, Any]]:
        """Return what each detector shown is made from, by name: its class and parameters, for the first seed."""
        return {name: self._settings(name, self.config.seed) for name in self.shown}

    def fresh(self, name: str, seed: int) -> Any:
        """Return a new detector; of a supervised one a copy of the trained one."""
        if name in self._fitted:
            return copy.deepcopy(self._fitted[name])
        try:
            return load_detector(self._settings(name, seed))
        except SystemExit as error:
            raise ConfigError(f"detector {name} cannot be made: it raised SystemExit: {error}.") from error

    def untrained(self, names: Sequence[str]) -> list[str]:
        """Return which of the named detectors must be trained first."""
        return [name for name in names if name in self.supervised and name not in self._fitted and name in self.alive]

    def train(self, name: str, recording: Recording, truth: RunTruth) -> None:
        """Train a supervised detector on a recording of the training scenario."""
        made = self.fresh(name, truth.seed)
        fit(made, recording, truth)
        self._fitted[name] = made

    def fail(self, name: str, reason: str) -> None:
        """Note that a detector failed, and leave it out from here on."""
        self.failures.append((name, reason))
        if name in self.alive:
            self.alive.remove(name)

    def noted(self, name: str) -> _Noted:
        """Return a block in which an exception of a detector is noted under its name."""
        return _Noted(self, name)

    def _settings(self, name: str, seed: int) -> dict[str, Any]:
        return detector_settings(self.configurations.get(name, name), seed=seed)

    def _learns(self, name: str) -> bool:
        """Make a detector, note what it reads, and return whether it is supervised."""
        made = self.fresh(name, self.config.seed)
        check_protocol(made)
        self._reads[name] = frozenset(made.requires)
        return is_supervised(made)


class _Noted:
    """A block in which an exception of a detector is noted under its name; the detector is left out from there on."""

    def __init__(self, detectors: ComparedDetectors, name: str) -> None:
        self._detectors, self._name = detectors, name

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        if not isinstance(error, Exception | SystemExit) or isinstance(error, OutputError):
            return False
        reason = f"SystemExit: {error}" if isinstance(error, SystemExit) else f"{error}"
        self._detectors.fail(self._name, " ".join(reason.split()) or type(error).__name__)
        return True
