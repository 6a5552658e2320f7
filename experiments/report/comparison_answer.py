"""The answer of a comparison in words: what is found, how many people are hit for it, and what trivial rules find."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from detectors.evaluation.intervals import MIN_SEEDS, TOO_FEW
from experiments.compare.config import MATCHED, UPPER_BOUND, CompareConfig
from experiments.report.comparison_columns import (
    Format,
    chance,
    chosen_on,
    count,
    number,
    numbers_in,
    prevalences,
    share,
    shares_hit,
    signed,
)
from experiments.report.style import CEILING
from experiments.store.against import TRIVIAL, TRIVIAL_RULES
from experiments.store.comparison import Comparison

Figure = tuple[str, str, str, str]  # part, rule, layer, measure


def answer(found: Comparison, options: CompareConfig) -> list[str]:
    """Return what a comparison found, as sentences of plain words; those with nothing to say are left out."""
    said = [_found(found, layer) for layer in ("amplifiers", "core")] if shares_hit(found) else []
    said += [_acted(found), _threshold(found, options), _rare(found), _prices(found, options)]
    return [text for text in said if text]


def _value(found: Comparison, detector: str, figure: Figure) -> pd.Series | None:
    """Return the row of the summary of a detector's figure; None where it is missing or undefined."""
    part, rule, layer, measure = figure
    table = found.summary()
    rows = table[
        (table["detector"] == detector) & (table["part"] == part) & (table["rule"] == rule)
        & (table["layer"] == layer) & (table["measure"] == measure)
    ]  # fmt: skip
    return None if rows.empty or math.isnan(rows.iloc[0]["mean"]) else rows.iloc[0]


def _written(row: pd.Series, written: Format) -> str:
    """Write a mean with its interval."""
    if row["low"] == row["high"]:
        return f"{written(row['mean'])} on every seed"
    limits = "" if math.isnan(row["low"]) else f" ({written(row['low'])} to {written(row['high'])})"
    return f"{written(row['mean'])}{limits}"


def _highest(found: Comparison, figure: Figure, *, trivial: bool) -> str | None:
    """Return which of the methods, or of the trivial rules, is highest in a figure."""
    names = [
        name for name in dict.fromkeys(found.measures["detector"])
        if name != CEILING and (name in TRIVIAL_RULES) == trivial and _value(found, name, figure) is not None
    ]  # fmt: skip
    return max(names, key=lambda name: _mean(found, name, figure), default=None)


def _mean(found: Comparison, name: str, figure: Figure) -> float:
    row = _value(found, name, figure)
    return math.nan if row is None else float(row["mean"])


def _exactly(found: Comparison, layer: str) -> Figure:
    return "replay", "none", layer, f"recall_at_{shares_hit(found)[0]}_hit"


def _found(found: Comparison, layer: str) -> str:
    """Return what is found of a layer where exactly so many people are hit, and against the trivial rules."""
    figure, hit = _exactly(found, layer), float(shares_hit(found)[0])
    names = {trivial: _highest(found, figure, trivial=trivial) for trivial in (False, True)}
    rows = {trivial: _value(found, name, figure) for trivial, name in names.items() if name is not None}
    finds = {trivial: _written(row, share) for trivial, row in rows.items() if row is not None}
    where = f"{layer.capitalize()}: where exactly {share(hit)} of people are hit ({1e6 * hit:,.0f} in a million)"
    kinds = {False: "method", True: "trivial rule"}
    if len(finds) < 2:
        return "".join(f"{where}, {names[one]}, the best {kinds[one]}, finds {text}." for one, text in finds.items())
    table = found.differences()
    row = table[
        (table["detector"] == names[False]) & (table["measure"] == figure[3]) & (table["layer"] == layer)
        & (table["against"] == TRIVIAL)
    ].iloc[0]  # fmt: skip
    return (
        f"{where}, {names[False]}, the best method, finds {finds[False]}, and {names[True]}, the best trivial rule, "
        f"{finds[True]}. {_verdict(row)}"
    )


def _verdict(row: Any) -> str:
    points = f"The difference is {signed(row['mean'], 100.0)} points"
    if math.isnan(row["low"]):
        return f"{points}; {TOO_FEW} for an interval, which takes {MIN_SEEDS}."
    text = f"{points} (95% interval {signed(row['low'], 100.0)} to {signed(row['high'], 100.0)}, paired by seed)"
    if row["low"] <= 0.0 <= row["high"]:
        return f"{text}: they cannot be distinguished."
    return f"{text}: the {'method' if row['mean'] > 0 else 'trivial rule'} finds more."


def _acted(found: Comparison) -> str:
    """Return how much of the highest area is activity: what is left of it among accounts that acted and were scored."""
    texts = []
    for layer in ("core", "amplifiers"):
        over = ("replay", "none", layer, "auc")
        name = max(
            (one for trivial in (False, True) if (one := _highest(found, over, trivial=trivial)) is not None),
            key=lambda one: _mean(found, one, over), default=None,
        )  # fmt: skip
        scored = None if name is None else _value(found, name, ("replay", "none", layer, "auc_scored_acted"))
        covered = None if name is None else _value(found, name, ("replay", "none", layer, "coverage_acted"))
        if name is not None and scored is not None and covered is not None:
            public = _mean(found, name, ("replay", "none", layer, "coverage_organic_acted"))
            called = "the core" if layer == "core" else layer
            texts.append(
                f"on {called} the highest is {name}'s, {number(_mean(found, name, over))} over all accounts and "
                f"{number(scored['mean'])} among the accounts that acted and are scored ({share(covered['mean'])} of "
                f"{called} and {share(public)} of people, of those that acted)"
            )
    return f"Area under the ROC curve: {'; '.join(texts)}." if texts else ""


