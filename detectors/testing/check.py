"""A check of the protocol that every detector must keep, as one call: `check(lambda: MyDetector(...))`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from detectors.base import Detector, DetectorError, Evidence, FloatArray, validate_scores
from detectors.testing.synthetic_log import ACCOUNTS, synthetic_operation, synthetic_steps
from detectors.testing.transformations import (
    cut,
    delayed,
    fingerprint,
    merged,
    only,
    renumbered,
    reversed_except,
    split,
    with_columns_of,
    without_events,
)
from sim.observation import NAMES, Observation

__all__ = ["check", "renumbered", "scores_of", "split", "synthetic_operation", "synthetic_steps"]

_STEPS, _HALF = 51, 25  # six hours each
_LEAST_SCORED = 5
_WEEK = 168.0  # hours

Make = Callable[[], Detector]


def scores_of(detector: Detector, steps: Sequence[Observation]) -> FloatArray:
    """Return the detector's scores after the given steps."""
    for observation in steps:
        detector.observe(observation)
    return detector.score()


def check(
    make_detector: Make, *, by_number: bool = False, says_little: bool = False, window_hours: float | None = None
) -> None:
    """Raise `AssertionError` unless the detector keeps its protocol. Use it in the tests of your own detectors.

    It passes a synthetic log (`detectors.testing.synthetic_log`) and transformations of it to fresh detectors.

    The same steps must give the same scores: when asked twice; from a fresh detector; with scores and reasons asked for
    on the way; with steps cut in two, merged into one, or followed by empty ones; under other account numbers; and
    whatever the columns and event fields contain that it does not require. The detector must not change the steps that
    it receives, nor share state with others of its class. It must score some accounts of the synthetic log, and not all
    alike: otherwise the check would find nothing.

    A detector with an attribute `window_hours` must forget: what the log held before a quiet time of a week, or of the
    window where that is longer, must not count any more. The truth is not in the log, so it cannot be swapped; a
    detector that receives it openly (`sees_truth`) is refused.

    Parameters
    ----------
    make_detector : callable
        Returns a fresh detector at each call; one that must be trained is returned trained.
    by_number : bool
        The score is meant to depend on the account's number, as that of `RandomDetector` does.
    says_little : bool
        It may leave almost all accounts unscored, or score all alike, because the synthetic log does not contain what
        it looks for. Then this check shows little.
    window_hours : float, optional
        After which events must be forgotten, inf for never; by default the detector's `window_hours`, if it has one.

    Raises
    ------
    AssertionError
        It breaks a rule; the message names the detector and says what was seen.

    Examples
    --------
    >>> from detectors import CoRepost
    >>> check(CoRepost)
    """
    detector = make_detector()
    name = type(detector).__name__
    assert not detector.sees_truth, f"{name} sees the truth (sees_truth): this check does not apply to it."
    assert make_detector() is not detector, f"{name}: make_detector must return a fresh detector at each call."
    steps = synthetic_steps(seed=1, steps=_STEPS, events=40)
    _check_requirements(make_detector(), name, steps)
    _check_start(make_detector, name, steps)
    scores = _check_repeats(make_detector, name, steps)
    if not says_little:
        _check_says_something(name, scores)
    unread = [reversed_except(seen, detector.requires) for seen in steps]
    assert _same(scores_of(make_detector(), unread), scores), f"{name}: what it does not require changes its scores."
    _check_prefixes(make_detector, name, steps)
    _check_cuts(make_detector, name, steps, scores)
    window = getattr(detector, "window_hours", None) if window_hours is None else window_hours
    if window is not None and window < float("inf"):
        _check_forgets(make_detector, name, steps, float(window))
    if not by_number:
        number = np.random.Generator(np.random.Philox(key=3)).permutation(ACCOUNTS)
        again = scores_of(make_detector(), [renumbered(seen, number) for seen in steps])
        assert _same(again[number], scores), f"{name}: renumbering accounts changes scores."


def _check_requirements(detector: Detector, name: str, steps: Sequence[Observation]) -> None:
    """Pass it what it requires and no more: an error names what it read beyond that."""
    unknown = sorted(set(detector.requires) - set(NAMES))
    assert not unknown, f"{name}.requires names {', '.join(unknown)}, which no platform sees."
    for seen in steps:
        detector.observe(only(seen, detector.requires))


def _check_start(make: Make, name: str, steps: Sequence[Observation]) -> None:
    """Before the first step it must refuse; an empty first step and a single account must be accepted."""
    try:
        make().score()
    except DetectorError:
        pass
    else:
        raise AssertionError(f"{name}: score() before the first step must raise DetectorError.")
    validate_scores(name, scores_of(make(), [without_events(steps[0])]), ACCOUNTS)
    validate_scores(name, scores_of(make(), synthetic_steps(seed=2, n_accounts=1)), 1)


