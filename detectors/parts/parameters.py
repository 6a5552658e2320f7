"""Checks of a detector's parameters, with one form of message: what, what is allowed, the value.

Examples
--------
>>> require_at_least("CoRepost", 1, min_reposts=0)
Traceback (most recent call last):
ValueError: CoRepost.min_reposts must be at least 1; got 0.
"""

from __future__ import annotations


def require_positive(owner: str, **values: float) -> None:
    """Raise `ValueError` unless every value is above 0 and finite."""
    for name, value in values.items():
        if not 0.0 < value < float("inf"):
            raise ValueError(f"{owner}.{name} must be above 0 and finite; got {value}.")


def require_at_least(owner: str, least: int, **values: int) -> None:
    """Raise `ValueError` unless every value is at least `least`."""
    for name, value in values.items():
        if not value >= least:
            raise ValueError(f"{owner}.{name} must be at least {least}; got {value}.")


def require_limit(owner: str, **values: int | None) -> None:
    """Raise `ValueError` unless every value is at least 1 or None, which is no limit."""
    for name, value in values.items():
        if value is not None and not value >= 1:
            raise ValueError(f"{owner}.{name} must be at least 1, or None for no limit; got {value}.")


def require_probability(owner: str, **values: float) -> None:
    """Raise `ValueError` unless every value lies in (0, 1)."""
    for name, value in values.items():
        if not 0.0 < value < 1.0:
            raise ValueError(f"{owner}.{name} must lie in (0, 1); got {value}.")
