"""The measures: reach, what is cut off, people hit, recall, time to detection, collateral.

`Outcome` is all that is measured of one run; `results` sets it beside the outcome of the unenforced twin. Definitions
are those of the design's table of measures and of docs/glossary.md.
"""

from sim.metrics.measures import TWIN_MEASURES, own_measures, results
from sim.metrics.meter import Meter, first_by_recommendation
from sim.metrics.outcome import SERIES, Outcome
from sim.metrics.parts import PARTS, attribution

__all__ = [
    "PARTS", "SERIES", "TWIN_MEASURES", "Meter", "Outcome", "attribution", "first_by_recommendation", "own_measures",
    "results",
]  # fmt: skip
