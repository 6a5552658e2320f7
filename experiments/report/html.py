"""A comparison as one HTML file that opens without a network: figures and tables, each with the seeds behind it."""

from __future__ import annotations

from typing import Any

from experiments.compare.config import CompareConfig
from experiments.report.comparison_answer import answer, controls_text, kept_by
from experiments.report.comparison_columns import (
    averted,
    chosen_on,
    cost_columns,
    early_columns,
    exact_columns,
    loop_columns,
    more_ranking,
    more_threshold,
    ranking_columns,
    threshold_columns,
    trained,
)
from experiments.report.comparison_figures import figures
from experiments.report.comparison_sizes import settings_table, size_table, sizes_text
from experiments.report.html_tables import (
    acting_table,
    community_table,
    difference_table,
    group_tables,
    point_table,
    table,
)
from experiments.report.page import Section, render
from experiments.report.style import embedded, ordered, over_seeds, seeds_text
from experiments.store.against import TRIVIAL_RULES
from experiments.store.comparison import Comparison


def html_report(found: Comparison, options: CompareConfig, scenario: str, origin: dict[str, Any]) -> str:
    """Return the report.

    Parameters
    ----------
    found : Comparison
    options : CompareConfig
        Its budget and prices are stated in the report.
    scenario : str
        The scenario that the detectors were tried on.
    origin : dict
        `experiments.store.results.provenance`.
    """
    summary, groups = found.summary(), found.group_summary()
    drawn = {name: embedded(figure) for name, figure in figures(found, summary, groups).items()}
    report, chosen = _captions(found, scenario)
    names = ordered(summary["detector"])
    budget = f"{1e6 * options.false_positive_budget:,.0f} people wrongly hit per million"
    kept = kept_by(found, options)
    sections = [
        Section(
            "What was compared?", f"{controls_text(options)} Parameters are those of the first seed.",
            tables=[size_table(found), settings_table(found)],
        ),
        Section(
            "What is found where exactly so many people are hit?",
            "Detectors are set side by side where the same share of people is hit; of accounts with one score some are "
            "taken at random. Thresholds chosen beforehand hit different numbers of people and so rank nothing. "
            "The last columns are the share of the accounts taken that would be the operation's if it were as rare "
            "as they say: here it is far more frequent than on a platform. In the figure the ceiling, which is at "
            "100% throughout, is left out.",
            drawn.get("roc"), "ROC curves below one per cent false positives", report,
            [table(names, exact_columns(found), found, report)],
        ),
        Section(
            "Is a method better than the others, and than a trivial rule?",
            "Differences in points, of detectors on the same seeds. Trivial rules look at one account at a time: "
            f"{', '.join(TRIVIAL_RULES)}. Whichever other detector, or other trivial rule, has the highest mean is "
            "what a detector is set against.",
            tables=[difference_table(found, options.loop if options.loop != "none" else "budget")],
        ),
        Section(
            "Who is ranked above whom?",
            "The area under the ROC curve is the chance that an account of the layer scores above an organic one. "
            "Unscored accounts rank below all others: what a detector does not score counts against it. So an area "
            "over all accounts may say no more than who acts. Beside it stand accounts that acted alone: the area, "
            "the shares that are scored, and the area among those. Below 1% false positives the area is "
            "standardised: 0.5 at random, 1 at best. Average precision is held against the base rate: lift is "
            "their ratio.",
            drawn.get("areas"), "Area under the ROC curve by detector", report,
            [table(names, [*ranking_columns(layer), *more_ranking(layer, options)], found, f"{called}. {report}")
             for layer, called in (("core", "The core"), ("amplifiers", "Amplifiers"))],
        ),
        Section(
            "And at all false-positive rates?",
            "The whole curve; the figure above shows its left edge. Random scores give the diagonal.",
            drawn.get("roc_whole"), "Whole ROC curves", report,
        ),
        Section(
            "How many of the accounts caught are the operation's?",
            "A curve ends where a detector has scored no further account of the layer. The ceiling (100%) is left out.",
            drawn.get("precision_recall"), "Precision against recall", report,
        ),
        Section(
            "What is caught at a threshold chosen beforehand?",
            f"The lowest threshold at which {kept} kept to {budget} on the seeds that it was chosen on, evaluated on "
            "the others, where it may exceed the budget.",
            None, "", "", [table(names, [*threshold_columns("budget", found), *more_threshold("budget", found)],
                                  found, chosen)],
        ),
        Section(
            "How early?",
            "From an account's first act to the time at which a suspension takes effect; zero if that comes first. All "
            "that acted count, the accounts never caught too, and those that began less than so many days before "
            "the end.",
            drawn.get("detection"), "Share caught against days since the first act", chosen,
            [table(names, early_columns("budget", found, options), found, chosen)],
        ),
        Section(
            "Who is wrongly hit?",
            "Organic accounts hit per million of their group, at the threshold within the budget. Deciles of activity "
            "count acts in the unenforced run; accounts with equally many acts share one, so that some are empty.",
            drawn.get("wrongly_hit"), "People wrongly hit by group", chosen,
            [*group_tables(names, found, groups, "budget", chosen), community_table(found, "budget", chosen)],
        ),
        Section(
            "Which threshold?",
            _prices_text(options) + " The cost of a run is their sum. Impressions averted are counted on the recorded "
            "run, where suspended accounts are not replaced. Where never acting costs least, mistakes cost more than "
            "acting saves. The last column is the score from which acting would pay if scores were calibrated "
            "probabilities.",
            drawn.get("threshold"), "Expected cost against people wrongly hit",
            f"Chosen on {chosen_on(found)}. The marks are at the least cost.{trained(found)}",
            [point_table(names, found), acting_table(names, found),
             table(names, [*threshold_columns("cost", found)[1:-1], averted("cost")], found, chosen)],
        ),
        Section(
            "And in the loop, where acting changes what the detector sees next?",
            "Each detector runs at the threshold chosen on other seeds; reach is compared with the unenforced twin's."
            if options.loop != "none" else "Not run (compare.loop=none).",
            drawn.get("loop"), "Reach cut off against people wrongly hit", chosen,
            [table(names, loop_columns(options.loop), found, chosen)] if options.loop != "none" else [],
        ),
        Section(
            "Are scores probabilities?",
            "Share of operation accounts (core and amplifiers) in ten bins of scores. A score need not be a "
            "probability; if it is, the points lie on the diagonal.",
            drawn.get("calibration"), "Share of operation accounts against score", report,
        ),
        Section(
            "What does a detector cost?",
            "CPU time of observe and score (user and system, all threads), and the rise of the process's resident "
            "memory above that before the replay, including the step passed to the detector.",
            None, "", "", [table(names, cost_columns(), found, report)],
        ),
    ]  # fmt: skip
    sizes, seeds = (
        sizes_text(found),
        f"{scenario}, thresholds chosen on {chosen_on(found)}, reported on {seeds_text(found.report_seeds)}",
    )
    opening = (
        f"Every detector was given the same recorded runs of {scenario}, without enforcement, and was then run in the "
        f"loop. {report}"
    )
    return render(
        "compare.html.j2", title=f"Detectors compared: {scenario}", under=". ".join(filter(None, (sizes, seeds))) + ".",
        answer=answer(found, options), opening=opening, failures=found.failures, sections=sections,
        origin=_origin_text(origin),
    )  # fmt: skip


def _captions(found: Comparison, scenario: str) -> tuple[str, str]:
    """Return the captions of figures without and with a threshold: which seeds they are made on."""
    seeds = seeds_text(found.report_seeds)
    interval = over_seeds(len(found.report_seeds), "dots in the figures")
    halted = f" Interrupted: {found.stopped_of} seeds were to be reported on." if found.stopped_of is not None else ""
    failed = {name for name, _ in found.failures}
    fewer = [
        f" {name}{' failed before the end' if name in failed else ''}: {', '.join(notes)}."
        for name in dict.fromkeys(found.measures["detector"]) if (notes := found.fewer_seeds(name))
    ]  # fmt: skip
    report = f"Reported on {seeds} of {scenario} ({interval}).{halted}{''.join(fewer)}{trained(found)}"
    return report, f"Thresholds chosen on {chosen_on(found)}. {report}"


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
