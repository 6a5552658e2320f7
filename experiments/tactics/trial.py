"""One operation in one world: how many people it reaches and what it costs; kept by what it was made from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.store.results import code_digest, digest, write_json
from experiments.store.twins import OnStep
from sim import InfluenceModel
from sim.config.composition import compose_config, enforcement_from, world_from
from sim.config.detector import detector_settings

SCENARIO, NEVER = "hk2019", ("enforcement=never",)


@dataclass(frozen=True)
class Trial:
    """What came of a run.

    Attributes
    ----------
    reach : int
        People reached.
    cost, fixed : float
        What the operator paid, US dollars; of it what does not go with the number of accounts.
    """

    reach: int
    cost: float
    fixed: float


class Trials:
    """Runs of an operation, each done once: finished ones lie in a folder.

    Parameters
    ----------
    folder : Path
    overrides : sequence of str
        Of all runs: scale, days.
    defence : sequence of str
        Overrides that make the defence.

    Attributes
    ----------
    on_step : callable, optional
        Called with the model after each step of a run.
    """

    on_step: OnStep | None = None

    def __init__(self, folder: Path, overrides: Sequence[str], defence: Sequence[str]) -> None:
        self.folder, self.overrides, self.defence = folder, tuple(overrides), tuple(defence)

    def run(self, tactic: Sequence[str], seed: int, *, defended: bool, accounts: float = 1.0) -> Trial:
        """Return what comes of a tactic on a seed, with so many times the amplifiers.

        Raises
        ------
        ConfigError
            An override is unknown or not allowed.
        """
        words = [f"scenario={SCENARIO}", *self.overrides, *(self.defence if defended else NEVER), *tactic]
        config = compose_config([*words, f"seed={seed}"])
        config.scenario.amplifiers = round(config.scenario.amplifiers * accounts)
        world, enforcement = world_from(config), enforcement_from(config)
        settings = detector_settings(config, seed=seed)
        path = self.folder / f"{digest(world, enforcement, settings, code_digest())}.json"
        if path.exists():
            return Trial(**json.loads(path.read_text(encoding="utf-8")))
        model = InfluenceModel(world, settings, enforcement=enforcement)
        model.run(self.on_step)
        outcome = model.outcome()
        costs = outcome.costs
        found = Trial(int(outcome.reached.size), sum(costs.values()), costs["operator_hours"] + costs["promotion"])
        self.folder.mkdir(parents=True, exist_ok=True)
        write_json(vars(found), path)
        return found
