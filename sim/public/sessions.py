"""Sessions: which organic accounts log in, and when.

The probability that an account logs in in a step is its log-ins a day times the rhythm of the week, at home or at
work, in its language's time zone. The draw is keyed by account and step: it is one of the few decisions that repeat.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.config import WorldConfig
from sim.core.prefetch import prefetch
from sim.core.rng import Purpose, quick_uniform, stream, substream
from sim.population.accounts import AccountTable
from sim.population.rhythm import rhythm_of, weekly_rhythm
from sim.public.reports import HAS_BLOCKED, MAY_REPORT

_AHEAD = 8  # readers between the one whose traits are copied and the one whose traits are fetched
_BLOCK = 8192  # accounts whose draws are made, and then looked at while they are in the cache: a third of the time less

# What a session reads of its account: half a line of the processor's cache, where the columns would take ten.
READER = np.dtype(
    [
        ("last_look", np.int32),  # first step whose acts the account has not been offered
        ("posts_per_session", np.float32),
        ("repost_propensity", np.float32),
        ("stance", np.float32),
        ("boost", np.float32),
        ("post_appeal", np.float32),
        ("group", np.int32),
        ("language", np.uint8),
        ("interest", np.uint8),
        ("reports", np.uint8),  # `sim.public.reports`: MAY_REPORT, HAS_BLOCKED
    ],
    align=True,
)


class Readers(NamedTuple):
    """The accounts that log in in a step, in account order."""

    account: NDArray[np.int32]
    traits: NDArray[Any]  # READER (readers,)


class Sessions:
    """The log-ins of the organic public, step by step.

    Parameters
    ----------
    config : WorldConfig
    table : AccountTable
        The status is read at each step; the other columns are read once, at construction.
    group : int32 (accounts,)
        The benign group of each account, or -1.
    may_report : bool (organic,)
        Who may report or block.
    """

    def __init__(
        self, config: WorldConfig, table: AccountTable, group: NDArray[np.int32], may_report: NDArray[np.bool_]
    ) -> None:
        n = config.scenario.n_organic
        self._day_share = config.scenario.step_minutes / 1440.0
        self._rhythm = weekly_rhythm(config)
        self._row = rhythm_of(config, table.language[:n], table.at_work[:n])
        self._key = stream(config.seed, Purpose.SESSION)
        self._table = table
        self._traits = np.zeros(n, READER)
        for name in READER.names or ():
            if name not in ("last_look", "group", "reports"):
                self._traits[name] = getattr(table, name)[:n]
        self._traits["group"] = group[:n]
        self._traits["reports"] = np.where(may_report, MAY_REPORT, 0)
        # Nobody logs in before registration: until then an account's rate is zero.
        self._rate = table.session_rate[:n].copy()
        born = table.created[:n] - config.scenario.start_epoch
        late = np.flatnonzero(born > 0)
        self._newcomers = late[np.argsort(born[late], kind="stable")]
        self._first_step = -(-born[self._newcomers] // config.scenario.step_seconds)  # that begins registered
        self._rate[late] = 0.0
        # As long as there are accounts, but only what is written to takes memory.
        self._account, self._found = np.empty(n, np.int32), np.empty(n, READER)

    def step(self, step: int) -> Readers:
        """Return those who log in in a step, and note that they have looked; the arrays are used again."""
        chance = self._rhythm[:, step % self._rhythm.shape[1]] * self._day_share
        key = np.uint64(substream(self._key, step))
        table = self._table
        begin, end = np.searchsorted(self._first_step, [step, step + 1])
        fresh = self._newcomers[begin:end]
        self._rate[fresh] = table.session_rate[fresh]
        n = _log_ins(key, step, chance, self._rate, self._row, table.status, self._traits, self._account,
                     self._found)  # fmt: skip
        return Readers(self._account[:n], self._found[:n])

    def note_blocks(self, readers: NDArray[np.int32]) -> None:
        """Note that accounts have blocked somebody."""
        self._traits["reports"][readers] |= HAS_BLOCKED

    def move_stance(self, readers: Readers, stance: NDArray[np.float32]) -> None:
        """Note the stance of those who logged in after their sessions."""
        self._traits["stance"][readers.account] = stance
        self._table.stance[readers.account] = stance


@njit(cache=True, no_cfunc_wrapper=True)
def _log_ins(
    key: np.uint64,
    step: int,
    chance: NDArray[np.float64],
    session_rate: NDArray[np.float32],
    row: NDArray[np.uint8],
    status: NDArray[np.uint8],
    traits: NDArray[Any],
    account: NDArray[np.int32],
    found: NDArray[Any],
) -> int:
    """Write those who log in into `account` and `found`, in rising order; return their number.

    Account `a` does so with probability `session_rate[a] * chance[row[a]]`.
    """
    draws, n = np.empty(_BLOCK), 0
    for begin in range(0, traits.size, _BLOCK):
        # Slices, as Numba takes care that `begin + k` may be negative: twice the time.
        rate, code, state = session_rate[begin:], row[begin:], status[begin:]
        size = min(_BLOCK, traits.size - begin)
        for k in range(size):
            draws[k] = quick_uniform(key, begin + k)  # by themselves, eight at a time
        for k in range(size):
            account[n] = begin + k  # written over unless the account logs in: no branch to be guessed wrongly
            n += draws[k] < np.float64(rate[k]) * chance[code[k]] and state[k] == 0
    for i in range(n):
        prefetch(traits, account[min(i + _AHEAD, n - 1)])
        found[i] = traits[account[i]]
        traits[account[i]].last_look = step
    return n
