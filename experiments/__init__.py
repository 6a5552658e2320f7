"""Experiments: one run, sweeps, their twins, results, figures and tables. `experiments.load` opens a sweep's folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os

    from experiments.report.sweep import Sweep

__all__ = ["load"]


def load(folder: str | os.PathLike[str]) -> Sweep:
    """Return the sweep that lies in a folder; see `experiments.report.sweep.load`."""
    from experiments.report import sweep  # takes a second to import

    return sweep.load(folder)
