"""Detectors: what a platform could see of accounts, turned into scores. They see an `Observation` and nothing else."""

from detectors.base import Detector, DetectorError, Evidence, FloatArray, validate_scores
from detectors.co_repost import CoRepost
from detectors.oracle import OracleDetector
from detectors.random import RandomDetector

__all__ = [
    "CoRepost",
    "Detector",
    "DetectorError",
    "Evidence",
    "FloatArray",
    "OracleDetector",
    "RandomDetector",
    "validate_scores",
]
