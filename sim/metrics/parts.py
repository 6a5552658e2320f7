"""Attribution: what a drop in reach and impressions consists of, in three parts that add up exactly."""

from __future__ import annotations

import numpy as np

from sim.metrics.locks import readers_among, remaining
from sim.metrics.outcome import Outcome

#: The parts, in the order in which they are taken away.
PARTS = ("readers_silenced", "operation_removed", "people_removed")


def attribution(outcome: Outcome, scripted: Outcome, twin: Outcome) -> dict[str, float]:
    """Return the drop in reach and in impressions against the twin, and its three parts.

    Three runs of one seed are compared: the twin, in which nobody is acted upon; the scripted run, in which the actions
    of the run on the operation are repeated to the second and nobody else is acted upon; and the run itself. Let T, S
    and R be their impressions, and T', S' those of them at times when the reader is not locked *in the run*; R' is R,
    as nobody who is locked reads. With reach, or the number of impressions, as the size of a set of impressions:

    - *readers silenced*, size(T) - size(T'): what people do not see because they are locked themselves;
    - *operation removed*, size(T') - size(S'): what the others do not see because of the actions on the operation;
    - *people removed*, size(S') - size(R): what they do not see, beyond that, because of the actions on people, who
      would have passed it on.

    They add up to the whole drop, size(T) - size(R). The order matters: what both the operation's and people's removal
    prevent counts as the operation's. A part is negative where an action raised the figure. *Operation removed* and
    *people removed* together, divided by size(T'), are what is cut off (`sim.metrics.results`).

    Parameters
    ----------
    outcome, scripted, twin : Outcome
        Of the same world, seed and number of steps.

    Returns
    -------
    dict of str to float
        `reach_lost`, and its parts `reach_lost_readers_silenced`, `reach_lost_operation_removed`,
        `reach_lost_people_removed`, in people; the same of impressions.
    """
    kept_twin, kept_scripted = remaining(twin, outcome), remaining(scripted, outcome)
    everything = np.ones(twin.impression_reader.size, np.bool_)
    reach = (
        readers_among(twin, everything), readers_among(twin, kept_twin), readers_among(scripted, kept_scripted),
        outcome.reached.size,
    )  # fmt: skip
    impressions = (twin.impressions, int(kept_twin.sum()), int(kept_scripted.sum()), outcome.impressions)
    measures: dict[str, float] = {}
    for name, sizes in (("reach", reach), ("impressions", impressions)):
        measures[f"{name}_lost"] = float(sizes[0] - sizes[-1])
        for part, before, after in zip(PARTS, sizes[:-1], sizes[1:], strict=True):
            measures[f"{name}_lost_{part}"] = float(before - after)
    return measures
