"""The ceiling of any comparison: it knows the truth."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from detectors.base import Detector, DetectorError, Evidence, FloatArray, check_account
from sim.observation import Observation


class OracleDetector(Detector):
    """Scores an account 1 if it is the operation's, else 0.

    What its curve loses is lost to the cadence and the delay of enforcement and not to detection. The platform passes
    it the labels by `reveal` before the run, openly, because `sees_truth` is set; no other detector gets them. It reads
    nothing and costs nothing.

    Examples
    --------
    >>> import numpy as np
    >>> from detectors import OracleDetector
    >>> oracle = OracleDetector()
    >>> oracle.reveal(np.array([False, True]))
    >>> oracle.score()
    array([0., 1.])
    """

    requires: frozenset[str] = frozenset()
    sees_truth: ClassVar[bool] = True

    def __init__(self) -> None:
        self._scores: FloatArray | None = None

    def reveal(self, labels: NDArray[np.bool_]) -> None:
        """Take the truth: bool (accounts,), True for the operation's accounts, by the observations' numbers."""
        labels = np.asarray(labels)
        if labels.ndim != 1 or labels.dtype != np.bool_:
            got = f"shape {labels.shape}, type {labels.dtype}"
            raise DetectorError(f"detector OracleDetector: reveal() takes one boolean an account; got {got}.")
        self._scores = labels.astype(np.float64)

    def observe(self, observation: Observation) -> None:
        """Check that there is a label for each account; nothing else is needed."""
        if self.score().size != observation.n_accounts:
            counts = f"{self.score().size} labels for {observation.n_accounts} accounts"
            raise DetectorError(f"detector OracleDetector: reveal() must label every account; got {counts}.")

    def score(self) -> FloatArray:
        """Return float64 (accounts,), 1 for the operation's accounts and 0 for all others."""
        if self._scores is None:
            raise DetectorError("detector OracleDetector does not know the truth yet; call reveal before the run.")
        return self._scores.copy()

    def explain(self, account: int) -> Evidence:
        """Say what the labels say."""
        scores = self.score()
        check_account(self, account, scores.size)
        member = "is" if scores[account] else "is not"
        return Evidence(account, f"The truth was revealed: the account {member} the operation's.")
