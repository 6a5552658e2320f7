"""The table of one run beside its unenforced twin: the measures that tell what happened and why; the rest on demand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sim.core.text import shown
from sim.metrics import Outcome, results

if TYPE_CHECKING:
    from rich.table import Table

LINES = (
    ("reach", "people reached", "count"),
    ("share_of_reach_by_recommendation", "  first by a recommendation", "share"),
    ("reach_cut_off", "  cut off, against the twin", "share"),
    ("impressions", "impressions", "count"),
    ("impressions_cut_off", "  cut off, against the twin", "share"),
    ("organic_amplification", "reposts by the public", "count"),
    ("people_hit_count", "people hit", "count"),
    ("people_hit_per_million", "  per million", "count"),
    ("people_suspended_per_million", "  suspended, per million", "count"),
    ("people_challenged_passed_per_million", "  challenged alone, and passed", "count"),
    ("person_days_lost", "  person-days lost", "count"),
    ("posts_lost", "  their posts that were not written", "count"),
    ("false_positive_rate", "  false-positive rate", "share"),
    ("precision", "  precision", "share"),
    ("collateral_share", "organic impressions lost", "share"),
    ("recall_core", "personas caught", "share"),
    ("median_hours_to_detection_core", "  median hours to their detection", "hours"),
    ("recall_amplifiers", "amplifiers caught", "share"),
    ("median_hours_to_detection_amplifiers", "  median hours to their detection", "hours"),
    ("amplifiers_suspended_with_at_most_one_post", "  suspended after one post at most", "share"),
    ("replaced", "accounts replaced", "count"),
    ("live_amplifiers", "live amplifiers at the end", "count"),
    ("live_amplifiers_registered_after_first_suspension", "  registered after a suspension", "share"),
    ("cost", "operator's cost, US dollars", "count"),
    ("cost_per_reached_person", "  for each person reached", "number"),
)
#: Lines that follow another, where the takedown was announced within the run.
ANNOUNCED_LINES = {
    name: (
        (f"{name}_before", "    before the announcement", "share"),
        (f"{name}_after", "    from its day on", "share"),
    )
    for name in ("reach_cut_off", "impressions_cut_off")
}
#: The lines of an attribution, where there is one.
PART_LINES = (
    ("reach_lost", "people reached in the twin alone, net", "count"),
    ("reach_lost_readers_silenced", "  silenced themselves", "count"),
    ("reach_lost_operation_removed", "  by the removal of the operation", "count"),
    ("reach_lost_people_removed", "  by that of people who passed it on", "count"),
)


def run_table(
    title: str, outcome: Outcome, twin: Outcome, *, every: bool = False, parts: Mapping[str, float] | None = None
) -> Table:
    """Return one run beside its unenforced twin as a table of at most 80 columns.

    Parameters
    ----------
    title : str
        May come from outside: it is printed as it stands, control characters written out.
    outcome, twin : Outcome
        Of one seed.
    parts : mapping of str to float, optional
        What the drop in reach consists of, as `sim.metrics.attribution` returns it: shown too.
    every : bool
        Whether to show every measure of `sim.metrics.results` by its key instead of those that are read first.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    own, other = results(outcome, twin) | dict(parts or {}), results(twin, twin) | dict.fromkeys(parts or {}, 0.0)
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=Text(shown(title), "table.title"))
    drawn.add_column("measure", overflow="fold")
    drawn.add_column("this run", justify="right", overflow="fold")
    drawn.add_column("unenforced", justify="right", overflow="fold")
    first = LINES + (PART_LINES if parts else ())
    if outcome.announced >= 0:
        first = tuple(found for line in first for found in (line, *ANNOUNCED_LINES.get(line[0], ())))
    lines = [(name, Text(shown(name)), "any") for name in own] if every else first
    for name, label, kind in lines:
        drawn.add_row(label, _written(own[name], kind), _written(other[name], kind))
    return drawn


def _written(value: float, kind: str) -> str:
    if math.isnan(value):
        return "–"
    formats = {
        "count": f"{value:,.0f}",
        "share": f"{100 * value:.2f}%",
        "hours": f"{value:.1f}",
        "number": f"{value:.2f}",
    }
    return formats.get(kind, f"{value:,.4g}")
