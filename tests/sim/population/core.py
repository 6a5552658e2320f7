"""What the tests of the core's accounts and plan share."""

from __future__ import annotations

import numpy as np

from sim.population.core_output import CoreOutput, core_output
from sim.population.truth import Layer
from sim.population.world import World


def output_of(one: World) -> CoreOutput:
    """Return what each account of a world's core does."""
    core = one.truth.accounts(Layer.CORE)
    return core_output(one.config, one.truth.role[core], np.isin(core, one.truth.state_media))
