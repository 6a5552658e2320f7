"""Activity: accounts that do much."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detectors.base import FloatArray
from detectors.parts.acts import ActsInWindow
from detectors.parts.parameters import require_positive
from sim.observation import Observation


class Activity(ActsInWindow):
    """Scores an account by how many acts it made: n acts in the window score n / (n + half).

    A rule of ten lines and a floor for other methods: automated accounts are said to be busy, and so are the people who
    write most of what there is. The score rises with every act and reaches one half at `half` acts. It reads time and
    account of each act. Cost: 20 bytes an act in the window, and a count over them a scoring.

    Parameters
    ----------
    window_hours : float
        Acts older than this at the end of the last step are forgotten; above 0.
    min_acts : int
        Accounts with fewer acts in the window are NaN; at least 1.
    half : float
        Acts in the window at which the score is one half; above 0.

    Examples
    --------
    >>> import numpy as np
    >>> from detectors import Activity
    >>> from sim.observation import Observation
    >>> detector = Activity(window_hours=24.0, half=2.0)
    >>> detector.observe(Observation(step=0, start=0, end=60, n_accounts=3, columns={}, events={
    ...     "time": np.arange(4), "account": np.array([0, 0, 1, 0])}))
    >>> detector.score().round(2)
    array([0.6 , 0.33,  nan])
    >>> detector.explain(0).sentence
    'Acted 3 times in the last 24 hours.'
    """

    requires: frozenset[str] = frozenset({"time", "account"})

    def __init__(self, window_hours: float = 168.0, min_acts: int = 1, half: float = 50.0) -> None:
        super().__init__(window_hours, min_acts)
        require_positive("Activity", half=half)
        self.half = half

    def _counts(self, observation: Observation) -> NDArray[np.bool_]:
        return np.ones(observation.n_events, np.bool_)

    def _score_of(self, acts: NDArray[np.int64], counted: NDArray[np.int64]) -> FloatArray:
        return acts / (acts + self.half)
