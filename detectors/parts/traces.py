"""Traces of behaviour of one kind: which account did what, and when.

A trace is a repost of another account's post, or an account's own post that carries a link, a sequence of hashtags or a
wording.

Examples
--------
>>> events = {"time": np.array([5, 9]), "account": np.array([1, 2]), "kind": np.array([POST, POST]),
...     "url": np.array([0, 7])}
>>> traces(Observation(step=0, start=0, end=60, n_accounts=3, columns={}, events=events), "url")
(array([9]), array([2]), array([7]))
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.observation import POST, REPOST, Observation

#: The kinds of trace: what an account did, with what, as `explain` speaks of it.
KINDS = {
    "repost": ("Reposted", "posts"),
    "url": ("Posted", "links"),
    "hashtags": ("Posted", "sequences of hashtags"),
    "text": ("Posted", "wordings"),
}


def fields_of(kind: str, owner: str) -> frozenset[str]:
    """Return the event fields that traces of a kind are made from; `ValueError`, of `owner`, if there is no such kind.

    Examples
    --------
    >>> sorted(fields_of("text", "Mine"))
    ['account', 'kind', 'text', 'time']
    """
    if kind not in KINDS:
        raise ValueError(f"{owner}.trace must be one of {', '.join(KINDS)}; got {kind!r}.")
    return frozenset({"time", "account", "kind"} | ({"post", "author"} if kind == "repost" else {kind}))


def traces(
    observation: Observation, kind: str, *, passed_on: bool = False
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return time, account and item of the step's traces of a kind, in time order.

    Parameters
    ----------
    observation : Observation
        With `fields_of(kind)`.
    kind : str
        One of `KINDS`. Reposts of one's own posts are left out.
    passed_on : bool
        Whether what an account reposts counts as what it posts; of links, hashtags and wordings.
    """
    account = observation.event("account")
    if kind == "repost":
        item = observation.event("post")
        counts = (observation.event("kind") == REPOST) & (observation.event("author") != account)
    else:
        item = observation.event(kind)
        counts = item != 0
        if not passed_on:
            counts &= observation.event("kind") == POST
    kept = np.flatnonzero(counts)
    return observation.event("time")[kept], account[kept], item[kept]
