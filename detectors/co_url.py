"""Co-URL: accounts that post the same rare links."""

from __future__ import annotations

from typing import ClassVar

from detectors.parts.rules import MAX_WORK
from detectors.parts.shared_content import SharedContent


class CoUrl(SharedContent):
    """Scores accounts by their largest TF-IDF cosine to another account over the links that they posted.

    An operation leads people to its own outlets, so its accounts post links from one list. So do newsrooms that
    syndicate, and spam. By TF-IDF a link that everybody posts, such as one of a large newspaper, weighs little. The
    trace *co-URL* of [1]_ and [2]_.

    It reads the links of posts as identifiers, and only what an account writes itself unless `reposts` is set. Cost: 20
    bytes per link in the window, and the comparison of `detectors.parts.similarity.SharedItems`.

    Parameters
    ----------
    window_hours : float
        Posts older than this at the end of the last step are forgotten; above 0.
    min_urls : int
        Accounts with fewer distinct links in the window are NaN; at least 1.
    max_sharers : int or None
        Bounds the cost of a popular link (`max_holders` of `detectors.parts.similarity.SharedItems`).
    reposts : bool
        Whether the links of posts that an account reposts count as well.
    max_work : int or None
        Bounds the cost of a scoring, in additions (`detectors.parts.similarity.SharedItems`).
    min_holders : int
        Links of fewer scored accounts are left out; at least 1, which leaves out none.
    counts : str
        What a link that an account posted t times counts: `binary` 1, `linear` t, `sublinear` 1 + ln t.

    References
    ----------
    .. [1] D. Pacheco, P.-M. Hui, C. Torres-Lugo, B. T. Truong, A. Flammini and F. Menczer, "Uncovering Coordinated
       Networks on Social Media: Methods and Case Studies", ICWSM 15 (2021), 455-466, doi:10.1609/icwsm.v15i1.18075.
    .. [2] L. Luceri, V. Pantè, K. Burghardt and E. Ferrara, "Unmasking the Web of Deceit: Uncovering Coordinated
       Activity to Expose Information Operations on Twitter", WWW 2024, 2530-2541, doi:10.1145/3589334.3645529.

    Examples
    --------
    >>> import numpy as np
    >>> from detectors import CoUrl
    >>> from sim.observation import POST, Observation
    >>> detector = CoUrl(min_urls=1)
    >>> detector.observe(Observation(step=0, start=0, end=60, n_accounts=4, columns={}, events={
    ...     "time": np.arange(6), "account": np.array([0, 1, 0, 1, 2, 3]), "kind": np.full(6, POST),
    ...     "url": np.array([7, 7, 8, 8, 9, 0])}))
    >>> detector.score()
    array([ 1.,  1.,  0., nan])
    """

    requires: frozenset[str] = frozenset({"time", "account", "kind", "url"})
    _names: ClassVar[tuple[str, str, str]] = ("window_hours", "min_urls", "max_sharers")
    _had, _things = "Posted", "links"
    _field: ClassVar[str] = "url"

    def __init__(
        self,
        window_hours: float = 168.0,
        min_urls: int = 2,
        max_sharers: int | None = 10,
        reposts: bool = False,
        *,
        max_work: int | None = MAX_WORK,
        min_holders: int = 1,
        counts: str = "binary",
    ) -> None:
        super().__init__(
            window_hours, min_urls, max_sharers, reposts,
            max_work=max_work, min_holders=min_holders, counts=counts,
        )  # fmt: skip
