"""From the arguments of `InfluenceModel` to configurations: by keywords or as objects, and the seed of a run.

Mesa's tools make a model by keywords. `batch_run` of Mesa 3.3 passes what its parameters name; that of Mesa 3.5 also
passes `seed` (None, or a value of its `rng`) to any model that takes it.
"""

from __future__ import annotations

import inspect
import math
import secrets
import sys
import warnings
from dataclasses import dataclass, replace
from types import FrameType
from typing import Any

import mesa
import numpy as np

from sim.config import ConfigError, EnforcementConfig, WorldConfig
from sim.config.composition import load_enforcement, load_scenario
from sim.config.yaml_files import available, check_name
from sim.graph.own import sized
from sim.operation.tactics.named import planned
from sim.population.world import World

_DRAWN_BITS = 32  # of a seed that nobody named: short enough to be typed again


@dataclass(frozen=True)
class WorldArguments:
    """What says which world a run is of: a configuration, or the keywords that `sim.load_scenario` takes, and `rng`.

    `world`, where it has been built before, gives the seed where none is named.
    """

    config: Any = None
    scenario: Any = None
    scale: Any = None
    seed: Any = None
    rng: Any = None
    overrides: Any = ()
    world: World | None = None

    def load(self) -> WorldConfig:
        """Return the configuration; its seed is the one named, else one drawn from the operating system's entropy.

        Raises
        ------
        ConfigError
            Both forms are given, or neither; or a value is not allowed.
        """
        if self.config is not None:
            return planned(sized(self._given()))
        if self.scenario is None:
            names = ", ".join(available("scenario"))
            raise ConfigError(f"InfluenceModel needs a config, as load_scenario gives, or scenario, one of {names}.")
        named, overrides = self._named_seed(), self._overrides()
        config = load_scenario(self.scenario, scale=self.scale, seed=named, overrides=overrides)
        config = planned(sized(config))
        if named is None and not any(override.partition("=")[0].strip(" +") == "seed" for override in overrides):
            if self.world is not None:
                return replace(config, seed=self.world.config.seed)
            _warn_if_dropped()
            return replace(config, seed=secrets.randbits(_DRAWN_BITS))
        if self.seed is None or not _seeds_runs():  # else batch_run itself has said the seed of this run
            _warn_if_repeated(config.seed)
        return config

    def _given(self) -> WorldConfig:
        if not isinstance(self.config, WorldConfig):
            hint = f" scenario={self.config!r} names one." if isinstance(self.config, str) else ""
            raise ConfigError(
                f"InfluenceModel's config must be a WorldConfig, as load_scenario gives; got {self.config!r}.{hint}"
            )
        beside = {name: getattr(self, name) for name in ("scenario", "scale", "seed", "rng")}
        beside = {name: value for name, value in beside.items() if value is not None}
        if self.overrides:
            beside["overrides"] = self.overrides
        if beside:
            got = ", ".join(f"{name}={value!r}" for name, value in beside.items())
            raise ConfigError(
                f"InfluenceModel takes a config or keywords, not both; got a config and {got}. "
                "They belong in load_scenario, or in dataclasses.replace(config, seed=...)."
            )
        _warn_if_repeated(self.config.seed)
        return self.config

    def _overrides(self) -> list[str]:
        """Return the overrides as a list; a text alone is one override, as where `batch_run` goes through several."""
        given = [self.overrides] if isinstance(self.overrides, str) else list(self.overrides or ())
        if not all(isinstance(override, str) for override in given):
            raise ConfigError(f"overrides must be a list of texts such as 'scenario.days=2'; got {self.overrides!r}.")
        return given

    def _named_seed(self) -> int | None:
        """Return the seed given as `seed` or `rng`, None where there is none."""
        if self.seed is not None and self.rng is not None:
            raise ConfigError(f"seed and rng are one thing: give one; got seed={self.seed!r} and rng={self.rng!r}.")
        for name, value in (("seed", self.seed), ("rng", self.rng)):
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or not 0 <= value < 2**63:
                raise ConfigError(
                    f"{name} must be a whole number in [0, 2**63), the key of every draw of the run; got {value!r}. "
                    f"A NumPy generator draws one: {name}=int(generator.integers(2**63))."
                )
            return int(value)
        return None


def enforcement_of(given: Any, threshold: Any, *, has_detector: bool) -> EnforcementConfig:
    """Return the enforcement of a run: given, by name or default, with the threshold put in; none without a detector.

    Raises
    ------
    ConfigError
        It is none, or the threshold is not allowed.
    """
    if isinstance(given, str):
        check_name("enforcement", given)
        given = load_enforcement(f"enforcement={given}")
    if not isinstance(given, EnforcementConfig | None):
        raise ConfigError(f"InfluenceModel's enforcement must be an EnforcementConfig or a name; got {given!r}.")
    enforcement = load_enforcement() if given is None else given
    if threshold is not None:
        if isinstance(threshold, bool) or not isinstance(threshold, int | float | np.integer | np.floating):
            raise ConfigError(f"threshold must be a number in [0, 1] or inf; got {threshold!r}.")
        enforcement = replace(enforcement, threshold=float(threshold))
    return enforcement if has_detector else replace(enforcement, policy="never", threshold=math.inf)


def _seeds_runs() -> bool:
    """Whether Mesa's `batch_run` itself says the seed of each run, as from Mesa 3.5 on."""
    return "rng" in inspect.signature(mesa.batch_run).parameters


def _warn_if_repeated(seed: int) -> None:
    """Warn where `batch_run` makes the second iteration of one seed."""
    if _of_batch_run("iteration") == 1:
        several = "rng=[1, 2, 3] of batch_run" if _seeds_runs() else "a parameter seed=[1, 2, 3]"
        warnings.warn(
            f"seed {seed} is named, so every iteration of batch_run is the same run; leave the seed out, or give "
            f"several as {several}.",
            stacklevel=4,
        )


def _warn_if_dropped() -> None:
    """Warn, at its first run, where Mesa 3.5's `batch_run` has put its own `seed` in place of a parameter."""
    if _of_batch_run("run_id") == 0 and "seed" in (_of_batch_run("parameters") or ()):
        warnings.warn(
            "from Mesa 3.5 on batch_run drops a parameter named seed, and each run draws its own; give it as "
            "rng=[1, 2, 3] of batch_run.",
            stacklevel=4,
        )


def _of_batch_run(name: str) -> Any:
    """Return a local variable of Mesa's `batch_run`, which does not tell a model which run it is; None outside one."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_globals.get("__name__") == "mesa.batchrunner" and name in frame.f_locals:
            return frame.f_locals[name]
        frame = frame.f_back
    return None
