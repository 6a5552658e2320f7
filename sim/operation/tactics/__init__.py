"""Tactics: how the operator changes its plan when its amplifiers are suspended. One rule, one file."""
