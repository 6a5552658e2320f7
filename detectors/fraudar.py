"""FRAUDAR: the densest block of accounts and posts, resistant to camouflage."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from detectors.base import (
    Detector,
    DetectorError,
    Evidence,
    FloatArray,
    accounts_of,
    check_account,
    not_scored,
    nothing_observed,
)
from detectors.parts.incidence import by_appearance, by_item, distinct_rows, take_rows
from detectors.parts.parameters import require_at_least, require_limit, require_positive
from detectors.parts.traces import traces
from detectors.parts.window import TraceWindow
from sim.observation import Observation


class Fraudar(Detector):
    """Scores accounts by the density of the densest block that still held them as the graph was peeled.

    Accounts and the posts that they repost make a bipartite graph; an edge to a post with d reposters weighs 1 / ln(d +
    c), so that reposts of what everybody reposts, which is what camouflage looks like, add next to nothing. The density
    of a set S of accounts and posts is the weight inside it over its size, the number of its nodes. Greedy peeling
    removes the node of least weight until nothing is left; the best set on the way is at least half as dense as the
    densest one (theorem 1 of [1]_), and the density of a block does not fall, however many innocent posts its accounts
    repost as well.

    The paper reports a block. Here every account gets a score: the density of the densest set on the way that still
    held it, g, as g / (g + half_density). Members of the block have the highest score; an account that was removed late
    has one close to it.

    It reads reposts (time, account, post and the post's author); reposts of one's own posts are left out. Cost:
    `observe` is O(events) and keeps 20 bytes per repost in the window; `score` is O(E log V) for E distinct reposts and
    V accounts and posts, as the node of least weight comes from a tree of minima.

    Parameters
    ----------
    window_hours : float
        Reposts older than this at the end of the last step are forgotten; above 0.
    min_reposts : int
        Accounts with fewer distinct reposted posts in the window are left out (NaN); at least 1.
    softening : float
        c of the weights 1 / ln(d + c); above 1, so that they are finite.
    half_density : float
        Density at which the score is one half; above 0.
    max_reposts : int or None
        A window with more reposts is refused with a message, None takes any number. A million take about half a second.

    References
    ----------
    .. [1] B. Hooi, H. A. Song, A. Beutel, N. Shah, K. Shin and C. Faloutsos, "FRAUDAR: Bounding Graph Fraud in the Face
       of Camouflage", KDD 2016, 895-904, doi:10.1145/2939672.2939747.

    Examples
    --------
    Four accounts repost the same four posts:

    >>> import numpy as np
    >>> from detectors import Fraudar
    >>> from sim.observation import REPOST, Observation
    >>> account, post = np.divmod(np.arange(16), 4)
    >>> detector = Fraudar(min_reposts=2)
    >>> detector.observe(Observation(step=0, start=0, end=60, n_accounts=7, columns={}, events={
    ...     "time": np.arange(20), "account": np.concatenate([account, [4, 4, 5, 5]]), "kind": np.full(20, REPOST),
    ...     "post": np.concatenate([post, [0, 8, 8, 9]]), "author": np.full(20, 6)}))
    >>> detector.score().round(2)
    array([0.47, 0.47, 0.47, 0.47, 0.46, 0.44,  nan])
    """

    requires: frozenset[str] = frozenset({"time", "account", "kind", "post", "author"})

    def __init__(
        self,
        window_hours: float = 72.0,
        min_reposts: int = 3,
        softening: float = 5.0,
        half_density: float = 1.0,
        max_reposts: int | None = 6_000_000,
    ) -> None:
        require_positive("Fraudar", window_hours=window_hours, half_density=half_density)
        require_at_least("Fraudar", 1, min_reposts=min_reposts)
        require_limit("Fraudar", max_reposts=max_reposts)
        if not 1.0 < softening < float("inf"):
            raise ValueError(f"Fraudar.softening must be above 1 and finite; got {softening}.")
        self.window_hours, self.min_reposts, self.softening = window_hours, min_reposts, softening
        self.half_density, self.max_reposts = half_density, max_reposts
        self._n_accounts = -1
        self._window = TraceWindow(window_hours)
        self._scores: FloatArray = np.empty(0)
        self._accounts, self._posts = np.empty(0, np.int64), np.empty(0, np.int64)  # of the block
        self.density = 0.0  # of the block: its weight over its accounts and posts

    def observe(self, observation: Observation) -> None:
        """Keep the step's reposts of others' posts; forget the steps that have left the window."""
        self._n_accounts = accounts_of(self, self._n_accounts, observation)
        self._window.add(observation.end, *traces(observation, "repost"))

    def score(self) -> FloatArray:
        """Return g / (g + half_density), float64 (accounts,); NaN where an account reposted too little.

        Raises
        ------
        DetectorError
            The window holds more than `max_reposts`.
        """
        if self._n_accounts < 0:
            raise nothing_observed(self)
        self._scores = np.full(self._n_accounts, np.nan)
        self._accounts, self._posts, self.density = np.empty(0, np.int64), np.empty(0, np.int64), 0.0
        accounts, posts, row_start, row_posts = self._graph()
        if accounts.size:
            held, removed, density = self._peel(row_start, row_posts, posts.size)
            best = int(np.argmax(density))
            self.density = float(density[best])
            self._accounts = accounts[removed[: accounts.size] >= best]
            self._posts = posts[removed[accounts.size :] >= best]
            self._scores[accounts] = held / (held + self.half_density)
        return self._scores.copy()

    def block(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the accounts and posts of the densest block of the last scoring, in rising order."""
        self._require_scored()
        return np.sort(self._accounts), np.sort(self._posts)

    def explain(self, account: int) -> Evidence:
        """Say whether the account is in the block, and how dense that is."""
        self._require_scored()
        check_account(self, account, self._n_accounts)
        score = float(self._scores[account])
        if np.isnan(score):
            few = f"fewer than {self.min_reposts} posts in the last {self.window_hours:g} hours"
            return Evidence(account, f"Reposted {few}: too little to say.")
        held = self.half_density * score / (1.0 - score)
        inside = bool(np.isin(account, self._accounts))
        size = f"{self._accounts.size} accounts and {self._posts.size} posts"
        return Evidence(
            account,
            f"{'In' if inside else 'Outside'} the densest block of reposts ({size}, density {self.density:.3f}); the "
            f"densest set that held it has {held:.3f}.",
            {
                "density_held": held, "block_density": self.density, "in_block": inside,
                "block_accounts": self._accounts.size, "block_posts": self._posts.size,
            },
        )  # fmt: skip

    def _require_scored(self) -> None:
        if self._scores.size != self._n_accounts:
            raise not_scored(self)

    def _graph(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
        """Return accounts, posts, and the posts of each account as rows; numbered by first appearance."""
        reposts = self._window.n_traces
        if self.max_reposts is not None and reposts > self.max_reposts:
            raise DetectorError(
                f"detector Fraudar peels at most {self.max_reposts:,} reposts (max_reposts); the window holds "
                f"{reposts:,}. Shorten window_hours."
            )
        accounts, account = by_appearance(self._window.accounts().astype(np.int64))
        posts, post = by_appearance(self._window.items())
        start, entries = distinct_rows(account, post, accounts.size, posts.size)
        rows = np.flatnonzero(np.diff(start) >= self.min_reposts)
        row_start, row_posts = take_rows(start, entries, rows)
        return accounts[rows], posts, row_start, row_posts

    def _peel(
        self, row_start: NDArray[np.int64], row_posts: NDArray[np.int32], n_posts: int
    ) -> tuple[FloatArray, NDArray[np.int64], FloatArray]:
        """Peel the graph.

        Returns
        -------
        held : float64 (accounts,)
            Density of the densest set on the way that held the account.
        removed : int64 (accounts + posts,)
            When each node was removed, counted from 0.
        density : float64 (accounts + posts,)
            Of what is left before each removal.
        """
        post_start, reposters = by_item(row_start, row_posts, n_posts)
        degree = np.diff(post_start)
        weight = np.where(degree > 0, 1.0 / np.log(np.maximum(degree, 1) + self.softening), 0.0)
        removed, density = _peeled(row_start, row_posts, post_start, reposters, weight)
        held = np.maximum.accumulate(density)[removed[: row_start.size - 1]]
        return held, removed, density


@njit(cache=True, no_cfunc_wrapper=True)
def _peeled(
    row_start: NDArray[np.int64], row_posts: NDArray[np.int32], post_start: NDArray[np.int64],
    reposters: NDArray[np.int32], weight: FloatArray,
) -> tuple[NDArray[np.int64], FloatArray]:  # fmt: skip
    """Remove the node of least weight again and again; of equal ones, the first. Posts without edges come first.

    The tree of minima has a leaf per node, accounts before posts; a parent holds the lesser of its children.
    """
    rows, n = row_start.size - 1, row_start.size - 1 + weight.size
    leaves = 1
    while leaves < n:
        leaves *= 2
    tree = np.full(2 * leaves, np.inf)
    total, size = 0.0, np.int64(0)
    removed, density = np.zeros(n, np.int64), np.zeros(n)
    at = np.int64(0)
    for row in range(rows):
        own = 0.0
        for k in range(row_start[row], row_start[row + 1]):
            own += weight[row_posts[k]]
        tree[leaves + row] = own
        total += own
        size += 1
    for post in range(weight.size):
        degree = post_start[post + 1] - post_start[post]
        if degree:
            tree[leaves + rows + post] = degree * weight[post]
            size += 1
        else:  # reposted only by accounts that were left out: no part of the graph
            removed[rows + post] = -1
    for node in range(leaves - 1, 0, -1):
        tree[node] = min(tree[2 * node], tree[2 * node + 1])
    while size > 0:
        density[at] = max(total, 0.0) / size
        node = 1
        while node < leaves:
            node = 2 * node if tree[2 * node] <= tree[2 * node + 1] else 2 * node + 1
        place = node - leaves
        total -= tree[node]
        removed[place] = at
        _put(tree, node, np.inf)
        if place < rows:
            for k in range(row_start[place], row_start[place + 1]):
                other = leaves + rows + row_posts[k]
                if tree[other] != np.inf:
                    _put(tree, other, tree[other] - weight[row_posts[k]])
        else:
            post = place - rows
            for k in range(post_start[post], post_start[post + 1]):
                other = leaves + reposters[k]
                if tree[other] != np.inf:
                    _put(tree, other, tree[other] - weight[post])
        at += 1
        size -= 1
    return removed, density


@njit(cache=True, no_cfunc_wrapper=True)
def _put(tree: FloatArray, node: int, value: float) -> None:
    """Set a leaf, and its ancestors as far as they change."""
    tree[node] = value
    node //= 2
    while node >= 1:
        least = min(tree[2 * node], tree[2 * node + 1])
        if tree[node] == least:
            return
        tree[node] = least
        node //= 2
