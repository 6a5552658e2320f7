"""A comparison as one HTML file that opens without a network: figures, tables, and beside each what it was made on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

import jinja2
import pandas as pd

from experiments.compare_config import CompareConfig
from experiments.compare_figures import embedded, figures, ordered
from experiments.compare_table import (
    Column,
    between,
    cell,
    cost_columns,
    count,
    number,
    ranking_columns,
    score,
    seeds_text,
    share,
    threshold_columns,
)
from experiments.comparison import Comparison

Cells = list[tuple[str, str]]


@dataclass
class Drawn:
    """A table as the template takes it."""

    headings: list[str]
    rows: list[Cells]
    note: str


@dataclass
class Section:
    """A question, its answer as a figure and tables, and how to read them."""

    title: str
    text: str
    figure: str | None = None
    alt: str = ""
    caption: str = ""
    tables: list[Drawn] = field(default_factory=list)


def html_report(found: Comparison, options: CompareConfig, scenario: str, origin: dict[str, Any]) -> str:
    """Return the report.

    Parameters
    ----------
    found : Comparison
    options : CompareConfig
        The budget and the prices are told.
    scenario : str
        The scenario that was tried.
    origin : dict
        `experiments.results.provenance`.
    """
    summary, groups = found.summary(), found.group_summary()
    drawn = {name: embedded(figure) for name, figure in figures(found, summary, groups).items()}
    report, chosen = _made_on(found, scenario)
    names = ordered(summary["detector"])
    budget = f"{1e6 * options.false_positive_budget:,.0f} people wrongly hit per million"
    sections = [
        Section(
            "Who is ranked above whom?",
            "The area under the ROC curve is the chance that an account of the layer scores above an organic one. "
            "Unscored accounts rank below all others: what a detector says nothing about counts against it. Below 1% "
            "false positives the area is standardised: 0.5 by lot, 1 at best.",
            drawn.get("areas"), "Area under the ROC curve by detector", report,
            [_table(names, [*ranking_columns(), *_more_ranking(options)], summary, report)],
        ),
        Section(
            "What is found before many are wrongly hit?",
            "A platform can afford to act at the left end: 1% of a million people is ten thousand. The ceiling, at "
            "100% throughout, is left out.",
            drawn.get("roc"), "ROC curves below one per cent false positives", report,
        ),
        Section(
            "How many of those taken are the operation's?",
            "A curve ends where a detector has scored nobody else of the layer. The ceiling, at 100%, is left out.",
            drawn.get("precision_recall"), "Precision against recall", report,
        ),
        Section(
            "At a threshold chosen beforehand: what is caught?",
            f"The lowest threshold that kept to {budget}, over the seeds that it was chosen on; what came of it on the "
            "others. It may be more than the budget there.",
            None, "", "", [_table(names, [*threshold_columns("budget"), *_more_threshold("budget", options)],
                                  summary, chosen)],
        ),
        Section(
            "How early?",
            "From an account's first act to the time at which a suspension takes effect, nought where it comes before.",
            drawn.get("detection"), "Share caught against days since the first act", chosen,
        ),
        Section(
            "Who is wrongly hit?",
            "Organic accounts hit per million of their group, at the threshold within the budget. Deciles of activity "
            "are of acts in the unenforced run; accounts with equally many share one, so some are empty.",
            drawn.get("wrongly_hit"), "People wrongly hit by group", chosen,
            [_group_table(names, groups, "budget", chosen)],
        ),
        Section(
            "Which threshold?",
            _prices_text(options) + " The cost of a run adds these up; impressions averted are counted on the recorded "
            "run, as if nobody took the place of who falls. Where never acting costs least, mistakes cost more than "
            "acting spares. The last column is the score from which acting would pay if scores were calibrated "
            "probabilities.",
            drawn.get("threshold"), "Expected cost against people wrongly hit",
            f"Chosen on {seeds_text(found.choose_seeds)}. Marks: least cost.{_trained(found)}",
            [_point_table(names, found),
             _table(names, threshold_columns("cost")[1:5] + _averted("cost"), summary, chosen)],
        ),
        Section(
            "And in the loop, where acting changes what is seen next?",
            "Each detector runs with the threshold chosen on other seeds; reach is set beside the unenforced twin's."
            if options.loop != "none" else "Not run (compare.loop=none).",
            drawn.get("loop"), "Reach cut off against people wrongly hit", chosen,
            [_table(names, _loop_columns(options.loop), summary, chosen)] if options.loop != "none" else [],
        ),
        Section(
            "Are scores probabilities?",
            "Share of operation accounts (core and amplifiers) in ten bins of scores. A score need not be a "
            "probability; where it is, the points lie on the diagonal.",
            drawn.get("calibration"), "Share of operation accounts against score", report,
        ),
        Section(
            "What does a detector cost?",
            "CPU time of observe and score (user and system, all threads) and the rise of the process's resident "
            "memory above that before the replay, the step that it is handed included.",
            None, "", "", [_table(names, cost_columns(), summary, report)],
        ),
    ]  # fmt: skip
    opening = (
        f"Every detector was shown the same recorded runs of {scenario}, in which nobody was acted upon, and was then "
        f"run in the loop. {report} {_seed_note(found)}"
    )
    template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(
        files("experiments").joinpath("compare.html.j2").read_text(encoding="utf-8")
    )
    return template.render(
        title=f"Detectors compared: {scenario}", opening=opening, failures=found.failures, sections=sections,
        origin=_origin_text(origin),
    )  # fmt: skip


def _made_on(found: Comparison, scenario: str) -> tuple[str, str]:
    """Return what is said beside a figure without and with a threshold."""
    seeds = seeds_text(found.report_seeds)
    interval = "mean and 95% bootstrap interval over them" if len(found.report_seeds) > 1 else "no interval"
    report = f"Reported on {seeds} of {scenario} ({interval}).{_trained(found)}"
    return report, f"Thresholds chosen on {seeds_text(found.choose_seeds)}. {report}"


def _trained(found: Comparison) -> str:
    known = {name: where for name, where in found.supervised.items() if where}
    if not known:
        return " No detector was trained on labels."
    return " Trained on another scenario: " + ", ".join(f"{name} on {where}" for name, where in known.items()) + "."


def _seed_note(found: Comparison) -> str:
    fewest = min(len(found.choose_seeds), len(found.report_seeds))
    return "Intervals from so few seeds are rough: too narrow more often than not." if fewest < 10 else ""


def _more_ranking(options: CompareConfig) -> list[Column]:
    columns = []
    for layer, short in (("core", "core"), ("amplifiers", "ampl.")):
        columns += [
            Column(f"{short} AUC, scored alone", "replay", "none", layer, "auc_scored", number),
            Column(f"{short} lift over base rate", "replay", "none", layer, "lift", count),
            *(Column(f"{short} precision at {k:,}", "replay", "none", layer, f"precision_at_{k}", share)
              for k in options.top),
        ]  # fmt: skip
    return [*columns, Column("public scored", "replay", "none", "operation", "coverage_organic", share)]


def _more_threshold(rule: str, options: CompareConfig) -> list[Column]:
    return [
        Column("core hours", "replay", rule, "core", "median_hours_to_detection", count),
        *(Column(f"ampl. caught before post {k}", "replay", rule, "amplifiers", f"caught_before_{k}_posts", share)
          for k in options.before_posts),
        Column("precision", "replay", rule, "operation", "precision", share),
        Column("groups half hit", "replay", rule, "all", "communities_half_hit", share),
        *_averted(rule),
    ]  # fmt: skip


def _averted(rule: str) -> list[Column]:
    return [Column("impressions averted", "replay", rule, "all", "impressions_averted", share)]


def _loop_columns(rule: str) -> list[Column]:
    return [
        Column("reach cut off", "loop", rule, "all", "reach_cut_off", share),
        Column("impressions cut off", "loop", rule, "all", "impressions_cut_off", share),
        Column("people wrongly hit", "loop", rule, "all", "organic_suspended", count),
        Column("false-positive rate", "loop", rule, "all", "false_positive_rate", share),
        Column("in the replay", "replay", rule, "operation", "false_positive_rate", share),
        Column("core caught", "loop", rule, "all", "recall_core", share),
        Column("in the replay", "replay", rule, "core", "recall", share),
        Column("ampl. caught", "loop", rule, "all", "recall_amplifiers", share),
        Column("in the replay", "replay", rule, "amplifiers", "recall", share),
    ]


def _table(names: Sequence[str], columns: Sequence[Column], summary: pd.DataFrame, note: str) -> Drawn:
    rows = [[(name, ""), *(cell(summary, name, column) for column in columns)] for name in names]
    return Drawn(["detector", *(_heading(column.heading) for column in columns)], rows, note)


def _heading(text: str) -> str:
    return text.replace("thres-\nhold", "threshold").replace("\n", " ").replace("ampl.", "amplifiers")


def _group_table(names: Sequence[str], groups: pd.DataFrame, rule: str, note: str) -> Drawn:
    if groups.empty:
        return Drawn(["detector"], [], note)
    part = groups[groups["rule"] == rule].set_index(["detector", "by", "group"])
    columns = list(dict.fromkeys((by, group) for _, by, group in part.index))
    rows: list[Cells] = []
    for name in names:
        cells: Cells = [(name, "")]
        for by, group in columns:
            if (name, by, group) not in part.index:
                cells.append(("–", ""))
                continue
            row = part.loc[(name, by, group)]
            told = not math.isnan(row["low"])
            cells.append((count(row["mean"]), between(row["low"], row["high"], count) if told else ""))
        rows.append(cells)
    headings = [f"decile {group}" if by == "activity" else group.replace("_", " ") for by, group in columns]
    return Drawn(["detector", *headings], rows, note)


def _point_table(names: Sequence[str], found: Comparison) -> Drawn:
    rows: list[Cells] = []
    points = found.points.set_index(["detector", "rule"])
    for name in names:
        if (name, "cost") not in points.index:
            continue
        point, budget = points.loc[(name, "cost")], points.loc[(name, "budget")]
        told = not math.isnan(point["low"])
        rows.append(
            [
                (name, ""), (score(budget["threshold"]), ""),
                (score(point["threshold"]), between(point["low"], point["high"], score) if told else ""),
                (count(point["cost"]), ""), (count(point["cost_of_never"]), ""), (score(point["bayes"]), ""),
            ]
        )  # fmt: skip
    headings = [
        "detector", "within the budget", "of least cost", "its cost of a run", "cost of never acting",
        "if scores were probabilities",
    ]  # fmt: skip
    interval = "95% bootstrap interval over them; few seeds give few thresholds to choose from."
    return Drawn(headings, rows, f"Chosen on {seeds_text(found.choose_seeds)}; {interval}{_trained(found)}")


def _prices_text(options: CompareConfig) -> str:
    prices = options.prices
    return (
        f"Prices: {prices.wrongly_suspended:g} for a person hit by mistake, {prices.review_hour:g} for an hour of "
        f"review ({prices.review_hours:g} h for each account acted upon), {prices.impression:g} for an impression."
    )


def _origin_text(origin: dict[str, Any]) -> str:
    command = " ".join(map(str, origin["command"]))
    commit = origin["commit"] or "no commit"
    return f"{command}; commit {commit}; code {origin['code_sha256'][:12]}; written {origin['written']}."
