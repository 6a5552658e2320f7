"""The reports and blocks of a step as the platform's staff see them: under pseudonyms."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.state import RunState


def seen_reports(state: RunState, pseudonyms: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """Return the fields of `sim.observation.TABLES`' reports of the current step, in time order.

    A post is its author and time, as in the events.
    """
    reports, epoch = state.reports, state.config.scenario.start_epoch
    author = pseudonyms[reports["author"]]
    return {
        "time": epoch + reports["time"].astype(np.int64),
        "account": pseudonyms[reports["account"]].astype(np.int32),
        "kind": reports["kind"].astype(np.int8),
        "post": author << 32 | reports["post_time"],
        "author": author.astype(np.int32),
    }
