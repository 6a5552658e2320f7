"""Share of reposts: accounts that pass on what others wrote and write little themselves."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from detectors.parts.acts import ActsInWindow
from sim.observation import REPOST, Observation


class RepostShare(ActsInWindow):
    """Scores an account by the share of reposts among its acts.

    A rule of ten lines and a floor for methods that look at more than one account: the accounts that redistribute a
    campaign write little, and so do many people. It reads time, account and kind of each act. Cost: 20 bytes an act in
    the window, and a count over them a scoring.

    Parameters
    ----------
    window_hours : float
        Acts older than this at the end of the last step are forgotten; above 0.
    min_acts : int
        Accounts with fewer acts in the window are NaN; at least 1.

    Examples
    --------
    >>> import numpy as np
    >>> from detectors import RepostShare
    >>> from sim.observation import POST, REPOST, Observation
    >>> detector = RepostShare(window_hours=24.0, min_acts=2)
    >>> detector.observe(Observation(step=0, start=0, end=60, n_accounts=3, columns={}, events={
    ...     "time": np.arange(5), "account": np.array([0, 0, 1, 1, 2]),
    ...     "kind": np.array([REPOST, REPOST, REPOST, POST, REPOST])}))
    >>> detector.score()
    array([1. , 0.5, nan])
    >>> detector.explain(1).sentence
    '1 of its 2 acts in the last 24 hours were reposts.'
    """

    _which: ClassVar[str] = "reposts"

    def __init__(self, window_hours: float = 168.0, min_acts: int = 5) -> None:
        super().__init__(window_hours, min_acts)

    def _counts(self, observation: Observation) -> NDArray[np.bool_]:
        return np.asarray(observation.event("kind") == REPOST)
