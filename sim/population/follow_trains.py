"""Follow trains and follow-backs: whom the amplifiers follow.

Members of a cell follow one another in a train, most follows being returned, so that each shows followers. And they
follow people in the hope that these follow back; few do. Amplifiers read no feed: these ties carry nothing to anybody,
but they stand in the graph that detectors see.

The reserve follows nobody: who will be taken up, and when, is not known before the run, and a tie would tell. Hijacked
accounts are left out too: their profile and their followers are their owner's.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.config import WorldConfig
from sim.core.rng import Purpose, stream, uniform, uniforms
from sim.graph.rows import group
from sim.population.accounts import AccountTable
from sim.population.supply import random_people
from sim.population.truth import Supply

Ties = tuple[NDArray[np.int32], NDArray[np.int32]]
_ROUND, _RETURNED, _STUB, _MEMBER = 0, 1, 2, 3  # second word of a draw's key: what of a train it decides
_FIRST, _OTHERS = 0, 1  # likewise of the people followed


def amplifier_ties(
    table: AccountTable, config: WorldConfig, supply: NDArray[np.uint8], cell: NDArray[np.int32], people: Ties
) -> Ties:
    """Draw whom the amplifiers follow, and raise what their profiles show where it is less, in place.

    Parameters
    ----------
    table : AccountTable
        Filled.
    supply : uint8 (operation accounts,)
    cell : int32 (amplifiers,)
    people : (followers, followees), int32 (ties,)
        Who of the public follows the operation, as of `sim.population.supply.operation_ties`.

    Returns
    -------
    followers, followees : int32 (ties,)
        A tie may be given twice.
    """
    first = config.scenario.n_organic + config.scenario.n_core
    members = np.flatnonzero((cell >= 0) & (supply[config.scenario.n_core :] != Supply.HIJACKED))
    members = members[np.argsort(cell[members], kind="stable")]
    accounts, cells = first + members, cell[members]

    place = np.full(cell.size, -1)
    place[members] = np.arange(members.size)
    theirs = people[1] >= first
    fan, won = people[0][theirs].astype(np.int64), place[people[1][theirs] - first]
    won, fan = _distinct(won[won >= 0], fan[won >= 0])

    wanted = _train_followers(table, config, accounts, cells, np.bincount(won, minlength=members.size))
    follower, followee = _train(config, accounts, cells, wanted)
    in_train = np.bincount(follower, minlength=members.size)
    courter, person = _people(table, config, accounts, in_train, (won, fan))
    followed = in_train + np.bincount(courter, minlength=members.size)
    table.following_count[accounts] = np.maximum(table.following_count[accounts], followed)
    followers = accounts[np.concatenate([follower, courter])]
    followees = np.concatenate([accounts[followee], person])
    return followers.astype(np.int32), followees.astype(np.int32)


def _distinct(one: NDArray[np.int64], other: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each pair of numbers below 2**32 once, in order."""
    pairs = np.unique(one << 32 | other)
    return pairs >> 32, pairs & 0xFFFF_FFFF


