"""Co-repost coordination: accounts that repost the same rare posts."""

from __future__ import annotations

from typing import Any, ClassVar

from numpy.typing import NDArray

from detectors.parts.rules import MAX_WORK, Rules
from detectors.parts.similarity import SharedItems
from detectors.parts.traces import traces
from sim.observation import Observation


class CoRepost(SharedItems):
    """Scores accounts by their largest TF-IDF cosine to another account over the posts that they reposted.

    Accounts that repost the same rare posts are likely to be run together. Each account is a vector over the posts that
    it reposted in a sliding window, weighted by TF-IDF, so that what everybody reposts weighs little; two accounts are
    as similar as the cosine of their vectors. This is the case of co-retweets in [1]_. The paper cuts the similarity
    network once, at a top share of its edges, and calls the remaining components coordinated. Here the threshold is
    left to the policy: the accounts that score at least s are exactly those that are not alone in the network cut at s,
    and `groups(s)` are its components.

    It reads reposts (time, account, post and the post's author); reposts of one's own posts are left out. Cost: 20
    bytes per repost in the window; a scoring is linear in the reposts, plus d * min(d, max_reposters) additions for a
    post with d reposters.

    Parameters
    ----------
    window_hours : float
        Reposts older than this at the end of the last step are forgotten; above 0.
    min_reposts : int
        Accounts with fewer distinct reposted posts in the window are NaN. At least 1; but with 1, all accounts that
        reposted one post and nothing else are perfectly alike.
    max_reposters : int or None
        Bounds the cost of a popular post (`max_holders` of `detectors.parts.similarity.SharedItems`).
    max_work : int or None
        Bounds the cost of a scoring, in additions (`detectors.parts.similarity.SharedItems`).
    min_holders : int
        Posts of fewer scored accounts are left out, as what one or two people repost says little; at least 1, which
        leaves out none.
    counts : str
        What a post that an account reposted t times counts: `binary` 1, `linear` t, `sublinear` 1 + ln t.
    preset : str or None
        Rules of a published program, in the place of the five others but the window and `max_work`: `pacheco2021` is
        that of [1]_ (more than 10 reposts of two posts or more, posts with at least 3 reposters, sublinear counts);
        `luceri2024` that of [2]_ (at least 20 reposts, posts with at least 2 reposters). Both compare all reposters.

    References
    ----------
    .. [1] D. Pacheco, P.-M. Hui, C. Torres-Lugo, B. T. Truong, A. Flammini and F. Menczer, "Uncovering Coordinated
       Networks on Social Media: Methods and Case Studies", ICWSM 15 (2021), 455-466, doi:10.1609/icwsm.v15i1.18075;
       rules of https://github.com/osome-iu/coordination-detection, CS4.
    .. [2] L. Luceri, V. Pantè, K. Burghardt and E. Ferrara, "Unmasking the Web of Deceit: Uncovering Coordinated
       Activity to Expose Information Operations on Twitter", WWW 2024, 2530-2541, doi:10.1145/3589334.3645529; rules of
       https://github.com/ValeriaPante/coordinatedActivity, coRetweet.py.

    Examples
    --------
    >>> import numpy as np
    >>> from detectors import CoRepost
    >>> from sim.observation import REPOST, Observation
    >>> detector = CoRepost(window_hours=24.0, min_reposts=2, min_holders=1)
    >>> detector.observe(Observation(step=0, start=0, end=60, n_accounts=5, columns={}, events={
    ...     "time": np.arange(7), "account": np.array([0, 1, 0, 1, 2, 2, 3]), "kind": np.full(7, REPOST),
    ...     "post": np.array([7, 7, 8, 8, 8, 9, 9]), "author": np.full(7, 4)}))
    >>> detector.score().round(2)
    array([1.  , 1.  , 0.31,  nan,  nan])
    >>> detector.explain(0).sentence
    'Reposted 2 of the same posts as account 1 (similarity 1.00), in a group of 2 accounts linked at 1.00 or more.'
    """

    requires: frozenset[str] = frozenset({"time", "account", "kind", "post", "author"})
    _names: ClassVar[tuple[str, str, str]] = ("window_hours", "min_reposts", "max_reposters")
    _had, _things = "Reposted", "posts"
    _presets: ClassVar[dict[str, Rules]] = {
        "pacheco2021": Rules(least=2, least_acts=11, min_holders=3, counts="sublinear"),
        "luceri2024": Rules(least=1, least_acts=20, min_holders=2, only_the_rest=True),
    }

    def __init__(
        self,
        window_hours: float = 168.0,
        min_reposts: int = 4,
        max_reposters: int | None = 10,
        *,
        max_work: int | None = MAX_WORK,
        min_holders: int = 3,
        counts: str = "binary",
        preset: str | None = None,
    ) -> None:
        super().__init__(
            window_hours, min_reposts, max_reposters,
            max_work=max_work, min_holders=min_holders, counts=counts, preset=preset,
        )  # fmt: skip

    def _traces(self, observation: Observation) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Return time, account and post of the step's reposts, without those of one's own posts."""
        return traces(observation, "repost")
