"""What a changed value does to the measures, paired by seed: a table, the same in Markdown, and a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from detectors.evaluation.intervals import interval
from experiments.report.style import COLOURS, GREY, STYLE, literal, new_figure
from experiments.report.words import change_texts, value_of
from experiments.sensitivity.changes import CHANGED, ENDS, NONE, TO, Change, text_of
from experiments.store.arms import whole
from sim.config import WorldConfig

REACHED, ALIKE, CUT_OFF, HIT = "people reached", "alike people", "reach cut off by", "people hit by"
_SHARE = "reach_cut_off"  # what shares are written like
_LINE, _MARGIN = 0.2, 1.4  # inches of the figure, for each value and for the rest


def measured(table: pd.DataFrame, world: WorldConfig, detectors: Sequence[str]) -> pd.DataFrame:
    """Return the measures of each change and seed: a row each, indexed by what is changed, to what, and seed.

    Parameters
    ----------
    table : pandas.DataFrame
        A sweep's table of the runs of `runs_of_changes`. Runs that broke off are left out.
    world : WorldConfig
        Of the default.
    detectors : sequence of str
        By which people are hit.

    Returns
    -------
    pandas.DataFrame
        All of it shares: `people reached`, of the organic accounts without enforcement; `alike people`, of those whom
        `co_repost` scores on the contested topic the ones with 0.5 or more; then for each detector `reach cut off by`
        it, of the unenforced reach, and `people hit by` it, of the organic accounts.
    """
    rows = whole(table)
    runs = {name: part.set_index([CHANGED, TO, "seed"]) for name, part in rows.groupby("detector")}
    nothing = rows.iloc[:0].set_index([CHANGED, TO, "seed"])
    unenforced = runs.get(NONE, nothing)
    columns = {REACHED: unenforced["reach"] / world.scenario.n_organic, ALIKE: unenforced["similar_people"]}
    for name in detectors:
        columns[f"{CUT_OFF} {name}"] = runs.get(name, nothing)["reach_cut_off"]
        columns[f"{HIT} {name}"] = runs.get(name, nothing)["people_hit"]
    return pd.DataFrame(columns)[list(columns)].sort_index()


def effects(found: pd.DataFrame, changes: Sequence[Change]) -> pd.DataFrame:
    """Return what each change does to each measure.

    Parameters
    ----------
    found : pandas.DataFrame
        As `measured` returns it.
    changes : sequence of Change

    Returns
    -------
    pandas.DataFrame
        A row a change and measure: key, end, default, value, measure; `default_mean` and `mean` over the seeds;
        `difference`, the mean of the seeds' differences from the default; `low` and `high`, its 95% interval (NaN for
        fewer than five seeds); `least` and `most` of the seeds' differences; `seeds`.
    """
    default = found.loc[(NONE, NONE)]
    rows = []
    for change in changes:
        arm = (change.key, text_of(change.value))
        changed = found.loc[arm] if arm in found.index.droplevel("seed") else default.iloc[:0]
        for measure in found.columns:
            by_seed = (changed[measure] - default[measure]).dropna().round(12)
            one = interval(by_seed)
            rows.append(
                {
                    "key": change.key, "end": change.end, "default": text_of(change.default), "value": arm[1],
                    "measure": measure, "default_mean": default[measure].loc[by_seed.index].mean(),
                    "mean": changed[measure].loc[by_seed.index].mean(), "difference": one.mean, "low": one.low,
                    "high": one.high, "least": by_seed.min(), "most": by_seed.max(), "seeds": one.seeds,
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def markdown(table: pd.DataFrame, found: pd.DataFrame) -> str:
    """Return the effects as a Markdown table, a row a change: differences in points, and how far the seeds lie apart.

    Parameters
    ----------
    table : pandas.DataFrame
        As `effects` returns it.
    found : pandas.DataFrame
        As `measured` returns it.
    """
    default = found.loc[(NONE, NONE)].mean()
    out = [f"| value | by default | set to | {' | '.join(default.index)} |", "| --- " * (3 + default.size) + "|"]
    out.append(f"| all by default | | | {' | '.join(value_of(_SHARE, value) for value in default)} |")
    for (key, _, before, value), part in table.groupby(["key", "end", "default", "value"], sort=False):
        cells = {row["measure"]: _cell(row) for row in part.to_dict("records")}
        out.append(f"| `{key}` | {before} | {value} | {' | '.join(cells[name] for name in default.index)} |")
    return "\n".join(out)


def _cell(row: Mapping[str, Any]) -> str:
    """Return a difference and its 95% interval, or for fewer than five seeds the least and the most of the seeds."""
    if not row["seeds"]:
        return "–"
    ends = ("low", "high") if row["low"] == row["low"] else ("least", "most")
    if not row["least"] and not row["most"]:
        return "0"
    texts, _ = change_texts(_SHARE, [row["difference"], *(row[end] for end in ends)])
    sign = "+" if row["difference"] > 0 else ""
    return f"{sign}{texts[0]}" + (f" ({texts[1]}, {texts[2]})" if row["seeds"] > 1 else "")


def tornado(table: pd.DataFrame, title: str) -> Figure:
    """Draw the effects: for each measure a bar from the default to each end of a value, the largest on top.

    Parameters
    ----------
    table : pandas.DataFrame
        As `effects` returns it.
    title : str
        What the runs are of.

    Returns
    -------
    matplotlib.figure.Figure
        An axis a measure; values in the order of the most that they do to a reach cut off. A line over a bar is its
        95% interval, or for fewer than five seeds reaches from the least to the most of them.
    """
    measures = list(dict.fromkeys(table["measure"]))
    cut_off = table[table["measure"].str.startswith(CUT_OFF)]
    largest = cut_off.groupby("key", sort=False)["difference"].agg(_largest)
    keys = list(largest.sort_values(kind="stable").index)
    with matplotlib.rc_context(STYLE):
        size = (3.0 + 2.0 * len(measures), _MARGIN + _LINE * max(len(keys), 4))
        figure, axes = new_figure(1, len(measures), size, sharey=True)
        for ax, measure in zip(axes, measures, strict=True):
            part = table[table["measure"] == measure]
            for end, colour, shift in zip(ENDS, COLOURS[:2], (0.2, -0.2), strict=True):
                rows = part[part["end"] == end].set_index("key").reindex(keys)
                spread = rows[["low", "high"]].set_axis(["least", "most"], axis=1).fillna(rows[["least", "most"]])
                widths = np.abs(spread.to_numpy().T - rows["difference"].to_numpy())
                ax.barh(
                    np.arange(len(keys)) + shift, 100 * rows["difference"], xerr=100 * widths, height=0.4, color=colour,
                    error_kw={"elinewidth": 0.7, "ecolor": GREY}, label=end,
                )  # fmt: skip
            ax.axvline(0.0, color=GREY, linewidth=0.6)
            ax.set_xlabel(f"{measure.replace(' by ', ' by' + chr(10))}, points")
            ax.margins(y=0.01)
        sides = table.drop_duplicates(["key", "end"]).set_index(["key", "end"])
        axes[0].set_yticks(range(len(keys)), [_label(key, sides) for key in keys], fontsize=7)
        axes[-1].legend(loc="lower right")
        figure.suptitle(literal(title), fontsize=9)
    return figure


def _largest(differences: pd.Series) -> float:
    return float(differences.abs().max()) if differences.notna().any() else 0.0


def _label(key: str, sides: pd.DataFrame) -> str:
    """Return a key with the value by default and those that it is set to."""
    rows = sides.loc[key]
    short = [value if len(value) <= 8 else "…" for value in (rows["default"].iloc[0], *rows["value"])]
    return literal(f"{key}: {short[0]} ({', '.join(short[1:])})")
