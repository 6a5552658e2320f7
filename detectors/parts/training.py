"""What supervised detectors have in common: labels that are checked, and training accounts of both classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.base import Detector, DetectorError
from detectors.parts.draws import draws_of


def checked_labels(detector: Detector, labels: Any, n_accounts: int) -> NDArray[np.bool_]:
    """Return labels as bool (accounts,).

    Raises
    ------
    DetectorError
        They are not booleans (or whole numbers, 0 or 1), or not one an account.
    """
    where = f"detector {type(detector).__name__}: fit()"
    if np.ma.isMaskedArray(labels):
        raise DetectorError(f"{where} takes labels without a mask; got a masked array.")
    found = np.asarray(labels)
    if found.dtype.kind not in "biu":
        raise DetectorError(f"{where} takes labels that are True or False, or 1 or 0; got type {found.dtype}.")
    wrong = found[(found != 0) & (found != 1)]
    if wrong.size:
        raise DetectorError(f"{where} takes labels that are True or False, or 1 or 0; got {wrong[0]}.")
    if found.shape != (n_accounts,):
        raise DetectorError(f"{where} takes one label an account, {n_accounts}; got {found.shape}.")
    return found.astype(np.bool_)


def training_rows(
    detector: Detector, labels: NDArray[np.bool_], usable: NDArray[np.bool_], max_per_class: int, what: str
) -> NDArray[np.int64]:
    """Return the accounts to be trained on: at most `max_per_class` of each class at random, the operation's first.

    Parameters
    ----------
    detector : Detector
        Named in the message.
    labels, usable : bool (accounts,)
        Which are the operation's, and which can be trained on.
    max_per_class : int
    what : str
        What the usable are called in the message.

    Raises
    ------
    DetectorError
        One of the two classes has no usable account.
    """
    chosen = []
    for members, kind in ((labels, "of the operation's"), (~labels, "other")):
        rows = np.flatnonzero(members & usable)
        if not rows.size:
            name = type(detector).__name__
            raise DetectorError(f"detector {name}: fit() needs {what} of both kinds; got no {kind}.")
        chosen.append(rows[np.argsort(draws_of(rows), kind="stable")[:max_per_class]])
    return np.concatenate(chosen)
