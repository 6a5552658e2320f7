"""A comparison as one HTML file that opens without a network: figures, tables, and beside each what it was made on."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

import jinja2

from experiments.compare.config import CompareConfig
from experiments.report.comparison_figures import embedded, figures, ordered
from experiments.report.comparison_table import cost_columns, ranking_columns, seeds_text, threshold_columns
from experiments.report.html_tables import (
    Drawn,
    averted,
    community_table,
    group_table,
    loop_columns,
    more_ranking,
    more_threshold,
    point_table,
    table,
    trained,
)
from experiments.store.comparison import Comparison


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
        `experiments.store.results.provenance`.
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
            [table(names, [*ranking_columns(), *more_ranking(options)], found, report)],
        ),
        Section(
            "What is found before many are wrongly hit?",
            "A platform can afford to act at the left end: 1% of a million people is ten thousand. The ceiling, at "
            "100% throughout, is left out.",
            drawn.get("roc"), "ROC curves below one per cent false positives", report,
        ),
        Section(
            "And at all rates of false positives?",
            "The whole curve, of which the figure above is the left edge. By lot it is the diagonal.",
            drawn.get("roc_whole"), "Whole ROC curves", report,
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
            None, "", "", [table(names, [*threshold_columns("budget"), *more_threshold("budget", options)],
                                  found, chosen)],
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
            [group_table(names, found, groups, "budget", chosen), community_table(found, "budget", chosen)],
        ),
        Section(
            "Which threshold?",
            _prices_text(options) + " The cost of a run adds these up; impressions averted are counted on the recorded "
            "run, as if nobody took the place of who falls. Where never acting costs least, mistakes cost more than "
            "acting spares. The last column is the score from which acting would pay if scores were calibrated "
            "probabilities.",
            drawn.get("threshold"), "Expected cost against people wrongly hit",
            f"Chosen on {seeds_text(found.choose_seeds)}. Marks: least cost.{trained(found)}",
            [point_table(names, found),
             table(names, threshold_columns("cost")[1:5] + averted("cost"), found, chosen)],
        ),
        Section(
            "And in the loop, where acting changes what is seen next?",
            "Each detector runs with the threshold chosen on other seeds; reach is set beside the unenforced twin's."
            if options.loop != "none" else "Not run (compare.loop=none).",
            drawn.get("loop"), "Reach cut off against people wrongly hit", chosen,
            [table(names, loop_columns(options.loop), found, chosen)] if options.loop != "none" else [],
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
            None, "", "", [table(names, cost_columns(), found, report)],
        ),
    ]  # fmt: skip
    opening = (
        f"Every detector was shown the same recorded runs of {scenario}, in which nobody was acted upon, and was then "
        f"run in the loop. {report} {_seed_note(found)}"
    )
    template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(
        files("experiments.report").joinpath("compare.html.j2").read_text(encoding="utf-8")
    )
    return template.render(
        title=f"Detectors compared: {scenario}", opening=opening, failures=found.failures, sections=sections,
        origin=_origin_text(origin),
    )  # fmt: skip


def _made_on(found: Comparison, scenario: str) -> tuple[str, str]:
    """Return what is said beside a figure without and with a threshold."""
    seeds = seeds_text(found.report_seeds)
    interval = "mean and 95% bootstrap interval over them" if len(found.report_seeds) > 1 else "no interval"
    halted = f" Interrupted: {found.stopped_of} seeds were to be reported on." if found.stopped_of is not None else ""
    failed = {name for name, _ in found.failures}
    fewer = [
        f" {name}{' failed before the end' if name in failed else ''}: {', '.join(told)}."
        for name in dict.fromkeys(found.measures["detector"]) if (told := found.fewer_seeds(name))
    ]  # fmt: skip
    report = f"Reported on {seeds} of {scenario} ({interval}).{halted}{''.join(fewer)}{trained(found)}"
    return report, f"Thresholds chosen on {seeds_text(found.choose_seeds)}. {report}"


def _seed_note(found: Comparison) -> str:
    fewest = min(len(found.choose_seeds), len(found.report_seeds))
    return "Intervals from so few seeds are rough: too narrow more often than not." if fewest < 10 else ""


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
