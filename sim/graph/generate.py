"""Draw a follower graph from a seed, straight into compressed sparse rows.

Each account has a lognormal attractiveness and a lognormal target number of followees. Its ties go to its own
neighbourhood (accounts with nearby numbers, which makes triangles), to the rest of its community, and to all other
accounts. Within each of these, accounts are chosen in proportion to attractiveness, which makes in-degrees
heavy-tailed. Then some followees follow back.

Following back is decided by one Bernoulli draw per tie. Its probability falls with the followee's number of followers
and rises with the followee's target number. With a constant probability, accounts with many followers would follow
thousands, and out-degrees would be a mixture of two distributions instead of the configured lognormal.

Costs: one pass of random reads per tie to draw it, one to decide on following back, one merge. Linear in
ties, and the largest arrays are the drawn ties and the result.

References
----------
Kwak, Lee, Park and Moon, "What is Twitter, a social network or a news media?", WWW 2010 (reciprocity).
Chen and Asau, "On generating random variates from an empirical distribution", AIIE Transactions 6, 1974 (guide table).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.config import GraphConfig
from sim.core.prefetch import prefetch
from sim.core.rng import Purpose, normals, quick_uniform, stream, substream, uniform, uniforms
from sim.graph.csr import MAX_ACCOUNTS, FollowerGraph, GraphError
from sim.graph.reciprocity import PILOT_ACCOUNTS, are_mutual, follow_back, follow_back_probability
from sim.graph.rows import merge, sort_row

_AHEAD = 16  # ties between the one that is looked at and the one that is fetched

# Inlined by LLVM: inlined by Numba, each call would be compiled by itself.
_inlined = njit(cache=True, _nrt=False, forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def generate(
    config: GraphConfig, community_sizes: NDArray[np.int64], seed: int, idle: NDArray[np.bool_] | None = None
) -> FollowerGraph:
    """Draw a follower graph.

    Parameters
    ----------
    config : GraphConfig
        `mean_following` is met after reciprocity and removal of repeated ties, as far as there are accounts to
        follow. `reciprocity` is never below what arises by chance in dense neighbourhoods. `homophily` yields where
        a community, or the rest of the world, is too small for the ties meant for it (but 0 and 1 are strict, unless
        there is only one community); `closure` yields where half the neighbourhood is followed already.
    community_sizes : int64 (communities,)
        Accounts in each community; the accounts are numbered community by community.
    seed : int
        The run's seed.
    idle : bool (accounts,), optional
        Accounts that nobody follows, as far as there are others to follow, and nobody follows back.

    Raises
    ------
    GraphError
        A size is negative, or there are too many accounts.
    """
    sizes = np.asarray(community_sizes, np.int64)
    if sizes.ndim != 1 or (sizes < 0).any():
        raise GraphError(f"community sizes must be whole numbers of at least 0 in one dimension; got {sizes}.")
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    n = int(starts[-1])
    if n > MAX_ACCOUNTS:
        raise GraphError(f"community sizes must add up to at most {MAX_ACCOUNTS} accounts; got {n}.")
    if n < 2 or config.mean_following == 0.0:
        return FollowerGraph(np.zeros(n + 1, np.int64), np.empty(0, np.int32))

    wished = _wished(config, n, seed)
    unused = np.zeros(n, np.bool_) if idle is None or idle.all() else idle
    draw = _Draw(config, starts, seed, unused)
    # Of F drawn ties a share c is mutual by chance; A more are follow-backs. Then cF + 2A of F + A ties are mutual. For
    # a mutual share r, F = (F + A) (2 - r) / (2 - c). A pilot sample estimates c before the ties are drawn.
    share = (2.0 - config.reciprocity) / 2.0
    pilot = draw.pilot_accounts()
    _, by_chance = are_mutual(pilot, *draw.rows(pilot, wished, share), n, 1)
    share = min(1.0, (2.0 - config.reciprocity) / (2.0 - by_chance.sum() / max(by_chance.size, 1)))
    everybody = np.arange(n, dtype=np.int32)
    indptr, indices = draw.rows(everybody, wished, share)
    probability = follow_back_probability(config.reciprocity, wished, indptr, indices, unused)
    if probability.any():
        key = stream(seed, Purpose.GRAPH_RECIPROCITY)
        back_indptr, back = follow_back(indptr, indices, probability, unused, key)
        indptr, indices = merge(indptr, indices, back_indptr, back)
    else:
        indices.resize(int(indptr[-1]), refcheck=False)
    return FollowerGraph(indptr, indices)


def _wished(config: GraphConfig, n: int, seed: int) -> NDArray[np.float64]:
    """Return the number of accounts that each account is to follow in the end, before rounding: float64 (n,).

    The mean of the sample, and not only of the distribution, is `mean_following`, unless that
    exceeds the number of accounts.
    """
    wished = np.exp(config.following_sigma * normals(stream(seed, Purpose.GRAPH_OUT), np.arange(n)))
    most, mean = n - 1.0, min(config.mean_following, n - 1.0)
    wished *= mean / wished.mean()
    for _ in range(100):  # what is cut off at the top is spread over the others
        np.minimum(wished, most, out=wished)
        missing = mean / wished.mean()
        if missing < 1.0 + 1e-6:
            break
        wished *= missing
    return np.minimum(wished, most)


class _Draw:
    """The distribution that rows are drawn from: cumulative attractiveness, its guide table, and the shares."""

    def __init__(self, config: GraphConfig, starts: NDArray[np.int64], seed: int, idle: NDArray[np.bool_]) -> None:
        n = int(starts[-1])
        self.config, self.starts, self.n, self.seed = config, starts, n, seed
        weight = np.exp(config.followers_sigma * normals(stream(seed, Purpose.GRAPH_IN), np.arange(n)))
        weight[idle] = 0.0
        self.cumulative = np.zeros(n + 1)
        np.cumsum(weight, out=self.cumulative[1:])
        self.cumulative *= n / self.cumulative[-1]  # one unit for each entry of the guide table
        self.guide = _guide(self.cumulative)

    def pilot_accounts(self) -> NDArray[np.int32]:
        """Return the accounts of evenly spaced stretches, each a few neighbourhoods long: int32, ascending."""
        if self.n <= PILOT_ACCOUNTS:
            return np.arange(self.n, dtype=np.int32)
        stretch = min(4 * self.config.neighbourhood, PILOT_ACCOUNTS)
        first = np.linspace(0, self.n - stretch, PILOT_ACCOUNTS // stretch).astype(np.int64)
        return (first[:, None] + np.arange(stretch)).ravel().astype(np.int32)

    def rows(
        self, accounts: NDArray[np.int32], wished: NDArray[np.float64], share: float
    ) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Draw the rows of some accounts, ascending; the same rows whichever others are drawn.

        Returns
        -------
        indptr : int64 (accounts + 1,)
        indices : int32
            At least as long as the rows, which are sorted and distinct.
        """
        rounding = uniforms(stream(self.seed, Purpose.GRAPH_OUT), accounts, 1)
        wanted = (wished[accounts] * share + rounding).astype(np.int32)
        indptr = np.zeros(accounts.size + 1, np.int64)
        indices = np.empty(int(wanted.sum(dtype=np.int64)), np.int32)
        _draw_rows(
            accounts, wanted, self.starts, self.cumulative, self.guide, self.config.homophily, self.config.closure,
            self.config.neighbourhood, stream(self.seed, Purpose.GRAPH_TIE), stream(self.seed, Purpose.GRAPH_CLOSURE),
            indptr, indices,
        )  # fmt: skip
        return indptr, indices


