"""A quantity beside the record: the value in a run, the value of the record, and whether the two agree.

Agreement is a rule, not a judgement. A simulated amount agrees if it is within a factor of 1.5 of the record, a share
if its odds are. Where the record is a range, the nearer end counts. A band is a range with wide limits, as its sources
are weak, and the simulated value must lie inside.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

MONTH = "scenario.days=30"  # what figures are of, unless the command says otherwise: before any takedown is announced
FACTOR = 1.5  # between simulation and record: of amounts, and of the odds of shares
_NO_ODDS = 0.001  # shares nearer to 0 or 1 count as this near: the odds of 0 have no ratio


@dataclass(frozen=True)
class Record:
    """What the record says of a quantity.

    Attributes
    ----------
    kind : str
        `amount`, `share` or `band`; `none`: nothing to hold a value against.
    low, high : float
        The value of the record twice, or the ends of its range.
    text : str
        As in the table; empty: the value.
    """

    kind: Literal["amount", "share", "band", "none"]
    low: float = float("nan")
    high: float = float("nan")
    text: str = ""

    def agrees(self, value: float) -> bool | None:
        """Return whether a simulated value agrees with the record; None where one of them is unknown."""
        if self.kind == "none" or any(map(math.isnan, (value, self.low, self.high))):
            return None
        if self.kind == "band":
            return self.low <= value <= self.high
        low, high, value = (_odds(x) if self.kind == "share" else x for x in (self.low, self.high, value))
        return low / FACTOR <= value <= high * FACTOR


def _odds(share: float) -> float:
    """Return the odds of a share, of one near 0 or 1 those of `_NO_ODDS`."""
    kept = min(max(share, _NO_ODDS), 1.0 - _NO_ODDS)
    return kept / (1.0 - kept)


def amount(low: float, text: str = "", *, high: float | None = None) -> Record:
    """Return a record that a simulated value must be within a factor of 1.5 of."""
    return Record("amount", low, low if high is None else high, text)


def share(low: float, text: str = "", *, high: float | None = None) -> Record:
    """Return a record of a share, which the odds of the simulated one must be within a factor of 1.5 of."""
    return Record("share", low, low if high is None else high, text)


def band(low: float, high: float, text: str) -> Record:
    """Return a record that a simulated value must lie inside."""
    return Record("band", low, high, text)


def unknown(text: str = "not known") -> Record:
    """Return a record without a value."""
    return Record("none", text=text)


@dataclass(frozen=True)
class Line:
    """A quantity in one run.

    Attributes
    ----------
    row : str
        Number in the project's table of stylised facts; – where it has none.
    quantity : str
    record : Record
    unit : str
        A format such as {:.0%} or {:.1f}.
    value : float
        NaN where the run has nothing to measure.
    """

    row: str
    quantity: str
    record: Record
    unit: str
    value: float


@dataclass(frozen=True)
class Summary:
    """A line over the seeds: mean, standard deviation between seeds (NaN for one seed), and the record's mean."""

    line: Line
    mean: float
    spread: float
    record: Record

    @property
    def verdict(self) -> str:
        """`met`, `miss`, or – where there is nothing to compare."""
        return {True: "met", False: "**miss**", None: "–"}[self.record.agrees(self.mean)]


def summaries(runs: Sequence[Sequence[Line]]) -> list[Summary]:
    """Return each line over the runs, which have the same lines in the same order."""
    found = []
    for same in zip(*runs, strict=True):
        values, first = np.array([line.value for line in same]), same[0].record
        low, high = (float(np.mean([getattr(line.record, end) for line in same])) for end in ("low", "high"))
        spread = float(np.std(values, ddof=1)) if values.size > 1 else float("nan")
        found.append(Summary(same[0], float(np.mean(values)), spread, Record(first.kind, low, high, first.text)))
    return found


def markdown(lines: Sequence[Summary]) -> str:
    """Return a Markdown table."""
    out = ["| row | quantity | record | simulated | sd | |", "| --- | --- | --- | --- | --- | --- |"]
    for one in lines:
        unit = one.line.unit
        record = one.record.text or written(unit, one.record.low)
        mean, spread = written(unit, one.mean), written(unit, one.spread)
        out.append(f"| {one.line.row} | {one.line.quantity} | {record} | {mean} | {spread} | {one.verdict} |")
    return "\n".join(out)


def rows_met(lines: Sequence[Summary]) -> str:
    """Return which rows are met in all their figures, and how many figures of the others are."""
    by_row: dict[str, list[bool]] = {}
    for one in lines:
        agrees = one.record.agrees(one.mean)
        if agrees is not None and one.line.row.isdigit():
            by_row.setdefault(one.line.row, []).append(agrees)
    rows = sorted(by_row, key=int)
    met = [row for row in rows if all(by_row[row])]
    others = [f"{row} ({sum(by_row[row])} of {len(by_row[row])})" for row in rows if row not in met]
    return f"Met in all figures: rows {', '.join(met) or 'none'}. Others: {', '.join(others) or 'none'}."


def written(unit: str, value: float) -> str:
    """Return a value in its format; – where it is not known."""
    return "–" if math.isnan(value) else unit.format(value)
