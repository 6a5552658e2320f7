"""What a comparison keeps of each detector and seed, and under which hash: the configuration and the code behind it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

from detectors.evaluation.operating_point import ThresholdOutcomes
from experiments.compare.compared import ComparedDetectors
from experiments.compare.config import CompareConfig
from experiments.compare.evaluation import Rows
from experiments.store.evaluations import Evaluations
from experiments.store.results import code_digest, digest
from experiments.store.twins import Twins, parts_of
from sim.config import EnforcementConfig, WorldConfig
from sim.metrics import Outcome


class Kept:
    """The finished parts of a comparison, by detector and seed.

    Parameters
    ----------
    files : Evaluations
    config : WorldConfig
        The world; its seed does not matter.
    options : CompareConfig
        Of which only what an evaluation depends on matters: more detectors or seeds change no hash.
    enforcement : EnforcementConfig
    detectors : ComparedDetectors
    chosen_on : WorldConfig, optional
        The world on whose seeds thresholds are chosen, by default `config`.
    """

    def __init__(
        self,
        files: Evaluations,
        config: WorldConfig,
        options: CompareConfig,
        enforcement: EnforcementConfig,
        detectors: ComparedDetectors,
        chosen_on: WorldConfig | None = None,
    ) -> None:
        self._files, self._config, self._options = files, config, options
        self._enforcement, self._detectors = enforcement, detectors
        self._world = digest(replace(config, seed=0))
        self._chosen_on = digest(replace(chosen_on or config, seed=0))
        self._times = (enforcement.cadence_hours, enforcement.delay_hours)

    def outcomes(self, name: str, seed: int) -> ThresholdOutcomes | None:
        """Return what each threshold leads to on a seed that thresholds are chosen on, if that is known."""
        found = self._files.find(self._outcomes(name, seed))
        return None if found is None else ThresholdOutcomes(**found)

    def keep_outcomes(self, name: str, seed: int, outcomes: ThresholdOutcomes) -> None:
        """Keep what each threshold leads to."""
        self._files.keep(self._outcomes(name, seed), vars(outcomes))

    def rows(self, part: str, name: str, seed: int, thresholds: Mapping[str, float]) -> Rows | None:
        """Return the rows of an evaluation, if it is finished.

        Parameters
        ----------
        part : str
            `replay` or `loop`.
        name, seed :
            Of the detector and the run.
        thresholds : mapping of str to float
            Those chosen for the detector, by rule.
        """
        found = self._files.find(self._evaluation(part, name, seed, thresholds))
        return None if found is None else Rows(**found)

    def keep_rows(self, part: str, name: str, seed: int, thresholds: Mapping[str, float], rows: Rows) -> None:
        """Keep the rows of an evaluation."""
        self._files.keep(self._evaluation(part, name, seed, thresholds), vars(rows))

    def twin(self, config: WorldConfig) -> Outcome | None:
        """Return the outcome of the unenforced run of a seed, if it is known."""
        found = self._files.find(Twins.key(config))
        return None if found is None else Outcome(**found)

    def keep_twin(self, config: WorldConfig, outcome: Outcome) -> None:
        """Keep the outcome of an unenforced run: evaluations in the loop are set beside it."""
        self._files.keep(Twins.key(config), parts_of(outcome))

    def _evaluation(self, part: str, name: str, seed: int, thresholds: Mapping[str, float]) -> str:
        options = self._options
        if part == "replay":
            given: tuple[Any, ...] = (*self._times, dict(thresholds), options.asked())
        else:
            given = asdict(self._enforcement) | {"threshold": thresholds[options.loop]}, options.loop
        return self._key(part, self._world, name, seed, *given)

    def _outcomes(self, name: str, seed: int) -> str:
        return self._key("outcomes", self._chosen_on, name, seed, *self._times)

    def _key(self, part: str, world: str, name: str, seed: int, *given: Any) -> str:
        return digest(part, world, name, seed, self._detectors.made_from(name), *given, evaluation_digest())


@cache
def evaluation_digest() -> str:
    """Return the SHA-256 of the code that an evaluation depends on: that of the run, and this package."""
    whole = hashlib.sha256(code_digest().encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        whole.update(path.read_bytes())
    return whole.hexdigest()
