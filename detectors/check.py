"""What every detector must hold to, as one call: `check(lambda: MyDetector(...))`.

It feeds small made-up logs to fresh detectors and raises `AssertionError` with a sentence where one misbehaves. Use it
in the tests of a detector of your own.

Examples
--------
>>> from detectors.co_repost import CoRepost
>>> check(CoRepost)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.base import Detector, DetectorError, Evidence, FloatArray, validate_scores
from sim.observation import COLUMNS, EVENTS, POST, REPOST, STATIC, Follows, Observation

_HOUR = 3600
_ACCOUNTS = 60


def made_up_steps(seed: int, steps: int = 12, events: int = 80, n_accounts: int = _ACCOUNTS) -> list[Observation]:
    """Return steps of a log in which the first tenth of the accounts repost few posts, the others any."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    columns: dict[str, NDArray[Any]] = {name: draw.integers(0, 2, n_accounts) for name in COLUMNS if name != "labels"}
    more = np.random.Generator(np.random.Philox(key=seed + 2**32))
    columns["registered"] = np.ones(n_accounts, np.bool_)
    columns["labels"] = np.where(more.random(n_accounts) < 0.3, 2 * more.integers(0, 2, n_accounts) - 1, 0)
    columns |= {"created": more.integers(-(10**8), 0, n_accounts), "follower_count": more.integers(0, 500, n_accounts)}
    ties = more.random((n_accounts, n_accounts)) < 0.1
    np.fill_diagonal(ties, False)
    follows = Follows(np.concatenate([[0], np.cumsum(ties.sum(axis=1))]), np.nonzero(ties)[1])
    out = []
    for step in range(steps):
        account = draw.integers(0, n_accounts, events).astype(np.int32)
        liked = np.where(account < n_accounts // 10, draw.integers(0, 5, events), draw.integers(0, 200, events))
        written = draw.random(events) >= 0.8  # each such post has a number of its own; what is reposted is older
        fields: dict[str, NDArray[Any]] = {
            "time": np.sort(draw.integers(step * _HOUR, (step + 1) * _HOUR, events)),
            "account": account,
            "kind": np.where(written, POST, REPOST).astype(np.int8),
            "post": np.where(written, 1000 + step * events + np.arange(events), liked).astype(np.int64),
            "author": np.where(written, account, liked % n_accounts).astype(np.int32),
        }
        for name in ("url", "hashtags", "text"):
            fields[name] = np.where(more.random(events) < 0.5, liked // 2 + 1, 0).astype(np.int64)
        out.append(_step(step, n_accounts, columns, fields, follows))
    return out


def renumbered(observation: Observation, number: NDArray[np.int64]) -> Observation:
    """Return the step with account i called number[i]; posts get other identifiers too, by their authors' numbers."""
    columns = {name: np.empty_like(observation.column(name)) for name in observation.columns}
    for name, column in columns.items():
        column[number] = observation.column(name)
    fields = {name: observation.event(name) for name in observation.event_fields}
    if "post" in fields:
        fields["post"] = (number[fields["author"]] << 32) | fields["post"]
    for name in ("account", "author"):
        if name in fields:
            fields[name] = number[fields[name]].astype(np.int32)
    follows = None
    if observation.static:
        seen, old = observation.follows, np.argsort(number)
        rows = [np.sort(number[seen.indices[seen.indptr[i] : seen.indptr[i + 1]]]) for i in old]
        indptr = np.concatenate([[0], np.cumsum(np.diff(seen.indptr)[old])])
        follows = Follows(indptr, np.concatenate([np.empty(0, np.int64), *rows]))
    return _step(observation.step, observation.n_accounts, columns, fields, follows)


def split(observation: Observation) -> list[Observation]:
    """Return the step as two, cut in the middle of its time."""
    middle = (observation.start + observation.end) // 2
    columns = {name: observation.column(name) for name in observation.columns}
    cut = int(np.searchsorted(observation.event("time"), middle)) if "time" in observation.event_fields else 0
    parts = ((2 * observation.step, observation.start, middle, slice(0, cut)),
             (2 * observation.step + 1, middle, observation.end, slice(cut, None)))  # fmt: skip
    return [
        Observation(
            step=step, start=start, end=end, n_accounts=observation.n_accounts, columns=columns,
            events={name: observation.event(name)[rows] for name in observation.event_fields},
            follows=observation.follows if observation.static else None,
        )
        for step, start, end, rows in parts
    ]  # fmt: skip


def scores_of(detector: Detector, steps: Sequence[Observation]) -> FloatArray:
    """Return the detector's scores after the given steps."""
    for observation in steps:
        detector.observe(observation)
    return detector.score()


def check(make_detector: Callable[[], Detector], *, by_number: bool = False) -> None:
    """Raise `AssertionError` unless the detector holds to its protocol.

    Parameters
    ----------
    make_detector : callable
        Returns a fresh detector at each call.
    by_number : bool
        The score is meant to depend on the account's number, as that of the floor.
    """
    name = type(make_detector()).__name__
    steps = made_up_steps(seed=1)
    _check_requirements(make_detector(), name)
    try:
        make_detector().score()
    except DetectorError:
        pass
    else:
        raise AssertionError(f"{name}: score() before the first step must raise DetectorError.")

    detector = make_detector()
    scores = validate_scores(name, scores_of(detector, steps), _ACCOUNTS)
    assert _same(scores, detector.score()), f"{name}: a second score() of the same steps differs."
    assert _same(scores, scores_of(make_detector(), steps)), f"{name}: a fresh one scores the same steps otherwise."
    for account in range(_ACCOUNTS):
        evidence = detector.explain(account)
        assert isinstance(evidence, Evidence), f"{name}: explain() must return Evidence; got {type(evidence).__name__}."
        assert evidence.account == account, f"{name}: explain({account}) speaks of account {evidence.account}."
        assert evidence.sentence, f"{name}: explain({account}) says nothing."
    assert _same(scores, detector.score()), f"{name}: explain() changes scores."

    scores[:] = 0.5
    assert not _same(scores, detector.score()), f"{name}: score() hands out its own array, so a caller can change it."

    between = make_detector()
    scores_of(between, steps[:6])
    assert _same(scores_of(between, steps[6:]), detector.score()), f"{name}: scoring half-way changes later scores."

    halves = [half for observation in steps for half in split(observation)]
    assert _same(scores_of(make_detector(), halves), detector.score()), f"{name}: cutting steps in two changes scores."
    early = make_detector()
    before = scores_of(early, steps[:6])
    scores_of(early, steps[6:])
    assert _same(scores_of(make_detector(), steps[:6]), before), f"{name}: later steps change earlier scores."

    columns, events = {c: steps[0].column(c) for c in COLUMNS}, {e: steps[0].event(e)[:0] for e in EVENTS}
    empty = _step(0, _ACCOUNTS, columns, events, steps[0].follows)
    validate_scores(name, scores_of(make_detector(), [empty]), _ACCOUNTS)
    validate_scores(name, scores_of(make_detector(), made_up_steps(seed=2, n_accounts=1)), 1)
    if not by_number:
        number = np.argsort(made_up_steps(seed=3, events=_ACCOUNTS)[0].event("time") * 7919 % 1009, kind="stable")
        again = scores_of(make_detector(), [renumbered(observation, number) for observation in steps])
        assert _same(again[number], detector.score()), f"{name}: renumbering accounts changes scores."


def _check_requirements(detector: Detector, name: str) -> None:
    unknown = sorted(set(detector.requires) - {*COLUMNS, *EVENTS, *STATIC})
    assert not unknown, f"{name}.requires names {', '.join(unknown)}, which no platform sees."
    steps = made_up_steps(seed=1)
    for seen in steps:
        columns = {column: seen.column(column) for column in seen.columns if column in detector.requires}
        fields = {field: seen.event(field) for field in seen.event_fields if field in detector.requires}
        follows = seen.follows if "follows" in detector.requires else None
        detector.observe(
            _step(seen.step, seen.n_accounts, columns, fields, follows)
        )  # an error names what was not required


def _step(
    step: int, n_accounts: int, columns: dict[str, NDArray[Any]], fields: dict[str, NDArray[Any]],
    follows: Follows | None = None,
) -> Observation:  # fmt: skip
    return Observation(
        step=step, start=step * _HOUR, end=(step + 1) * _HOUR, n_accounts=n_accounts, columns=columns, events=fields,
        follows=follows,
    )  # fmt: skip


def _same(one: FloatArray, other: FloatArray) -> bool:
    return one.tobytes() == other.tobytes()
