"""Checks of a detector's parameters, with one form of message: what, what is allowed, the value.

Examples
--------
>>> require_at_least("CoRepost", 1, min_reposts=0)
Traceback (most recent call last):
ValueError: CoRepost.min_reposts must be at least 1; got 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def require_number(owner: str, **values: Any) -> None:
    """Raise `ValueError` unless every value is a number; a truth value is none."""
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
            raise ValueError(f"{owner}.{name} must be a number; got {value!r}.")


def require_whole(owner: str, **values: Any) -> None:
    """Raise `ValueError` unless every value is a whole number, of a type of such."""
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise ValueError(f"{owner}.{name} must be a whole number; got {value!r}.")


def require_positive(owner: str, **values: float) -> None:
    """Raise `ValueError` unless every value is a number above 0 and finite."""
    require_number(owner, **values)
    for name, value in values.items():
        if not 0.0 < value < float("inf"):
            raise ValueError(f"{owner}.{name} must be above 0 and finite; got {value}.")


def require_at_least(owner: str, least: int, **values: int) -> None:
    """Raise `ValueError` unless every value is a whole number of at least `least`."""
    require_whole(owner, **values)
    for name, value in values.items():
        if not value >= least:
            raise ValueError(f"{owner}.{name} must be at least {least}; got {value}.")


def require_limit(owner: str, **values: int | None) -> None:
    """Raise `ValueError` unless every value is a whole number of at least 1 or None, which is no limit."""
    require_whole(owner, **{name: value for name, value in values.items() if value is not None})
    for name, value in values.items():
        if value is not None and not value >= 1:
            raise ValueError(f"{owner}.{name} must be at least 1, or None for no limit; got {value}.")


def require_probability(owner: str, **values: float) -> None:
    """Raise `ValueError` unless every value is a number in (0, 1)."""
    require_number(owner, **values)
    for name, value in values.items():
        if not 0.0 < value < 1.0:
            raise ValueError(f"{owner}.{name} must lie in (0, 1); got {value}.")