def _train_followers(
    table: AccountTable,
    config: WorldConfig,
    accounts: NDArray[np.int64],
    cells: NDArray[np.int32],
    real: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return how many of its cell follow each account: a share of the shown followers that are no people.

    With the real ones they are never more than the profile shows, nor than the cell's others.
    """
    operation, shown = config.operation, table.follower_count[accounts]
    mean = shown * (1.0 - operation.authentic_share) * operation.train_share
    count = np.floor(mean + uniforms(stream(config.seed, Purpose.FOLLOW_TRAIN), accounts, _ROUND))
    sizes = np.bincount(cells)[cells] if cells.size else 0
    return np.asarray(np.minimum(np.minimum(count, shown - real), sizes - 1).astype(np.int64))


def _train(
    config: WorldConfig, accounts: NDArray[np.int64], cells: NDArray[np.int32], wanted: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw the follows inside the cells, followers and followees by place in `accounts`, which go cell by cell.

    Of each account's followers a share `train_return_share` is to be followed back. Such halves of mutual follows are
    shuffled in each cell and joined two by two; where both are one account's or join two accounts twice, or one is left
    over, a follower drawn at random stands in, and is not followed back.
    """
    key = stream(config.seed, Purpose.FOLLOW_TRAIN)
    returned = np.floor(wanted * config.operation.train_return_share + uniforms(key, accounts, _RETURNED))
    stub = np.repeat(np.arange(wanted.size), returned.astype(np.int64))
    nth = np.arange(stub.size) - np.searchsorted(stub, stub)
    stub = stub[np.lexsort((uniforms(key, accounts[stub], _STUB, nth), cells[stub]))]
    of = cells[stub]
    even = (np.arange(stub.size) - np.searchsorted(of, of)) % 2 == 0
    joined = np.flatnonzero(even[:-1] & (of[:-1] == of[1:]))
    low, high = np.minimum(stub[joined], stub[joined + 1]), np.maximum(stub[joined], stub[joined + 1])
    low, high = _distinct(low[low < high], high[low < high])
    one, other = np.concatenate([low, high]), np.concatenate([high, low])

    indptr, mutual = group(other.astype(np.int32), one.astype(np.int32), wanted.size)
    start = np.searchsorted(cells, cells)
    size = np.searchsorted(cells, cells, side="right") - start
    rest = wanted - np.diff(indptr)
    drawn = _at_random(key, accounts, start, size, rest, indptr, mutual)
    return np.concatenate([one, drawn]), np.concatenate([other, np.repeat(np.arange(wanted.size), rest)])


@njit(cache=True, no_cfunc_wrapper=True)
def _at_random(
    key: np.uint64,
    accounts: NDArray[np.int64],
    start: NDArray[np.int64],
    size: NDArray[np.int64],
    wanted: NDArray[np.int64],
    indptr: NDArray[np.int64],
    mutual: NDArray[np.int32],
) -> NDArray[np.int64]:
    """Draw followers from the own cell, all alike, that are not among the mutual ones: int64 (sum of `wanted`,).

    Parameters
    ----------
    accounts, start, size, wanted : int64 (members,)
        Account; place of the first of its cell; accounts of the cell, which leave as many as are wanted.
    indptr, mutual : int64 (members + 1,), int32
        Places of the mutual followers, in rows.
    """
    out, at = np.empty(wanted.sum(), np.int64), 0
    taken_by = np.full(accounts.size, -1, np.int64)
    for i in range(accounts.size):
        taken_by[i] = i  # nobody follows itself
        for k in range(indptr[i], indptr[i + 1]):
            taken_by[mutual[k]] = i
        left, nth = wanted[i], 0
        while left > 0:
            other = start[i] + np.int64(uniform(key, accounts[i], _MEMBER, nth) * size[i])
            nth += 1
            if taken_by[other] != i:
                taken_by[other] = i
                out[at] = other
                at += 1
                left -= 1
    return out


def _people(
    table: AccountTable,
    config: WorldConfig,
    accounts: NDArray[np.int64],
    in_train: NDArray[np.int64],
    won: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw the people whom accounts follow: those who followed back (of `won`: place, person), and others in vain.

    Together they are the simulated part of whom the profile says that it follows outside the train.

    Returns
    -------
    place, person : int64 (ties,)
        A person drawn twice is given twice.
    """
    operation, key = config.operation, stream(config.seed, Purpose.FOLLOW_PEOPLE)
    who, fan = won
    first = uniforms(key, accounts[who], _FIRST, fan) < operation.follow_back_share
    who, fan = who[first], fan[first]
    outside = np.maximum(table.following_count[accounts] - in_train, 0)
    mean = outside / config.graph.whole_ratio * operation.followed_people_share
    count = np.floor(mean + uniforms(key, accounts, _OTHERS)).astype(np.int64)
    count = np.maximum(count - np.bincount(who, minlength=accounts.size), 0)
    place = np.repeat(np.arange(accounts.size), count)
    nth = 1 + np.arange(place.size) - np.searchsorted(place, place)
    person, exists = random_people(
        config, table.language[accounts[place]], uniforms(key, accounts[place], _OTHERS, nth)
    )
    return np.concatenate([who, place[exists]]), np.concatenate([fan, person[exists]])
