"""The truth about a recorded run: plain arrays under the account numbers that detectors see, given to no detector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.evaluation.history import NEVER
from sim import InfluenceModel
from sim.metrics import Outcome
from sim.population.truth import Layer


@dataclass(frozen=True)
class RunTruth:
    """The truth about a recorded run, under its account numbers (pseudonyms); times in seconds since 1970-01-01 UTC.

    Attributes
    ----------
    seed : int
    layer : uint8 (accounts,)
        A `sim.population.truth.Layer`.
    registered : bool (accounts,)
        Whether the account was registered by the end of the run.
    groups : dict of str to dict of str to bool (accounts,)
        Organic accounts by `language`, `activity` (decile) and `community` (kind of benign coordinated group, or none).
    communities : int32 (accounts,)
        Number of the benign coordinated group, or -1.
    acts : int64 (accounts,)
        Number of posts and reposts of each account in the run.
    matched : bool (accounts,), optional
        Organic accounts that are matched controls (`experiments.compare.matched`); None where that was not asked for.
    first_act : int64 (accounts,)
        First act of each of the operation's accounts; `NEVER` where there is none.
    act_account, act_time : int32, int64 (acts,)
        Every act of the operation's accounts.
    impression_time, impression_author, impression_source : int64, int32, int32 (impressions,)
        Reads of operation content by organic accounts: the author of the post, and the account whose act brought it to
        the reader, -1 where no account did.
    outcome : sim.metrics.Outcome
        Outcome of the same run, which is the unenforced twin.
    """

    seed: int
    layer: NDArray[np.uint8]
    registered: NDArray[np.bool_]
    groups: dict[str, dict[str, NDArray[np.bool_]]]
    communities: NDArray[np.int32]
    acts: NDArray[np.int64]
    matched: NDArray[np.bool_] | None
    first_act: NDArray[np.int64]
    act_account: NDArray[np.int32]
    act_time: NDArray[np.int64]
    impression_time: NDArray[np.int64]
    impression_author: NDArray[np.int32]
    impression_source: NDArray[np.int32]
    outcome: Outcome

    @property
    def operation(self) -> NDArray[np.bool_]:
        """True for the operation's accounts: what the oracle sees and supervised detectors are trained on."""
        return self.layer != Layer.ORGANIC

    def members(self, layer: str) -> NDArray[np.bool_]:
        """Return the registered accounts of `core`, `amplifiers`, `operation` (both) or `organic`."""
        wanted = {"core": [Layer.CORE], "amplifiers": [Layer.AMPLIFIER], "organic": [Layer.ORGANIC]}
        chosen = self.operation if layer == "operation" else np.isin(self.layer, wanted[layer])
        return np.asarray(chosen & self.registered)

    def controls(self) -> NDArray[np.bool_]:
        """Return the registered organic accounts that a ranking is judged against: the matched ones, or all."""
        everybody = self.members("organic")
        return everybody if self.matched is None else everybody & self.matched

    def acts_before(self, reached: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the number of acts of each of the operation's accounts before its own time, int64 (accounts,)."""
        before = self.act_account[self.act_time < reached[self.act_account]]
        return np.bincount(before, minlength=self.layer.size)


def truth_of_run(
    model: InfluenceModel,
    acts: NDArray[np.int64],
    made: NDArray[np.int64],
    matched: NDArray[np.bool_] | None = None,
) -> RunTruth:
    """Return the truth about a finished run under the platform's pseudonyms.

    Parameters
    ----------
    model : InfluenceModel
    acts : int64 (2, acts)
        Account (internal number) and time (seconds from the start) of each act of the operation.
    made : int64 (accounts,)
        Number of acts of each account (internal number).
    matched : bool (accounts,), optional
        Matched controls (internal number).
    """
    pseudonyms, truth = model.platform.pseudonyms, model.world.truth
    table, scenario = model.accounts, model.config.scenario
    end = scenario.start_epoch + scenario.n_steps * scenario.step_seconds

    def renumbered(column: NDArray[Any]) -> NDArray[Any]:
        out = np.empty_like(column)
        out[pseudonyms] = column
        return out

    def numbers(accounts: NDArray[np.integer]) -> NDArray[np.int32]:
        return np.where(accounts >= 0, pseudonyms[np.maximum(accounts, 0)], -1).astype(np.int32)

    registered = table.created < end
    public = (truth.layer == Layer.ORGANIC) & registered
    languages = {name: public & (table.language == i) for i, name in enumerate(model.config.organic.languages)}
    kinds = {name: public & (truth.group_kind == i) for i, name in [(-1, "none"), *enumerate(truth.group_kinds)]}
    decile = deciles(made[public])
    activity = {}
    for number in range(1, 11):
        activity[str(number)] = np.zeros(public.size, np.bool_)
        activity[str(number)][public] = decile == number
    groups = {"language": languages, "activity": activity, "community": kinds}
    first = np.full(public.size, NEVER, np.int64)
    np.minimum.at(first, acts[0], acts[1] + scenario.start_epoch)
    return RunTruth(
        seed=model.config.seed,
        layer=renumbered(truth.layer),
        registered=renumbered(registered),
        groups={by: {name: renumbered(members) for name, members in parts.items()} for by, parts in groups.items()},
        communities=renumbered(truth.group),
        acts=renumbered(made),
        matched=None if matched is None else renumbered(matched),
        first_act=renumbered(first),
        act_account=numbers(acts[0]),
        act_time=acts[1] + scenario.start_epoch,
        impression_time=model.impressions["time"].astype(np.int64) + scenario.start_epoch,
        impression_author=numbers(model.impressions["author"]),
        impression_source=numbers(model.impressions["source"]),
        outcome=model.outcome(),
    )


def deciles(amounts: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return each account's decile of activity, 1 to 10, the busiest last.

    Equal amounts share the decile of their middle rank. Where many accounts did equally little, deciles therefore
    differ in size and some may be empty.

    Examples
    --------
    >>> deciles(np.array([0, 0, 0, 0, 0, 1, 2, 3, 4, 5]))
    array([ 3,  3,  3,  3,  3,  6,  7,  8,  9, 10])
    """
    _, inverse, counts = np.unique(amounts, return_inverse=True, return_counts=True)
    below = np.cumsum(counts) - counts
    middle = (below + counts / 2.0) / max(amounts.size, 1)
    return (np.minimum(np.floor(10.0 * middle), 9.0).astype(np.int64) + 1)[inverse].reshape(np.shape(amounts))
