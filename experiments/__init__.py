"""Experiments: one run, sweeps, their twins, results, figures and tables."""
