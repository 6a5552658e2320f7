"""Detectors: what a platform could see of accounts, turned into scores. They see an `Observation` and nothing else."""

from detectors.base import Detector, DetectorError, Evidence, FloatArray, validate_scores
from detectors.co_repost import CoRepost
from detectors.creation_burst import CreationBurst
from detectors.fast_repost import FastRepost
from detectors.oracle import OracleDetector
from detectors.random import RandomDetector
from detectors.synchrotrap import SynchroTrap
from detectors.testing.check import check
from detectors.windowed_co_repost import WindowedCoRepost

__all__ = [
    "CoRepost",
    "CreationBurst",
    "Detector",
    "DetectorError",
    "Evidence",
    "FastRepost",
    "FloatArray",
    "OracleDetector",
    "RandomDetector",
    "SynchroTrap",
    "WindowedCoRepost",
    "check",
    "validate_scores",
]
