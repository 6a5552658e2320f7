"""The headline in numbers: what each method cuts off beyond rules of ten lines and beyond random suspensions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
from rich.table import Table

from experiments.report.headline import SIMPLE_RULES
from experiments.report.layout import Line, grid
from experiments.report.page import Cells, Drawn, Section
from experiments.report.sentences import methods_against
from experiments.report.style import CEILING, FLOOR
from experiments.report.sweep_table import per_cent
from experiments.report.words import change_texts, whole_seeds
from experiments.store.arms import value_text, values_of
from experiments.store.paired import LEAST_SEEDS, Best, at_best

HIT, CUT_OFF = "people_hit", "reach_cut_off"
BEST_RULE = "best simple rule"
MOST_HIT = (1e-4, 1e-3, 1e-2)  # shares of the public that a threshold may hit
SAID = (1e-3, 1e-2)  # those that sentences are about
TITLE = "Reach cut off beyond what is simple"
HEADINGS = ("may be hit", "", "people\nhit", "reach\ncut off", "beyond the best\nsimple rule", "beyond\nrandom")
#: What methods are compared with, and how the columns of the differences begin.
REFERENCES = {BEST_RULE: "best_rule", FLOOR: "random"}


def with_best_rule(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with one method more: any of the simple rules at any of its thresholds, or to do nothing.

    So the rule itself is chosen on the other seeds, as a method's threshold is.
    """
    rules = table[table["detector"].isin(SIMPLE_RULES)]
    named = [
        f"{rule} at {value_text(at)}" for rule, at in zip(rules["detector"], rules["threshold"], strict=True)
    ]  # fmt: skip
    table = table.assign(threshold=table["threshold"].astype(object))
    idle = rules.drop_duplicates("seed").assign(detector=BEST_RULE, threshold="never", **{HIT: 0.0, CUT_OFF: 0.0})
    return pd.concat([table, rules.assign(detector=BEST_RULE, threshold=named), idle], ignore_index=True)


def differences(table: pd.DataFrame) -> pd.DataFrame:
    """Return how each method differs from the best simple rule and from random suspensions, paired by seed.

    Each is at the threshold that cut off most reach on the other seeds, among those that hit few people there
    (`experiments.store.paired.at_best`).

    Parameters
    ----------
    table : pandas.DataFrame
        A sweep's table in which nothing varies but detector and threshold.

    Returns
    -------
    pandas.DataFrame
        A row a method and share of `MOST_HIT`: most_hit, detector, threshold (those chosen), people_hit, reach_cut_off,
        seeds; then `best_rule_difference` and the ends of its interval, `best_rule_low` and `best_rule_high`, which
        rule it was, `best_rule`, and why there is no difference, `best_rule_missing`; the same of `random`. The simple
        rules are compared with random alone.
    """
    whole, names = with_best_rule(table), values_of(table, "detector")
    rows = []
    for most in MOST_HIT:
        for name in names:
            if name == FLOOR:
                continue
            row: dict[str, Any] = {"most_hit": most, "detector": name, "threshold": "", HIT: math.nan}
            row |= {CUT_OFF: math.nan, "seeds": 0}
            for reference, prefix in REFERENCES.items():
                if reference == BEST_RULE and name in SIMPLE_RULES:
                    found: Best | str = "it is one of them"
                elif reference not in set(whole["detector"]):
                    found = f"the sweep has no {reference}"
                else:
                    found = at_best(whole, reference, name, CUT_OFF, most, HIT)
                row |= _columns(found, prefix)
                if isinstance(found, Best):
                    row |= _own(found, name)
            rows.append(row)
    return pd.DataFrame(rows)


def _own(found: Best, name: str) -> dict[str, Any]:
    """Return what is true of the method itself."""
    hit = found.difference.hit
    return {
        "threshold": ", ".join(map(value_text, found.thresholds[name])), HIT: math.nan if hit is None else hit[1],
        CUT_OFF: found.levels[1], "seeds": found.difference.found.seeds,
    }  # fmt: skip