def _threshold(found: Comparison, options: CompareConfig) -> str:
    """Return what the threshold of the budget led to on the seeds reported on."""
    hit: Figure = ("replay", "budget", "operation", "wrongly_hit_per_million")
    rows = {
        name: row for name in dict.fromkeys(found.measures["detector"])
        if name != CEILING and (row := _value(found, name, hit)) is not None
    }  # fmt: skip
    if not rows:
        return ""
    budget = 1e6 * options.false_positive_budget
    over = [f"{name} ({count(row['mean'])})" for name, row in rows.items() if row["mean"] > budget]
    outcome = f"more were hit by {', '.join(over)}" if over else "no detector hit more"
    best = _best_caught(found)
    return (
        f"Thresholds were chosen on {chosen_on(found)} so that {kept_by(found, options)} keeps a budget of "
        f"{budget:,.0f} people hit per million; on the seeds reported on {outcome}.{best}"
    )


def kept_by(found: Comparison, options: CompareConfig) -> str:
    """Return what must keep the budget on the seeds that thresholds are chosen on."""
    if options.budget_by != UPPER_BOUND:
        return "the mean over seeds"
    return "the upper bound over seeds" if len(found.choose_seeds) >= MIN_SEEDS else "the worst of the seeds"


def _best_caught(found: Comparison) -> str:
    """Return what the method that catches most amplifiers there catches, how early, and what it cuts off."""
    caught: Figure = ("replay", "budget", "amplifiers", "recall")
    name = _highest(found, caught, trivial=False)
    if name is None or not _mean(found, name, caught):
        return ""
    days = numbers_in(found, r"caught_by_day_(.+)")
    early = [
        f"{share(row['mean'])} by day {day}" for day in days
        if (row := _value(found, name, ("replay", "budget", "amplifiers", f"caught_by_day_{day}"))) is not None
    ]  # fmt: skip
    cut = _value(found, name, ("loop", "budget", "all", "reach_cut_off"))
    reach = f", and cut off {_written(cut, share)} of reach in the loop" if cut is not None else ""
    acted = f" (of those that acted {', '.join(early)} of their first act)" if early else ""
    return f" There {name} caught most amplifiers, {share(_mean(found, name, caught))}{acted}{reach}."


def _rare(found: Comparison) -> str:
    """Return how many of the accounts taken would be the operation's, were it as rare as on a real platform."""
    if not shares_hit(found):
        return ""
    figure, at = _exactly(found, "operation"), shares_hit(found)[0]
    name = _highest(found, figure, trivial=False) or _highest(found, figure, trivial=True)
    if name is None:
        return ""
    texts = []
    for p in prevalences(found):
        precision = _mean(found, name, ("replay", "none", "operation", f"precision_at_{at}_hit_if_{p}"))
        if not math.isnan(precision):
            texts.append(f"{share(precision)} would be if it were {chance(float(p))} of all accounts")
    if not texts:
        return ""
    which = f"Of the accounts that {name} takes where {share(float(at))} of people are hit"
    return f"{which}, how many are the operation's depends on how rare it is: {', '.join(texts)}."


def _prices(found: Comparison, options: CompareConfig) -> str:
    """Return for which detectors acting pays at the prices given, and up to which price of a person hit."""
    points = found.points
    if points.empty or "acts_below" not in points:
        return ""
    rows = points[(points["rule"] == "cost") & (points["detector"] != CEILING)]
    price = options.prices.wrongly_suspended
    acts = rows.loc[rows["threshold"] < math.inf, "detector"].tolist()
    outcome = f"acting pays with {', '.join(acts)}" if acts else "acting pays with no detector"
    return f"At {price:g} for a person hit and the other prices, {outcome}.{_below(rows)}"


def _below(rows: pd.DataFrame) -> str:
    """Return up to which price of a person hit each detector would act."""
    texts: list[str] = []
    never: list[str] = []
    for name, below in zip(rows["detector"], rows["acts_below"], strict=True):
        if math.isnan(below):
            never.append(name)
        else:
            texts.append(f"{name} {'at any price' if math.isinf(below) else f'below {count(below)}'}")
    texts += [f"{', '.join(never)} at no price"] * bool(never)
    return f" Some threshold pays as long as a person hit costs little enough: {'; '.join(texts)}." if texts else ""


def controls_text(options: CompareConfig) -> str:
    """Return whom rankings are judged against, in a sentence."""
    if options.controls == MATCHED:
        return (
            "Rankings are judged against matched controls: the people who used a link or hashtags that the "
            f"operation used on the same day, weighted so that a layer is {share(options.controls_share)} of the "
            "accounts. People hit are counted among everybody."
        )
    return "Rankings are judged against everybody."
