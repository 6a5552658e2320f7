"""The boundary between the platform and a detector: what a detector is handed, and what it may hand back.

It is handed an `Observation`, one step as a platform's own staff see it, and nothing else. An observation holds copies
in immutable memory and no reference to anything else of the world, so that neither the truth nor a later step can be
reached from it, and a detector cannot change what another one sees.

Examples
--------
>>> seen = Observation(
...     step=0, start=0, end=3600, n_accounts=2, columns={"verified": np.array([True, False])},
...     events={"time": np.array([5, 9]), "account": np.array([1, 0], np.int32)},
... )
>>> seen.event("account"), seen.n_events, seen.columns
(array([1, 0], dtype=int32), 2, ('verified',))
>>> seen.column("layer")
Traceback (most recent call last):
sim.observed.ObservationError: an observation has no column 'layer'; this one has verified.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NoReturn, Self

import numpy as np
from numpy.typing import NDArray

from sim import observed
from sim.core import compiled  # noqa: F401 - sets Numba up for what detectors compile
from sim.observed import BLOCK, KNOWN_BAD, KNOWN_GOOD, POST, REPORT, REPOST, UNKNOWN, ObservationError

__all__ = [
    "BLOCK", "COLUMNS", "EVENTS", "KNOWN_BAD", "KNOWN_GOOD", "NAMES", "POST", "REPORT", "REPOST", "STATIC", "TABLES",
    "UNKNOWN", "DetectorError", "Follows", "Observation", "ObservationError", "validate_scores",
]  # fmt: skip

#: What may be handed out of accounts. Public columns: `registered`, `default_image`, `empty_bio`, `verified` (bool);
#: `created` (seconds since 1970-01-01 UTC), `language`, `utc_offset` (hours), `follower_count`, `following_count`,
#: `post_count` (whole numbers). Then those that only the platform's staff see: `access`, `network`, `client` (whole
#: numbers from 0 on), `phone_verified` (bool), and `known_accounts`: what staff think they know of a few accounts, some
#: of it wrong (`KNOWN_GOOD`, `KNOWN_BAD`), else `UNKNOWN`.
COLUMNS = tuple(observed.COLUMNS)

#: What may be handed out of events: time int64 (seconds since 1970-01-01 UTC), account int32 (who acts), kind int8
#: (`POST` or `REPOST`), post int64 (identifier of the post written or reposted), author int32 (who wrote that post; -1
#: where this is not known); and of what that post carries: url int64 (identifier of its link), hashtags int64 (of its
#: sequence of hashtags), text int64 (of its wording, near-identical ones sharing it). 0 is none; there is no text
#: anywhere.
EVENTS = tuple(observed.EVENTS)

#: What does not change in a run and is handed out by reference: who follows whom (`Follows`).
STATIC = ("follows",)

#: Tables of their own beside the events: `reports`, what readers report to the platform and whom they block, all fields
#: at once. Its fields: time int64; account int32 (the reader); kind int8 (`REPORT` or `BLOCK`); post int64 and author
#: int32, as of events. A row is no act: events hold none of them.
TABLES = ("reports",)

#: All that a detector may require.
NAMES = (*COLUMNS, *EVENTS, *STATIC, *TABLES)


class DetectorError(RuntimeError):
    """A detector was used, or behaved, as its protocol does not allow. The message names it and says what it did."""


class Follows:
    """Who follows whom, in compressed sparse rows, never writable: row i holds the accounts that account i follows.

    Parameters
    ----------
    indptr : int64 (accounts + 1,)
        Row i is `indices[indptr[i]:indptr[i + 1]]`.
    indices : int32 (ties,)
        Ascending in each row, none of them twice.

    Both are copied once; observations share them.

    Raises
    ------
    ObservationError
        They do not fit together.
    """

    __slots__ = ("indices", "indptr")

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]

    def __init__(self, indptr: NDArray[np.integer], indices: NDArray[np.integer]) -> None:
        for name, given, dtype in (("indptr", indptr, np.int64), ("indices", indices, np.int32)):
            array = observed.plain_array(f"follows: {name}", given)
            if array.ndim != 1 or array.dtype.kind not in "iu" and array.size:
                raise ObservationError(
                    f"follows: {name} must be whole numbers in one dimension; got {array.dtype} of {array.shape}."
                )
            if array.size and (array.min() < 0 or array.max() > np.iinfo(dtype).max):
                raise ObservationError(f"follows: {name} must lie in [0, {np.iinfo(dtype).max}].")
            kept = np.ascontiguousarray(array, dtype)
            object.__setattr__(self, name, np.frombuffer(kept.tobytes(), dtype))
        indptr, indices = self.indptr, self.indices
        if not indptr.size or indptr[0] != 0 or indptr[-1] != indices.size or (np.diff(indptr) < 0).any():
            raise ObservationError(f"follows: indptr must rise from 0 to the number of ties, {indices.size}.")
        if indices.size and indices.max() >= self.n_accounts:
            raise ObservationError(f"follows: indices must lie in [0, {self.n_accounts}); got {indices.max()}.")
        falls = indices[1:] <= indices[:-1]
        starts = indptr[1:-1]
        falls[starts[(starts > 0) & (starts < indices.size)] - 1] = False  # from one row to the next
        if falls.any():
            at = int(np.argmax(falls)) + 1
            row = int(np.searchsorted(indptr, at, side="right")) - 1
            raise ObservationError(
                f"follows: indices must be ascending in each row, none twice; got {indices[at]} after "
                f"{indices[at - 1]} in row {row}."
            )

    @property
    def n_accounts(self) -> int:
        """Number of accounts."""
        return self.indptr.size - 1

    def __setattr__(self, name: str, value: object) -> NoReturn:
        """Refuse: it never changes."""
        raise ObservationError(f"follows cannot be changed; {name!r} was to be set.")

    def __delattr__(self, name: str) -> NoReturn:
        """Refuse: it never changes."""
        raise ObservationError(f"follows cannot be changed; {name!r} was to be deleted.")

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return itself: it never changes."""
        return self


