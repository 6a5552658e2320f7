"""Every detector on one log: which can be run on it, its scores, its network, its reasons."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from detectors import FastRepost, Fused, OfficeHours, RandomDetector, RepostShare, RTbust, SynchroTrap
from detectors.base import FloatArray
from detectors.parts.acts import ActsInWindow
from detectors.parts.similarity import SharedItems
from experiments.compare.replay import is_supervised
from experiments.score.config import ScoreConfig
from experiments.score.log import Log
from experiments.score.network import MOST_EDGES, Network, inexact, network_of
from experiments.score.observe import Steps
from experiments.score.ranks import in_order, shares_below
from experiments.score.windows import fitted, windows_of
from sim.config import ConfigError
from sim.config.detector import detector_settings, load_detector
from sim.config.yaml_files import available
from sim.observation import COLUMNS, POST, STATIC, TABLES, DetectorError, validate_scores
from sim.platform.ask import ask
from sim.platform.platform import check_protocol

_KEPT_ACTS = 5_000_000  # of a log; of a longer one no detector stays in memory after its scoring
_KNOWN = {"registered", "language"}  # columns of accounts that any log has
_WORDS = {
    "created": "when accounts were made", "follower_count": "followers", "following_count": "followees",
    "post_count": "numbers of posts", "default_image": "profile pictures", "empty_bio": "profiles",
    "verified": "verification", "access": "ways of access", "network": "networks of access", "client": "applications",
    "phone_verified": "checked telephones", "known_accounts": "accounts known beforehand",
    "follows": "who follows whom", "reports": "reports and blocks by readers",
    "utc_offset": "time zones of accounts",
}  # fmt: skip


@dataclass
class Scored:
    """What a detector made of the log.

    Attributes
    ----------
    name : str
    scores : float64 (accounts,)
        NaN where it has too little to say.
    network : Network or None
    reasons : dict of int to str
        Of the accounts at its top, with ids as in the log.
    simple : bool
        Whether it looks at an account's own acts alone, and at no other account.
    cpu_seconds : float
    windows : list of float
        Hours.
    """

    name: str
    scores: FloatArray
    network: Network | None = None
    reasons: dict[int, str] = field(default_factory=dict)
    simple: bool = False
    cpu_seconds: float = 0.0
    windows: list[float] = field(default_factory=list)


@dataclass
class Result:
    """All that was found: the log, scores by detector, who was left out or failed and why, and what is to be known."""

    log: Log
    scored: list[Scored] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def counted(self) -> list[Scored]:
        """Return the methods by which accounts are ranked: those that look at others, if there are any."""
        return [one for one in self.scored if not one.simple] or self.scored


def score_log(log: Log, options: ScoreConfig, *, seed: int = 1, stage: Callable[[str], None] | None = None) -> Result:
    """Run detectors on a log.

    Parameters
    ----------
    log : Log
    options : ScoreConfig
    seed : int
        Of detectors that draw.
    stage : callable, optional
        Called with the name of the detector that begins.

    Raises
    ------
    ConfigError
        A detector that was asked for by name is unknown, cannot be made, or cannot be run on this log; or there is none
        that can.
    """
    names = available("detector") if options.detectors is None else options.detectors
    for name in options.parameters or {}:
        if name not in names:
            raise ConfigError(f"score.parameters.{name} is of no detector that is run; these are {', '.join(names)}.")
    found, settings = Result(log), {}
    for name in names:
        settings[name] = _settings(name, log, options, seed)
        reason = why_not(load_detector(settings[name]), log, chosen=options.detectors is not None)
        if reason and options.detectors is not None:
            raise ConfigError(f"score.detectors: {name} cannot be run on this log: {reason}.")
        if reason:
            found.left_out[name] = reason
    running = [name for name in names if name not in found.left_out]
    if not running:
        raise ConfigError("score.detectors: no detector can be run on this log.")
    kept: list[Any] = []
    for name in running:
        if stage is not None:
            stage(name)
        try:
            made, detector = _run(name, settings[name], log, options)
            found.scored.append(made)
            kept.append(detector if log.time.size <= _KEPT_ACTS else None)
            found.notes += _unseen(found.scored[-1], options.cadence_hours) + _to_know(name, detector, log)
        except DetectorError as error:
            found.failed[name] = " ".join(str(error).split())
    if log.time.size <= _KEPT_ACTS:
        _explain_top(found, kept, options.evidence)
    return found


def _explain_top(found: Result, detectors: list[Any], most: int) -> None:
    """Add the reasons of the accounts at the top over all methods, each of the method by which it stands highest."""
    rows = np.flatnonzero(found.log.acting())
    counted = found.counted()
    order = in_order([one.scores[rows] for one in counted], np.bincount(found.log.account)[rows])[:most]
    shares = np.stack([shares_below(one.scores[rows])[order] for one in counted])
    for place, which in enumerate(np.argmax(shares, axis=0).tolist()):
        account, one = int(rows[order[place]]), counted[which]
        if account not in one.reasons and one.scores[account] > 0.0:
            detector = detectors[found.scored.index(one)]
            one.reasons[account] = _with_ids(str(ask(detector, "explain", account).sentence), found.log)


def _unseen(one: Scored, cadence: float | None) -> list[str]:
    """Say of a step that is longer than a window that what lies between is never scored."""
    least = min(one.windows, default=math.inf)
    if cadence is None or cadence <= least:
        return []
    return [
        f"{one.name}: a step of {cadence:g} hours is longer than its window of {least:g}: acts between are not seen."
    ]


def _to_know(name: str, detector: Any, log: Log) -> list[str]:
    """Say where a method's exactness ends, and what it lacks that it can do without."""
    said = inexact(detector)
    notes = [f"{name}: {said}"] if said else []
    if log.language is None and "language" in detector.requires:
        notes.append(
            f"{name}: the log has no column for language, so that all accounts count as of one: people who share posts "
            "because they read the same language seem to do so against chance."
        )
    return notes


