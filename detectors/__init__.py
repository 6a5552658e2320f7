"""Detectors: what a platform could see of accounts, turned into scores. They see an `Observation` and nothing else.

Every method is exported here and imported only when it is asked for.

Examples
--------
>>> from detectors import CoRepost, SybilRank, check
>>> sorted(CoRepost.requires)
['account', 'author', 'kind', 'post', 'time']
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from detectors.access import Access
    from detectors.activity import Activity
    from detectors.base import Detector, DetectorError, Evidence, FloatArray, validate_scores
    from detectors.co_repost import CoRepost
    from detectors.co_url import CoUrl
    from detectors.copy_paste import CopyPaste
    from detectors.creation_burst import CreationBurst
    from detectors.ensemble import RankAverage, Stacking
    from detectors.fast_repost import FastRepost
    from detectors.fraudar import Fraudar
    from detectors.fused import Fused
    from detectors.hashtag_sequence import HashtagSequence
    from detectors.multiplex import Multiplex
    from detectors.null_model import NullModel
    from detectors.office_hours import OfficeHours
    from detectors.oracle import OracleDetector
    from detectors.profile_forest import ProfileForest
    from detectors.random import RandomDetector
    from detectors.reports import ReaderReports
    from detectors.repost_share import RepostShare
    from detectors.rtbust import RTbust
    from detectors.sybilrank import SybilRank
    from detectors.sybilscar import SybilScar
    from detectors.synchrotrap import SynchroTrap
    from detectors.testing.check import check
    from detectors.windowed_co_repost import WindowedCoRepost

__all__ = [
    "Access",
    "Activity",
    "CoRepost",
    "CoUrl",
    "CopyPaste",
    "CreationBurst",
    "Detector",
    "DetectorError",
    "Evidence",
    "FastRepost",
    "FloatArray",
    "Fraudar",
    "Fused",
    "HashtagSequence",
    "Multiplex",
    "NullModel",
    "OfficeHours",
    "OracleDetector",
    "ProfileForest",
    "RTbust",
    "RandomDetector",
    "RankAverage",
    "ReaderReports",
    "RepostShare",
    "Stacking",
    "SybilRank",
    "SybilScar",
    "SynchroTrap",
    "WindowedCoRepost",
    "check",
    "validate_scores",
]

_NAMES_OF = {
    "access": ["Access"],
    "activity": ["Activity"],
    "base": ["Detector", "DetectorError", "Evidence", "FloatArray", "validate_scores"],
    "co_repost": ["CoRepost"],
    "co_url": ["CoUrl"],
    "copy_paste": ["CopyPaste"],
    "creation_burst": ["CreationBurst"],
    "ensemble": ["RankAverage", "Stacking"],
    "fast_repost": ["FastRepost"],
    "fraudar": ["Fraudar"],
    "fused": ["Fused"],
    "hashtag_sequence": ["HashtagSequence"],
    "multiplex": ["Multiplex"],
    "null_model": ["NullModel"],
    "office_hours": ["OfficeHours"],
    "oracle": ["OracleDetector"],
    "profile_forest": ["ProfileForest"],
    "random": ["RandomDetector"],
    "reports": ["ReaderReports"],
    "repost_share": ["RepostShare"],
    "rtbust": ["RTbust"],
    "sybilrank": ["SybilRank"],
    "sybilscar": ["SybilScar"],
    "synchrotrap": ["SynchroTrap"],
    "testing.check": ["check"],
    "windowed_co_repost": ["WindowedCoRepost"],
}
_MODULE_OF = {name: f"detectors.{module}" for module, names in _NAMES_OF.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import what is asked for: a method's module may be slow to import, and most are not needed."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'detectors' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULE_OF[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