class Observation:
    """One step's events, and the columns of accounts at its end, under account numbers drawn afresh for the run.

    Parameters
    ----------
    step : int
        Number of the step, from 0.
    start, end : int
        The step is [start, end), seconds since 1970-01-01 UTC; end may equal start in a step without events.
    n_accounts : int
        Accounts are numbered 0 to n_accounts - 1; fewer than 2**31.
    columns : mapping of str to array of shape (n_accounts,)
        Named as in `COLUMNS`, of the types that are given there. Copied.
    events : mapping of str to array of shape (n_events,)
        Named as in `EVENTS`, of the types that are given there, in time order; an `account` in [0, n_accounts), an
        `author` in [-1, n_accounts), where -1 is not known. Copied.
    follows : Follows, optional
        Kept by reference: it is the same in every step, and nobody can change it.
    reports : mapping of str to array of shape (n_reports,), optional
        The fields of `TABLES`' reports, all of them, in time order. Copied.

    Raises
    ------
    ObservationError
        A name, shape, type or value is not allowed, or times run backwards or lie outside the step.
    """

    __slots__ = ("_columns", "_events", "_reports", "_static", "end", "n_accounts", "n_events", "start", "step")

    step: int
    start: int
    end: int
    n_accounts: int
    n_events: int
    _columns: Mapping[str, NDArray[Any]]
    _events: Mapping[str, NDArray[Any]]
    _reports: Mapping[str, NDArray[Any]]
    _static: Mapping[str, Follows]

    def __init__(
        self,
        *,
        step: int,
        start: int,
        end: int,
        n_accounts: int,
        columns: Mapping[str, NDArray[Any]],
        events: Mapping[str, NDArray[Any]],
        follows: Follows | None = None,
        reports: Mapping[str, NDArray[Any]] | None = None,
    ) -> None:
        number = {
            "step": _integer("step", step, 0, 2**62),
            "start": _integer("start", start, -(2**62), 2**62),
            "end": _integer("end", end, -(2**62), 2**62),
            "n_accounts": _integer("n_accounts", n_accounts, 0, observed.MAX_ACCOUNTS),
        }
        if number["end"] < number["start"]:
            raise ObservationError(f"end must not be less than start, {start}; got {end}.")
        n = number["n_accounts"]
        if not isinstance(follows, Follows | None):
            raise ObservationError(f"follows must be a Follows or None; got {follows!r}.")
        reports = {} if reports is None else reports
        for name, arrays in (("columns", columns), ("events", events), ("reports", reports)):
            if not isinstance(arrays, Mapping):
                raise ObservationError(f"{name} must be a mapping of names to arrays; got {arrays!r}.")
        if follows is not None and follows.n_accounts != n:
            raise ObservationError(f"follows must be of {n} accounts; got {follows.n_accounts}.")
        if reports and reports.keys() != observed.REPORTS.keys():
            raise ObservationError(f"reports must have {', '.join(observed.REPORTS)}; got {', '.join(reports)}.")
        n_events, n_reports = (np.size(next(iter(fields.values()))) if fields else 0 for fields in (events, reports))
        values = {
            **number,
            "n_events": n_events,
            "_columns": _sealed("column", columns, observed.COLUMNS, n, n),
            "_events": _sealed("event field", events, observed.EVENTS, n_events, n),
            "_reports": _sealed("report field", reports, observed.REPORTS, n_reports, n),
            "_static": MappingProxyType({} if follows is None else {"follows": follows}),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        for what, fields in (("event", self._events), ("report", self._reports)):
            if "time" in fields:
                observed.check_times(what, fields["time"], self.start, self.end)
        if {"kind", "account", "author"} <= self._events.keys():
            observed.check_authors(self._events["kind"], self._events["account"], self._events["author"])

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the account columns in this observation."""
        return tuple(self._columns)

    @property
    def event_fields(self) -> tuple[str, ...]:
        """Names of the event fields in this observation."""
        return tuple(self._events)

    @property
    def static(self) -> tuple[str, ...]:
        """Names of the unchanging parts in this observation (`STATIC`)."""
        return tuple(self._static)

    @property
    def follows(self) -> Follows:
        """Who follows whom; `ObservationError` if it was not asked for."""
        if "follows" not in self._static:
            raise ObservationError("an observation has no follows unless the detector requires them.")
        return self._static["follows"]

    @property
    def report_fields(self) -> tuple[str, ...]:
        """Names of the fields of reports in this observation: all of them, or none unless `reports` is required."""
        return tuple(self._reports)

    def column(self, name: str) -> NDArray[Any]:
        """Return a column of shape (n_accounts,), never writable; `ObservationError` if there is none."""
        return _named("column", name, self._columns)

    def event(self, name: str) -> NDArray[Any]:
        """Return an event field of shape (n_events,), never writable; `ObservationError` if there is none."""
        return _named("event field", name, self._events)

    def report(self, name: str) -> NDArray[Any]:
        """Return a field of the reports, shape (n_reports,), never writable; `ObservationError` if there is none."""
        return _named("report field", name, self._reports)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        """Refuse: an observation never changes."""
        raise ObservationError(f"an observation cannot be changed; {name!r} was to be set.")

    def __delattr__(self, name: str) -> NoReturn:
        """Refuse: an observation never changes."""
        raise ObservationError(f"an observation cannot be changed; {name!r} was to be deleted.")

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return itself: it never changes."""
        return self

    def __repr__(self) -> str:
        """Say which step this is and how much is in it."""
        return f"Observation(step={self.step}, n_accounts={self.n_accounts}, n_events={self.n_events})"


def _named(what: str, name: str, arrays: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    if name not in arrays:
        has = ", ".join(arrays) or "none"
        raise ObservationError(f"an observation has no {what} {name!r}; this one has {has}.")
    return arrays[name]


def _integer(name: str, value: Any, low: int, high: int) -> int:
    """Return a whole number of [low, high], or say what is wrong with it."""
    try:
        number = None if isinstance(value, bool | np.bool_) else operator.index(value)
    except TypeError:
        number = None
    if number is None or not low <= number <= high:
        raise ObservationError(f"{name} must be a whole number in [{low}, {high}]; got {value!r}.")
    return number


def _sealed(
    what: str, arrays: Mapping[str, NDArray[Any]], allowed: Mapping[str, observed.Values], length: int, n_accounts: int
) -> Mapping[str, NDArray[Any]]:
    """Return copies that hold what they must, and that nobody can make writable."""
    kept = {}
    for name, given in arrays.items():
        if name not in allowed:
            raise ObservationError(f"a platform sees no {what} {name!r}; allowed: {', '.join(allowed)}.")
        kept[name] = observed.sealed(f"{what} {name!r}", given, allowed[name], length, n_accounts)
    return MappingProxyType(kept)


def validate_scores(detector_name: str, scores: Any, n_accounts: int) -> NDArray[np.float64]:
    """Return the scores, or say what is wrong with them.

    Parameters
    ----------
    detector_name : str
        Named in the message.
    scores : object
        What `score()` returned.
    n_accounts : int
        As in the observations.

    Raises
    ------
    DetectorError
        Not a float64 array of shape (n_accounts,), or a score that is infinite or outside [0, 1]. NaN is allowed.

    Examples
    --------
    >>> validate_scores("mine", np.array([0.5, np.nan]), 2)
    array([0.5, nan])
    >>> validate_scores("mine", np.array([0.5, 1.7]), 2)
    Traceback (most recent call last):
    sim.observation.DetectorError: detector mine: score() must lie in [0, 1] or be NaN; got 1.7 for account 1.
    """
    where = f"detector {detector_name}: score()"
    if not isinstance(scores, np.ndarray) or isinstance(scores, np.ma.MaskedArray):
        raise DetectorError(f"{where} must return a float64 array; got {type(scores).__name__}.")
    if scores.dtype != np.float64:
        raise DetectorError(f"{where} must return a float64 array; got type {scores.dtype}.")
    if scores.shape != (n_accounts,):
        raise DetectorError(f"{where} must return shape ({n_accounts},), one score an account; got {scores.shape}.")
    wrong = np.flatnonzero((scores < 0.0) | (scores > 1.0))  # NaN compares false: it means unscored
    if wrong.size:
        got = f"{scores[wrong[0]]:g} for account {wrong[0]}"
        raise DetectorError(f"{where} must lie in [0, 1] or be NaN; got {got}.")
    return scores
