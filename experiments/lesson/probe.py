"""What the page says of an investigation's case beyond the usual measures of a run."""

from __future__ import annotations

import math

import numpy as np

from sim import InfluenceModel
from sim.population.truth import Layer

DAY = 86_400.0


def of_the_case(model: InfluenceModel) -> dict[str, float]:
    """Return measures of a finished run's investigation, and who took the core.

    Returns
    -------
    dict of str to float
        `case_opened_day`, `wave_day`: from the start of the run, NaN where it did not come to that; `case_confidence`;
        `core_by_routes`, `core_by_wave`: accounts of the core ever suspended, by what suspended them first;
        `amplifiers_registered`: by the end.
    """
    actions, report, truth = model.platform.actions, model.platform.investigation.report, model.world.truth
    log = actions.log
    suspended = (log["action"] == actions.number_of("suspend")) & ~log["lifted"] & (truth.layer[log["account"]] == 1)
    accounts, first = np.unique(log["account"][suspended], return_index=True)
    routes = log["route"][suspended][first]
    by_wave = int(np.count_nonzero([actions.routes[route] == "investigation" for route in routes]))
    amplifiers = truth.accounts(Layer.AMPLIFIER)
    end = model.config.scenario.start_epoch + model.now
    return {
        "case_opened_day": math.nan if report.opened is None else report.opened / DAY,
        "wave_day": math.nan if report.wave is None else report.wave / DAY,
        "case_confidence": float(report.confidence),
        "core_by_routes": float(accounts.size - by_wave),
        "core_by_wave": float(by_wave),
        "core_accounts": float(np.count_nonzero(truth.layer == Layer.CORE)),
        "amplifiers_registered": float(np.count_nonzero(model.accounts.created[amplifiers] < end)),
        "amplifiers_planned": float(amplifiers.size),
    }
