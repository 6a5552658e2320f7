"""Tactics: what the operator does otherwise than the plan says. One tactic, one file."""
