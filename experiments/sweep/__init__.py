"""Sweeps: many runs that differ by what is varied, each beside its unenforced twin."""

from experiments.sweep.driver import SweepResults, run_plan, run_sweep
from experiments.sweep.plan import Cell, Run, grid, runs_of

__all__ = ["Cell", "Run", "SweepResults", "grid", "run_plan", "run_sweep", "runs_of"]
