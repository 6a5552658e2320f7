"""What a sweep found, in sentences: paired differences with their intervals, and what they stand on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from detectors.evaluation.intervals import MIN_SEEDS
from experiments.report.style import CEILING, FLOOR
from experiments.report.words import called, change_texts, value_of
from experiments.store.arms import value_text, values_of, varied_columns
from experiments.store.paired import RATE, Best, Difference, at_best, crossed, paired

MOST_HIT = 0.01  # share of the public that a threshold may hit where methods are compared at their best
MANY = 4  # methods that share a sentence
MOST_VALUES = 6  # listed in a sentence


def sentences(table: pd.DataFrame, measure: str = "reach_cut_off") -> list[str]:
    """Return what a sweep found, the default contrasts: one sentence each.

    Where detectors have thresholds of their own each method is set against `random` (or the first detector), both at
    their best threshold. Every other varied column is a contrast of its first with its last value, if both occur with
    the same values of all others.

    Parameters
    ----------
    table : pandas.DataFrame
        A sweep's table, a row a run.
    measure : str
    """
    varied = varied_columns(table)
    methods = "detector" in varied and "threshold" in varied
    columns = [name for name in varied if name not in ("detector", "threshold")]
    columns += [] if methods else [name for name in ("detector", "threshold") if name in varied]
    said = []
    for column in columns:
        if crossed(table, column):
            values = values_of(table, column)
            said.append(difference_sentence(paired(table, column, values[0], values[-1], measure)))
    if methods:
        said += _methods(table, measure)
    return said


def difference_sentence(found: Difference, where: Mapping[str, Any] | None = None) -> str:
    """Return a paired difference as a sentence; it never ranks two arms whose interval includes 0.

    Parameters
    ----------
    found : Difference
    where : mapping of str to value, optional
        Columns that were held, which the sentence states.
    """
    a, b = value_text(found.a), value_text(found.b)
    change = f"going from {found.column} = {a} to {b}"
    held = f"with {_pairs(where)}, " if where else ""
    text = _said(found, change, f"{found.column} = {a} and {b}", held)
    if found.hit is None or found.measure.startswith(RATE):
        return text
    return f"{text} Share of people hit: {value_of(RATE, found.hit[0])} and {value_of(RATE, found.hit[1])}."


def best_sentence(best: Best) -> str:
    """Return two methods at their best thresholds as a sentence."""
    found = best.difference
    hit = []
    for name, value in zip((found.a, found.b), found.hit or (), strict=True):
        at = " or ".join(map(value_text, best.thresholds[name]))
        hit.append(f"{name} {value_of(RATE, value)} (threshold {at})")
    text = _said(found, f"{found.b} instead of {found.a}", f"{found.a} and {found.b}", _held(best), "by the jackknife")
    return f"{text} Share of people hit on the seeds evaluated: {', '.join(hit)}."


def _methods(table: pd.DataFrame, measure: str) -> list[str]:
    """Return each method against the floor, both at their best."""
    names = values_of(table, "detector")
    base = FLOOR if FLOOR in names else names[0]
    others = [name for name in names if name not in (base, CEILING)] or [name for name in names if name != base]
    return methods_against(table, base, others, measure)


def methods_against(
    table: pd.DataFrame,
    base: str,
    others: Sequence[str],
    measure: str,
    most_hit: float = MOST_HIT,
    rate: str = RATE,
) -> list[str]:
    """Return how methods differ from one of them, each at its best threshold (`experiments.store.paired.at_best`)."""
    bests: list[Best] = []
    without: dict[str, list[str]] = {}
    for name in others:
        best = at_best(table, base, name, measure, most_hit, rate)
        if isinstance(best, Best):
            bests.append(best)
        else:
            without.setdefault(best, []).append(name)
    said = [best_sentence(best) for best in bests] if len(bests) < MANY else _together(bests)
    for reason, of in without.items():
        said.append(
            f"{', '.join(of)} cannot be compared with {base} at no more than {100 * most_hit:g}% of people hit: "
            f"{reason}."
        )
    return said


def _together(bests: Sequence[Best]) -> list[str]:
    """Return many methods against one: a sentence for those that stand on the same seeds, the rest by themselves."""
    alike: dict[tuple[Any, ...], list[Best]] = {}
    for best in bests:
        found = best.difference
        stands_on = (found.found.seeds, found.found.known, found.broke_off, found.missing, found.found.undefined)
        alike.setdefault(stands_on, []).append(best)
    said = []
    for group in alike.values():
        first = group[0].difference
        if len(group) < MANY or not first.found.known:
            said += [best_sentence(best) for best in group]
            continue
        different: list[str] = []
        similar: list[str] = []
        hit = {first.a: first.hit}
        for best in sorted(group, key=lambda best: -best.difference.found.mean):
            one, name = best.difference.found, best.difference.b
            texts, unit = change_texts(first.measure, [one.mean, one.low, one.high])
            clause = f"{name} by {texts[0]}{unit} ({texts[1]} to {texts[2]})"
            (similar if one.low <= 0.0 <= one.high else different).append(clause)
            hit[name] = best.difference.hit
        changes = (
            f"the {called(first.measure)} changes from that of {first.a}: {', '.join(different)}" if different else ""
        )
        same = f"not to be distinguished from {first.a}: {', '.join(similar)}" if similar else ""
        notes = ["95% intervals in brackets, paired by seed, by the jackknife", _averaged(first), *_left_out(first)]
        shares = [f"{name} {value_of(RATE, both[name != first.a])}" for name, both in hit.items() if both]
        said.append(
            f"Over {first.found.seeds} seeds, {_held(group[0])}{'; '.join(filter(None, (changes, same)))}"
            f"{_bracket(notes)}. Share of people hit on the seeds evaluated: {', '.join(shares)}."
        )
    return said


def _held(best: Best) -> str:
    share = f"{100 * best.most_hit:g}%"
    return f"at no more than {share} of people hit, each method at the threshold that cut off most on the other seeds, "


def _said(found: Difference, change: str, both: str, held: str, way: str = "") -> str:
    """Return the sentence of a difference; `change` says from what to what, `both` names the two."""
    seeds, one = found.found.seeds, found.found
    what = f"the {called(found.measure)}"
    notes = [_averaged(found), *_left_out(found)]
    if not seeds:
        return f"Nothing can be said of {both}: {what} has no pair of runs with one seed{_bracket(notes)}."
    over = f"Over {seeds} seeds, " if seeds > 1 else "On one seed, "
    known = [one.mean, one.low, one.high] if one.known else [one.mean]
    texts, unit = change_texts(found.measure, known)
    if not one.known:
        few = f"too few seeds for an interval, which takes {MIN_SEEDS}: this may be chance"
        average = " on average" if seeds > 1 else ""
        return f"{over}{held}{change} changes {what} by {texts[0]}{unit}{average}{_bracket([few, *notes])}."
    if one.low == one.high == 0.0:
        return f"{over}{held}{both} do not differ in {what} on any seed{_bracket(notes)}."
    between = f"95% interval {texts[1]} to {texts[2]}, paired by seed{f', {way}' if way else ''}"
    if one.low <= 0.0 <= one.high:
        return (
            f"{over}{held}{both} cannot be distinguished by {what}: the difference is {texts[0]}{unit}"
            f"{_bracket([between, *notes])}."
        )
    return f"{over}{held}{change} changes {what} by {texts[0]}{unit}{_bracket([between, *notes])}."


def _averaged(found: Difference) -> str:
    """Return over what each seed's difference is a mean, or nothing."""
    return f"mean over {_values(found.averaged)}" if found.averaged else ""


def _left_out(found: Difference) -> list[str]:
    """Return which seeds are left out, and why."""
    reasons = (
        (found.broke_off, "a run broke off"), (found.missing, "a run is missing"),
        (found.found.undefined, "it is undefined there"),
    )  # fmt: skip
    return [f"{count} seed{'s' if count > 1 else ''} left out because {why}" for count, why in reasons if count]


def _values(values: Mapping[str, Sequence[Any]]) -> str:
    texts = []
    for name, each in values.items():
        if len(each) > MOST_VALUES:
            texts.append(f"{len(each)} values of {name}")
        else:
            texts.append(f"{name} {', '.join(map(value_text, each))}")
    return "; ".join(texts)


def _pairs(where: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {value_text(value)}" for name, value in where.items())


def _bracket(notes: Sequence[str]) -> str:
    text = "; ".join(filter(None, notes))
    return f" ({text})" if text else ""
