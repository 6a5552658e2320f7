"""Transformations of a log that must not change scores: cut, merged, renumbered, delayed, or changed in other parts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.observation import POST, REPOST, Follows, Observation


def renumbered(observation: Observation, number: NDArray[np.int64]) -> Observation:
    """Return the step with account i numbered number[i]; posts get other identifiers, from their authors' numbers."""
    columns = {name: np.empty_like(observation.column(name)) for name in observation.columns}
    for name, column in columns.items():
        column[number] = observation.column(name)
    fields = {name: observation.event(name) for name in observation.event_fields}
    if "post" in fields:
        fields["post"] = (number[fields["author"]] << 32) | fields["post"]
    for name in ("account", "author"):
        if name in fields:
            fields[name] = np.where(fields[name] < 0, -1, number[fields[name]]).astype(np.int32)  # -1: not known who
    reports = {name: observation.report(name) for name in observation.report_fields}
    if reports:
        reports["post"] = (number[reports["author"]] << 32) | reports["post"]
        reports |= {name: number[reports[name]].astype(np.int32) for name in ("account", "author")}
    follows = None
    if observation.static:
        seen, old = observation.follows, np.argsort(number)
        rows = [np.sort(number[seen.indices[seen.indptr[i] : seen.indptr[i + 1]]]) for i in old]
        indptr = np.concatenate([[0], np.cumsum(np.diff(seen.indptr)[old])])
        follows = Follows(indptr, np.concatenate([np.empty(0, np.int64), *rows]))
    return changed(observation, columns=columns, events=fields, follows=follows, reports=reports)


def changed(observation: Observation, **other: Any) -> Observation:
    """Return the step with the given parts (step, start, end, columns, events, follows, reports) instead of its own."""
    own = {
        "step": observation.step, "start": observation.start, "end": observation.end,
        "n_accounts": observation.n_accounts, "follows": observation.follows if observation.static else None,
        "columns": {name: observation.column(name) for name in observation.columns},
        "events": {name: observation.event(name) for name in observation.event_fields},
        "reports": {name: observation.report(name) for name in observation.report_fields},
    }  # fmt: skip
    return Observation(**(own | other))


def cut(observation: Observation, at: int) -> list[Observation]:
    """Return the step as two, the second beginning at the given time."""
    place = int(np.searchsorted(observation.event("time"), at)) if "time" in observation.event_fields else 0
    of_reports = int(np.searchsorted(observation.report("time"), at)) if observation.report_fields else 0
    parts = ((2 * observation.step, observation.start, at, slice(0, place), slice(0, of_reports)),
             (2 * observation.step + 1, at, observation.end, slice(place, None), slice(of_reports, None)))  # fmt: skip
    return [
        changed(
            observation, step=step, start=start, end=end, events=_events(observation, rows),
            reports=_reports(observation, also),
        )
        for step, start, end, rows, also in parts
    ]  # fmt: skip


def split(observation: Observation) -> list[Observation]:
    """Return the step as two, cut in the middle of its time."""
    return cut(observation, (observation.start + observation.end) // 2)


def without_events(observation: Observation) -> Observation:
    """Return the step without its events and reports."""
    nothing = slice(0, 0)
    return changed(observation, events=_events(observation, nothing), reports=_reports(observation, nothing))


def merged(steps: Sequence[Observation]) -> Observation:
    """Return all steps as one, with the columns of the last."""
    names = steps[-1].event_fields
    events = {name: np.concatenate([seen.event(name) for seen in steps]) for name in names}
    reports = {name: np.concatenate([seen.report(name) for seen in steps]) for name in steps[-1].report_fields}
    return changed(steps[-1], step=0, start=steps[0].start, events=events, reports=reports)


def with_columns_of(observation: Observation, other: Observation) -> Observation:
    """Return the step with the columns of another."""
    return changed(observation, columns={name: other.column(name) for name in other.columns})


def delayed(observation: Observation, seconds: int) -> Observation:
    """Return the step, that many seconds later."""
    events = {name: observation.event(name) for name in observation.event_fields}
    if "time" in events:
        events["time"] = events["time"] + seconds
    reports = {name: observation.report(name) for name in observation.report_fields}
    if reports:
        reports["time"] = reports["time"] + seconds
    start, end = observation.start + seconds, observation.end + seconds
    return changed(observation, start=start, end=end, events=events, reports=reports)


def only(observation: Observation, names: Collection[str]) -> Observation:
    """Return the step with the named columns, event fields and unchanging parts only."""
    return changed(
        observation,
        columns={name: observation.column(name) for name in observation.columns if name in names},
        events={name: observation.event(name) for name in observation.event_fields if name in names},
        follows=observation.follows if observation.static and "follows" in names else None,
        reports=_reports(observation, slice(None)) if "reports" in names else None,
    )


def reversed_except(observation: Observation, names: Collection[str]) -> Observation:
    """Return the step with all columns and event fields reversed but the named ones; follows left out unless named.

    Reports are left out as well unless named.
    """
    columns, events = (
        {name: one(name) if name in names else one(name)[::-1].copy() for name in all_names}
        for one, all_names in ((observation.column, observation.columns), (observation.event, observation.event_fields))
    )
    if "time" not in names:
        events["time"] = observation.event("time")  # or the log would run backwards
    if {"kind", "account", "author"} <= events.keys():  # a post has its account as author
        wrong = (events["kind"] == POST) & (events["author"] != events["account"])
        free = next((name for name in ("author", "account", "kind") if name not in names), "author")
        right = {"author": np.array(-1), "account": events["author"], "kind": np.array(REPOST)}[free]
        events[free] = np.where(wrong, right, events[free]).astype(events[free].dtype)
    follows = observation.follows if observation.static and "follows" in names else None
    reports = _reports(observation, slice(None)) if "reports" in names else None
    return changed(observation, columns=columns, events=events, follows=follows, reports=reports)


def fingerprint(observation: Observation) -> tuple[Any, ...]:
    """Return all that the step holds, as something that can be compared and cannot be changed."""
    parts = [observation.step, observation.start, observation.end, observation.n_accounts, observation.n_events]
    arrays = [(name, observation.column(name).tobytes()) for name in observation.columns]
    arrays += [(name, observation.event(name).tobytes()) for name in observation.event_fields]
    arrays += [(f"reports {name}", observation.report(name).tobytes()) for name in observation.report_fields]
    if observation.static:
        arrays += [("follows", observation.follows.indptr.tobytes() + observation.follows.indices.tobytes())]
    return (*parts, *arrays)


def _events(observation: Observation, rows: slice) -> dict[str, NDArray[Any]]:
    return {name: observation.event(name)[rows] for name in observation.event_fields}


def _reports(observation: Observation, rows: slice) -> dict[str, NDArray[Any]]:
    return {name: observation.report(name)[rows] for name in observation.report_fields}
