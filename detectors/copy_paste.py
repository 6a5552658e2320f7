"""Copy and paste: accounts that post the same wordings."""

from __future__ import annotations

from typing import ClassVar

from detectors.parts.rules import MAX_WORK
from detectors.parts.shared_content import SharedContent


class CopyPaste(SharedContent):
    """Scores accounts by their largest TF-IDF cosine to another account over the wordings that they posted.

    Templates are cheap and leave traces. So do share buttons, which post a headline with its link, and common phrases.
    The trace *text similarity* of [1]_ and [2]_, which compare texts; here near-identical wordings have one identifier,
    and an account is a vector over them. Every post has a wording, so an account that writes much of its own resembles
    none.

    It reads the wordings of posts as identifiers, and only what an account writes itself unless `reposts` is set. Cost:
    20 bytes per wording in the window, and the comparison of `detectors.parts.similarity.SharedItems`.

    Parameters
    ----------
    window_hours : float
        Posts older than this at the end of the last step are forgotten; above 0.
    min_texts : int
        Accounts with fewer distinct wordings in the window are NaN; at least 1.
    max_sharers : int or None
        Bounds the cost of a popular wording (`max_holders` of `detectors.parts.similarity.SharedItems`).
    reposts : bool
        Whether the wordings of posts that an account reposts count as well.
    max_work : int or None
        Bounds the cost of a scoring, in additions (`detectors.parts.similarity.SharedItems`).
    min_holders : int
        Wordings of fewer scored accounts are left out; at least 1, which leaves out none.
    counts : str
        What a wording that an account posted t times counts: `binary` 1, `linear` t, `sublinear` 1 + ln t.

    References
    ----------
    .. [1] D. Pacheco, P.-M. Hui, C. Torres-Lugo, B. T. Truong, A. Flammini and F. Menczer, "Uncovering Coordinated
       Networks on Social Media: Methods and Case Studies", ICWSM 15 (2021), 455-466, doi:10.1609/icwsm.v15i1.18075.
    .. [2] L. Luceri, V. Pantè, K. Burghardt and E. Ferrara, "Unmasking the Web of Deceit: Uncovering Coordinated
       Activity to Expose Information Operations on Twitter", WWW 2024, 2530-2541, doi:10.1145/3589334.3645529.

    Examples
    --------
    >>> import numpy as np
    >>> from detectors import CopyPaste
    >>> from sim.observation import POST, Observation
    >>> detector = CopyPaste(min_texts=1)
    >>> detector.observe(Observation(step=0, start=0, end=60, n_accounts=4, columns={}, events={
    ...     "time": np.arange(6), "account": np.array([0, 1, 0, 1, 2, 3]), "kind": np.full(6, POST),
    ...     "text": np.array([7, 7, 8, 8, 9, 0])}))
    >>> detector.score()
    array([ 1.,  1.,  0., nan])
    """

    requires: frozenset[str] = frozenset({"time", "account", "kind", "text"})
    _names: ClassVar[tuple[str, str, str]] = ("window_hours", "min_texts", "max_sharers")
    _had, _things = "Posted", "wordings"
    _field: ClassVar[str] = "text"

    def __init__(
        self,
        window_hours: float = 48.0,
        min_texts: int = 2,
        max_sharers: int | None = 10,
        reposts: bool = False,
        *,
        max_work: int | None = MAX_WORK,
        min_holders: int = 1,
        counts: str = "binary",
    ) -> None:
        super().__init__(
            window_hours, min_texts, max_sharers, reposts,
            max_work=max_work, min_holders=min_holders, counts=counts,
        )  # fmt: skip
