"""A defence without each of its parts: bars of what is lost, a dot for each seed, people hit beside; and sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
import pandas as pd

from detectors.evaluation.intervals import interval
from experiments.report.style import COLOURS, DOTS, GREY, STYLE, literal, new_figure
from experiments.report.words import called, change_texts, ends_of, plain, value_of
from experiments.store.arms import arm_columns, value_text
from experiments.store.left_out import PERIODS, arms_of
from experiments.store.summary import scale_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WHEN = {"before": "before the announcement", "after": "from its day on"}
UNKNOWN = "what is not known (nobody was reached)"
FEW_PERSONAS = 150  # of the core, below which one persona more or less is what the parts differ by


def left_out_figure(found: pd.DataFrame, all_of_it: str, measure: str, about: str) -> Figure:
    """Draw what is lost without each part before and after the announcement, and people hit.

    Parameters
    ----------
    found : pandas.DataFrame
        `experiments.store.left_out.left_out`.
    all_of_it : str
        The name of the whole defence.
    measure : str
        What is compared.
    about : str
        Scenario and scale, for the title; may be empty.

    Returns
    -------
    matplotlib.figure.Figure
        Three axes, a row a part: the mean over seeds as a bar for each value of what else varies, each seed as a dot.
        Parts do not add up, so nothing is stacked.
    """
    names = list(dict.fromkeys(found["detector"]))
    names = [all_of_it, *(name for name in names if name != all_of_it)]
    arms = arms_of(found) or [{}]
    with matplotlib.rc_context(STYLE):
        figure, axes = new_figure(1, 3, (10.4, 1.6 + 0.28 * len(names) * max(len(arms), 2)), sharey=True)
        for ax, column in zip(axes, ("lost_before", "lost_after", "hit"), strict=True):
            share = column != "hit"
            _bars(ax, found, names, arms, column, 100.0 if share else 1.0)
            period = column.removeprefix("lost_")
            title = f"{WHEN[period]}\n{_levels(found, all_of_it, arms, period)}" if share else "people hit\n"
            ax.set_title(title, fontsize=9)
            ax.set_xlabel("points cut off less without it" if share else "per million people")
        axes[0].set_yticks(range(len(names)), [literal(name) for name in names])
        axes[0].invert_yaxis()
        count = int(found["seed"].nunique())
        seeds = "one seed" if count == 1 else f"mean of {count} seeds; dots are single seeds"
        what = f"{called(measure)} less without each part ({seeds})"
        figure.suptitle(f"{literal(about)}: {what}" if about else what[0].upper() + what[1:], fontsize=9)
        if len(arms) > 1:
            handles, labels = axes[2].get_legend_handles_labels()
            figure.legend(handles, labels, loc="outside lower center", ncols=len(arms))
    return figure


def _levels(found: pd.DataFrame, all_of_it: str, arms: list[dict[str, Any]], period: str) -> str:
    """Return what the whole cuts off in a period, for each value of what else varies."""
    of_all = found[found["detector"] == all_of_it]
    means = [float(_rows(of_all, arm)[period].mean()) for arm in arms]
    return "all of it: " + " and ".join("–" if value != value else f"{100 * value:.0f}%" for value in means)


def _bars(
    ax: Axes, found: pd.DataFrame, names: list[str], arms: list[dict[str, Any]], column: str, factor: float
) -> None:
    """Draw one quantity: a row a name, a bar an arm, seeds as dots."""
    height = 0.8 / len(arms)
    for i, arm in enumerate(arms):
        rows = _rows(found, arm)
        at = {name: j + (i - (len(arms) - 1) / 2.0) * height for j, name in enumerate(names)}
        means = rows.groupby("detector")[column].mean().reindex(names) * factor
        text = ", ".join(f"{literal(name)} = {value_text(value)}" for name, value in arm.items())
        ax.barh(
            [at[name] for name in names], means.to_numpy(), height * 0.9, color=COLOURS[i], alpha=0.55, label=text,
        )  # fmt: skip
        ax.plot(
            rows[column] * factor, [at[name] for name in rows["detector"]], **(DOTS | {"alpha": 1.0}), color="black"
        )
    ax.axvline(0.0, color=GREY, linewidth=0.6)


def left_out_sentences(found: pd.DataFrame, all_of_it: str, measure: str, personas: int) -> list[str]:
    """Return what the whole defence cuts off and what is lost without each part; a small core is called too small.

    Parameters
    ----------
    found : pandas.DataFrame
        `experiments.store.left_out.left_out`.
    all_of_it : str
    measure : str
    personas : int
        Accounts of the core.
    """
    said = []
    for arm in arms_of(found) or [{}]:
        rows = _rows(found, arm)
        of_all = rows[rows["detector"] == all_of_it]
        held = ", ".join(f"{name} = {value_text(value)}" for name, value in arm.items())
        levels = [f"{_level(measure, of_all[period])} {WHEN[period]}" for period in PERIODS]
        said.append(
            f"{f'With {held}: ' if held else ''}{all_of_it} cuts off {' and '.join(levels)} ({called(measure)}, "
            f"{of_all['seed'].nunique()} seeds) and hits {plain(float(of_all['hit'].mean()))} of a million people. "
            f"Points lost, before and after, and people hit of a million: {_parts(rows, all_of_it, measure)}."
        )
    said.append(
        "In brackets the 95% interval, or the seeds' range where they are fewer than five. Parts do not add up."
    )
    if personas < FEW_PERSONAS:
        lost = found[found["detector"] != all_of_it]
        by_part = lost.groupby(arm_columns(found))["lost_after"]
        widest = float(np.nan_to_num((by_part.max() - by_part.min()).max()))
        said.append(
            f"The core has {personas} personas here, too few to answer: from one seed to another what a part is worth "
            f"differs by up to {100 * widest:.0f} points."
        )
    return said


def _parts(rows: pd.DataFrame, all_of_it: str, measure: str) -> str:
    """Return what is lost without each part."""
    clauses = []
    for name, part in rows[rows["detector"] != all_of_it].groupby("detector", sort=False):
        lost = " and ".join(_change(measure, part[f"lost_{period}"]) for period in PERIODS)
        clauses.append(f"{name} {lost}, {plain(float(part['hit'].mean()))}")
    return "; ".join(clauses)


def _level(measure: str, values: pd.Series) -> str:
    if values.isna().all():
        return UNKNOWN
    low, high = ends_of(interval(values, scale_of(measure)), values)
    return f"{value_of(measure, float(values.mean()))} ({value_of(measure, low)} to {value_of(measure, high)})"


def _change(measure: str, values: pd.Series) -> str:
    if values.isna().all():
        return UNKNOWN
    texts, _ = change_texts(measure, [float(values.mean()), *ends_of(interval(values), values)])
    return f"{texts[0]} ({texts[1]} to {texts[2]})"


def _rows(found: pd.DataFrame, arm: Mapping[str, Any]) -> pd.DataFrame:
    for name, value in arm.items():
        found = found[found[name] == value]
    return found