@njit(cache=True, no_cfunc_wrapper=True)
def _guide(cumulative: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return for each whole number g the first account whose stretch of `cumulative` ends above g: int32 (n,)."""
    n = cumulative.size - 1
    out = np.empty(n, np.int32)
    account = 0
    for g in range(n):
        while account < n - 1 and cumulative[account + 1] <= g:
            account += 1
        out[g] = account
    return out


@_inlined
def _account_at(point: float, cumulative: NDArray[np.float64], guide: NDArray[np.int32]) -> int:
    """Return the account in whose stretch of `cumulative` a point lies: one step on average from the guide's entry."""
    n = guide.size
    account = int(guide[min(int(point), n - 1)])
    while account < n - 1 and cumulative[account + 1] <= point:
        account += 1
    return account


@_inlined
def _point(draw: float, part: int, base: float, span: float, end: float) -> float:
    """Return the point of `cumulative` that a draw falls on: in [base, base + span), or in part 2 anywhere else."""
    if part < 2:
        return base + draw * span
    point = draw * (end - span)
    return point + span if point >= base else point  # the gap of the own community is jumped over


@_inlined
def _is_new(account: int, seen: NDArray[np.int32], shift: np.uint64) -> bool:
    """Enter an account into a row's table (open addressing, at most half full); False if it was there."""
    mask = (np.int64(1) << np.int64(np.uint64(32) - shift)) - 1
    slot = np.int64(((np.uint64(account) * np.uint64(2654435769)) & np.uint64(0xFFFFFFFF)) >> shift)
    while seen[slot] >= 0:
        if seen[slot] == account:
            return False
        slot = (slot + 1) & mask
    seen[slot] = account
    return True


@njit(cache=True, no_cfunc_wrapper=True)
def _draw_rows(
    accounts: NDArray[np.int32],
    wanted: NDArray[np.int32],
    starts: NDArray[np.int64],
    cumulative: NDArray[np.float64],
    guide: NDArray[np.int32],
    homophily: float,
    closure: float,
    neighbourhood: int,
    tie_key: np.uint64,
    share_key: np.uint64,
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
) -> None:
    """Draw the rows of accounts (ascending) into `indptr` and `indices`; parameters as in `_Draw`."""
    n = guide.size
    longest = 0
    for r in range(wanted.size):
        longest = max(longest, wanted[r])
    capacity = 4
    while capacity < 2 * (longest + 1):
        capacity *= 2
    seen = np.empty(capacity, np.int32)
    community, at = 0, np.int64(0)
    for r in range(accounts.size):
        account = np.int64(accounts[r])
        while starts[community + 1] <= account:
            community += 1
        low, high = starts[community], starts[community + 1]
        outside = n - (high - low)
        room_in = high - low - 1 if homophily > 0.0 or outside == 0 else 0
        room_out = outside if homophily < 1.0 else 0
        total = min(np.int64(wanted[r]), room_in + room_out)
        n_in = min(np.int64(homophily * total + uniform(share_key, account, 0, 0)), room_in)
        n_in = total - min(total - n_in, room_out)

        # The community is cut into stretches of equal length, near `neighbourhood`.
        size = high - low
        cuts = max(1, (2 * size + neighbourhood) // (2 * neighbourhood))
        cut = (account - low) * cuts // size
        near_low = low + (cut * size + cuts - 1) // cuts
        near_high = low + ((cut + 1) * size + cuts - 1) // cuts
        # Beyond half the neighbourhood few would be left but those whom nobody follows, at many tries each.
        n_near = min(np.int64(closure * n_in + uniform(share_key, account, 1, 0)), (near_high - near_low) // 2, n_in)

        shift, slots = np.uint64(30), 4
        while slots < 2 * (total + 1):
            slots *= 2
            shift -= np.uint64(1)
        seen[:slots] = -1
        _is_new(account, seen, shift)
        key = substream(tie_key, account)
        start, tries = at, 0
        for part in range(3):
            if part == 0:
                first, last, goal, patience = near_low, near_high, start + n_near, 4 * n_near
            elif part == 1:
                first, last, goal, patience = low, high, start + n_in, 8 * n_in + 64
            else:
                first, last, goal, patience = low, high, start + total, 8 * (total - n_in) + 64
            base, span = cumulative[first], cumulative[last] - cumulative[first]
            patience += tries
            if part > 0:  # fetch at once what would be waited for one by one; a neighbourhood is in the caches anyway
                for ahead in range(tries, tries + goal - at):
                    prefetch(guide, int(_point(quick_uniform(key, ahead), part, base, span, cumulative[n])))
                for ahead in range(tries, tries + goal - at):
                    point = _point(quick_uniform(key, ahead), part, base, span, cumulative[n])
                    prefetch(cumulative, guide[min(int(point), n - 1)])
            while at < goal and tries < patience:
                other = _account_at(
                    _point(quick_uniform(key, tries), part, base, span, cumulative[n]), cumulative, guide
                )
                tries += 1
                if part < 2:
                    other = min(max(other, first), last - 1)
                elif first <= other < last:
                    other = last if last < n else first - 1
                if _is_new(other, seen, shift):
                    indices[at] = other
                    at += 1
            if part == 0 or at == goal:
                continue
            # Nearly all are followed already: take the rest as they come, from a drawn place on.
            width = last - first if part == 1 else outside
            other = np.int64(quick_uniform(key, tries) * width)
            tries += 1
            for _ in range(width):
                if at == goal:
                    break
                candidate = first + other if part == 1 else (other if other < first else other + (last - first))
                if _is_new(candidate, seen, shift):
                    indices[at] = candidate
                    at += 1
                other = other + 1 if other + 1 < width else 0
        sort_row(indices[start:at])
        indptr[r + 1] = at
