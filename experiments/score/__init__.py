"""Somebody's own log: read, renumbered, shown to the detectors, and given back with scores under its own ids."""