def _columns(found: Best | str, prefix: str) -> dict[str, Any]:
    """Return the columns of one comparison."""
    if isinstance(found, str):
        values: tuple[Any, ...] = (math.nan, math.nan, math.nan, "", found)
    else:
        one, reference = found.difference.found, found.difference.a
        values = (one.mean, one.low, one.high, ", ".join(map(value_text, found.thresholds[reference])), "")
    ends = ("_difference", "_low", "_high", "", "_missing")
    return {prefix + end: value for end, value in zip(ends, values, strict=True)}


def differences_table(found: pd.DataFrame, table: pd.DataFrame) -> Table:
    """Return the differences as a table for a terminal: methods down, within each share of people that may be hit.

    Parameters
    ----------
    found : pandas.DataFrame
        As `differences` returns it.
    table : pandas.DataFrame
        The sweep's table that it is of.
    """
    lines: list[Line] = []
    for begins, cells in _rows(found):
        lines += [Line(cells[0][0], begins=True)] if begins else []
        lines.append(Line(cells[1][0], "", cells[2:]))
    return grid(TITLE, _note(table), ["", *HEADINGS[2:]], lines, short=14)


def headline_section(found: pd.DataFrame, table: pd.DataFrame) -> Section:
    """Return the differences as a section of the report; the parameters are those of `differences_table`."""
    note = _note(table)
    headings = [heading.replace("\n", " ") for heading in HEADINGS]
    drawn = Drawn(headings, [cells for _, cells in _rows(found)], f"{note[0].upper()}{note[1:]}.")
    return Section(TITLE, "Each method beside the rules of ten lines, where few people may be hit.", tables=[drawn])


def _rows(found: pd.DataFrame) -> Iterator[tuple[bool, Cells]]:
    """Yield whether a row begins a share of people that may be hit, and its cells."""
    last = math.nan
    for row in found.to_dict("records"):
        most = float(row["most_hit"])
        cells = [(f"at most {100 * most:g}% hit", ""), (row["detector"], "")]
        cells += [(per_cent(row[HIT]), ""), (per_cent(row[CUT_OFF]), "")]
        yield most != last, [*cells, *(_cell(row, prefix) for prefix in REFERENCES.values())]
        last = most


def _note(table: pd.DataFrame) -> str:
    return (
        f"per cent, differences in points; {whole_seeds(table)}; each at the threshold that cut off most on the other "
        "seeds, the simple rule chosen likewise; paired by seed, by the jackknife; –: no threshold hits so few, or too "
        "few seeds"
    )


def _cell(row: dict[str, Any], prefix: str) -> tuple[str, str]:
    mean, low, high = (row[f"{prefix}_{end}"] for end in ("difference", "low", "high"))
    if math.isnan(mean):
        return "–", ""
    if math.isnan(low):
        return change_texts(CUT_OFF, [mean])[0][0], ""
    texts, _ = change_texts(CUT_OFF, [mean, low, high])
    return texts[0], f"{texts[1]} to {texts[2]}"


def headline_sentences(table: pd.DataFrame) -> list[str]:
    """Return how the methods differ from the best simple rule where few people may be hit, in sentences.

    Parameters
    ----------
    table : pandas.DataFrame
        As `differences` takes it.
    """
    whole = with_best_rule(table)
    base = BEST_RULE if BEST_RULE in set(whole["detector"]) else FLOOR
    names = [name for name in values_of(table, "detector") if name not in (*SIMPLE_RULES, CEILING)]
    if base not in set(whole["detector"]) or not names:
        return []
    if (seeds := table["seed"].nunique()) < LEAST_SEEDS:
        return [f"What methods add to simple rules takes {LEAST_SEEDS} seeds to say; here: {seeds}."]
    return [text for most in SAID for text in methods_against(whole, base, names, CUT_OFF, most, HIT)]


def check_alone(arms: Sequence[str]) -> str | None:
    """Return why there is no headline of a table, whose arms should be detector and threshold alone; None if there is.

    Parameters
    ----------
    arms : sequence of str
        Columns that vary.
    """
    others = [name for name in arms if name not in ("detector", "threshold")]
    return f"the headline is of one configuration; runs in the folder differ by {', '.join(others)}" if others else None
