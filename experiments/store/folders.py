"""Folders of finished parts in a folder of results. Imports nothing slow: the command looks at them as it starts."""

RUNS = "runs"  # of a sweep (`experiments.store.runs`)
TWINS = "twins"  # outcomes of unenforced runs (`experiments.store.twins`)
EVALUATIONS = "evaluations"  # of a comparison (`experiments.store.evaluations`)