def _settings(name: str, log: Log, options: ScoreConfig, seed: int) -> dict[str, Any]:
    settings = detector_settings(name, seed=seed)
    own = (options.parameters or {}).get(name, {})
    return _joined(fitted(settings, log, options), own)


def _joined(settings: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    joined = dict(settings)
    for key, value in own.items():
        inner = joined.get(key)
        joined[key] = _joined(inner, value) if isinstance(inner, Mapping) and isinstance(value, Mapping) else value
    return joined


def why_not(detector: Any, log: Log, *, chosen: bool = False) -> str:
    """Say why a detector cannot be run on a log, or would say nothing; empty where it can be.

    Parameters
    ----------
    detector : object
        Made, and without an observation.
    log : Log
    chosen : bool
        Whether it was asked for by name.
    """
    check_protocol(detector)
    if getattr(detector, "sees_truth", False):
        return "it reads the true labels, which no real log has"
    if is_supervised(detector):
        return "it must be trained on labelled runs"
    if not chosen and isinstance(detector, RandomDetector):
        return "it draws its scores: the floor of a comparison"
    if not chosen and isinstance(detector, OfficeHours):
        return "it takes the office hours of one time zone, which nobody has named; ask for it by name"
    lacks = log.fields()
    missing = [lacks[name] for name in sorted(detector.requires) if name in lacks]
    missing += [
        _WORDS.get(name, name)
        for name in sorted(detector.requires)
        if name in (*COLUMNS, *STATIC, *TABLES) and name not in _KNOWN
    ]
    if missing:
        return f"the log lacks {', '.join(dict.fromkeys(missing))}"
    if isinstance(detector, RepostShare) and not (log.kind == POST).any():
        return "the log holds reposts alone: the share of reposts is 1 for everybody"
    if _needs_originals(detector):
        if log.originals() is None:
            return "the times of the reposted posts are not known: they are not in the log, and their ids hold none"
        if not isinstance(detector, RTbust) and not (log.author[log.kind != POST] >= 0).any():
            return "the log lacks the authors of the posts that were reposted (a column for author)"
    return ""


def _needs_originals(detector: Any) -> bool:
    """Return whether a detector looks at the time from a post to its repost."""
    parts: Iterable[Any] = detector.traces.values() if isinstance(detector, Fused) else [detector]
    return any(isinstance(part, FastRepost | RTbust) for part in parts)


def _run(name: str, settings: Mapping[str, Any], log: Log, options: ScoreConfig) -> tuple[Scored, Any]:
    begun = time.process_time()
    detector = load_detector(settings)
    if isinstance(detector, SharedItems | SynchroTrap) and options.cadence_hours is None:
        detector.keep_pairs = MOST_EDGES  # its network comes from the same pass as its scores
    step = None if options.cadence_hours is None else max(round(options.cadence_hours * 3600.0), 1)
    steps = Steps(log, detector.requires, step, originals=_needs_originals(detector))
    best = np.full(log.n_accounts, np.nan)
    latest = best
    for observation in steps:
        ask(detector, "observe", observation)
        if step is not None:
            latest = _scores(detector, steps.n_accounts)[: log.n_accounts]
            best = np.fmax(best, latest)
    if step is None:
        best = latest = _scores(detector, steps.n_accounts)[: log.n_accounts]
    simple = isinstance(detector, ActsInWindow | RandomDetector)
    made = Scored(name, best, network_of(detector, options.edges_share), simple=simple, windows=windows_of(settings))
    for account in _top(latest if step is not None else best, log, options.evidence):
        made.reasons[account] = _with_ids(str(ask(detector, "explain", account).sentence), log)
    made.cpu_seconds = time.process_time() - begun
    return made, detector


def _scores(detector: Any, n_accounts: int) -> FloatArray:
    return validate_scores(type(detector).__name__, ask(detector, "score"), n_accounts).copy()


def _top(scores: FloatArray, log: Log, most: int) -> list[int]:
    """Return the accounts with the highest scores above 0, of equal ones those that act most."""
    acts = np.bincount(log.account, minlength=log.n_accounts)
    above = np.flatnonzero(scores > 0.0)
    if most == 0 or not above.size:
        return []
    order = np.lexsort((above, -acts[above], -scores[above]))
    return [int(account) for account in above[order[:most]]]


def _with_ids(sentence: str, log: Log) -> str:
    """Return a sentence with the ids of the log in the place of account numbers."""

    def named(match: re.Match[str]) -> str:
        number = int(match[2])
        return f"{match[1]} {log.ids[number].as_py()}" if number < log.n_accounts else match[0]

    return re.sub(r"\b([Aa]ccount) (\d+)\b", named, sentence)
