"""The simulation beside the record: the commands that make the tables of docs/validation.md.

`python -m experiments.validation` measures the public and its cascades, `python -m experiments.validation.detectors`
ranks detectors as published studies do. A quantity and what the record says of it stand together in one `Line`.
"""