def _check_repeats(make: Make, name: str, steps: Sequence[Observation]) -> FloatArray:
    """Return its scores, which neither asking nor other detectors may change; nor may it change its input."""
    detector, before = make(), [fingerprint(seen) for seen in steps]
    scores = validate_scores(name, scores_of(detector, steps), ACCOUNTS).copy()
    assert [fingerprint(seen) for seen in steps] == before, f"{name}: observe() changes the steps that it receives."
    assert _same(scores, detector.score()), f"{name}: a second score() of the same steps differs."
    for account in range(ACCOUNTS):
        evidence = detector.explain(account)
        assert isinstance(evidence, Evidence), f"{name}: explain() must return Evidence; got {type(evidence).__name__}."
        assert evidence.account == account, f"{name}: explain({account}) speaks of account {evidence.account}."
        assert evidence.sentence, f"{name}: explain({account}) says nothing."
    assert _same(scores, detector.score()), f"{name}: explain() changes scores."
    detector.score()[:] = 0.123
    assert _same(scores, detector.score()), f"{name}: score() returns its own array, so a caller can change it."

    scores_of(make(), steps[:_HALF])  # what another detector sees must not matter to the first
    assert _same(scores, detector.score()), (
        f"{name}: what another detector observes changes its scores: they share state."
    )
    assert _same(scores, scores_of(make(), steps)), f"{name}: a fresh one gives the same steps other scores."
    return scores


def _check_says_something(name: str, scores: FloatArray) -> None:
    scored = scores[~np.isnan(scores)]
    assert scored.size >= _LEAST_SCORED, (
        f"{name} scores {scored.size} of {ACCOUNTS} accounts of the synthetic log, fewer than {_LEAST_SCORED}: it "
        f"cannot be checked. Make it with parameters that ask for less, or pass says_little=True."
    )
    assert np.unique(scored).size > 1, (
        f"{name} scores all {scored.size} accounts alike, {scored[0]:g}: it cannot be checked. Make it with parameters "
        f"that tell accounts of the synthetic log apart, or pass says_little=True."
    )


def _check_prefixes(make: Make, name: str, steps: Sequence[Observation]) -> None:
    """Scores on the way are those of one that saw no more, and asking for them does not change later ones."""
    asked, silent = make(), make()
    stops = (0, _STEPS // 4, _HALF, 3 * _STEPS // 4, _STEPS)
    for start, stop in pairwise(stops):
        on_the_way = scores_of(asked, steps[start:stop])
        for seen in steps[start:stop]:
            silent.observe(seen)
        one = synthetic_steps(seed=1, steps=_STEPS, events=40)  # nor on the objects that hold the same events
        assert _same(scores_of(make(), one[:stop]), on_the_way), (
            f"{name}: after {stop} of {_STEPS} steps the scores of a fresh one differ from those of one that was asked "
            f"for scores on the way."
        )
    assert _same(silent.score(), on_the_way), f"{name}: scoring half-way changes later scores."


def _check_cuts(make: Make, name: str, steps: Sequence[Observation], scores: FloatArray) -> None:
    """Neither how a log is cut into steps nor steps without events may matter."""
    halves = [half for seen in steps for half in split(seen)]
    assert _same(scores_of(make(), halves), scores), f"{name}: cutting steps in two changes scores."

    ends = [part for seen in steps for part in cut(seen, int(seen.event("time")[-1]) + 1)]  # the second part is empty
    try:
        with_pauses = scores_of(make(), ends)
    except Exception as error:
        raise AssertionError(f"{name}: an empty step after others raises {type(error).__name__}: {error}") from error
    assert _same(with_pauses, scores), f"{name}: empty steps after others change scores."

    # A column that changes over time cannot do so within one step: here all steps have the columns of the last.
    streamed = scores_of(make(), [with_columns_of(seen, steps[-1]) for seen in steps])
    assert _same(scores_of(make(), [merged(steps)]), streamed), f"{name}: all steps as one give other scores."


def _check_forgets(make: Make, name: str, steps: Sequence[Observation], window_hours: float) -> None:
    """After a window's length without events, earlier events must not count.

    The quiet time is at least a week: some remember a post's time a little longer than its reposts.
    """
    pause = 3600 * int(np.ceil(max(window_hours, _WEEK)))
    early, later = steps[:_HALF], [delayed(seen, pause) for seen in steps[_HALF:]]
    quiet = cut(merged([*early, without_events(later[0])]), early[-1].end)[1]
    nothing = [without_events(seen) for seen in early]
    with_early, without = (scores_of(make(), [*begun, quiet, *later]) for begun in (early, nothing))
    assert _same(with_early, without), (
        f"{name}: what happened longer than window_hours={window_hours:g} ago still changes scores."
    )


def _same(one: FloatArray, other: FloatArray) -> bool:
    return one.tobytes() == other.tobytes()
