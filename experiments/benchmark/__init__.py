"""What runs cost: CPU time, memory, growth, beside a ceiling of the machine and a plain Mesa version.

`python -m experiments.benchmark` (or `make bench`) measures and prints a table; nothing here is a timed test.
"""
