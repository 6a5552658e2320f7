"""A sweep as one HTML file that opens without a network: what it found, figures, table, and how it came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from detectors.evaluation.intervals import MIN_SEEDS
from experiments.report.page import Cells, Drawn, Section, render
from experiments.report.style import embedded
from experiments.report.sweep import Sweep
from experiments.report.sweep_table import sweep_rows
from experiments.report.words import HEADLINE, called, plain, whole_seeds
from experiments.store.arms import value_text, values_of
from experiments.store.summary import is_share

MEASURES = (
    *HEADLINE, "reach", "recall_core", "precision", "median_hours_to_detection_amplifiers", "collateral_share",
    "cost_per_reached_person",
)  # fmt: skip
MOST_RUNS = 12  # broken-off runs that are named for each reason
MOST_SEEDS = 40


def sweep_report(
    sweep: Sweep,
    config_text: str,
    provenance: Mapping[str, Any],
    timings: pd.DataFrame | None = None,
    figures: Mapping[str, Figure] | None = None,
    said: Sequence[str] = (),
    more: Sequence[Section] = (),
) -> str:
    """Return the report of a sweep.

    Parameters
    ----------
    sweep : Sweep
    config_text : str
        The configuration, as YAML.
    provenance : mapping
        `experiments.store.results.provenance`.
    timings : pandas.DataFrame, optional
        A row a run: key, cpu_seconds, wall_seconds, peak_memory_bytes, host, finished.
    figures : mapping, optional
        `sweep.figures(...)`, if they are drawn already.
    said : sequence of str
        What was found; by default `sweep.sentences()`.
    more : sequence of Section
        Further sections, after the figure.

    Returns
    -------
    str
        HTML that loads nothing. The same input gives the same text.
    """
    table = sweep.table
    rows = sweep_rows(table, MEASURES)
    found = list(said) or (sweep.sentences() if "reach_cut_off" in sweep.measures else [])
    what = " × ".join(f"{name} ({table[name].nunique(dropna=False)})" for name in sweep.arms) or "one arm"
    drawn = {name: embedded(figure) for name, figure in (figures or sweep.figures()).items()}
    over_time = drawn.pop("operation_over_time", None)
    sections = [
        Section("The figure", "", next(iter(drawn.values())), "The sweep's figure", _figure_caption(sweep)),
        *more,
        Section(
            "Every arm", "Means over the seeds, below them the 95% interval. Runs that broke off are in no mean.",
            tables=[_table(rows.arms, rows.measures, rows.rows, rows.note)],
        ),
    ]  # fmt: skip
    if over_time:
        sections.insert(
            1,
            Section(
                "Over time", "The arm that cuts off most reach while it hits at most 5% of people, beside its twins: "
                "the same worlds and draws without enforcement.",
                over_time, "The operation over time",
            ),
        )  # fmt: skip
    return render(
        "sweep.html.j2", title=f"Sweep: {what}", opening=f"{len(table)} runs: {what}; {_seeds_text(table)}.",
        found=found, reading=_reading(len(found)), failures=_failures(sweep),
        broke=f"{len(sweep.failed)} of {len(table)} runs broke off and are left out of what is said here:",
        sections=sections, origin=[*_origin(provenance), *_durations(timings)], config=config_text,
    )  # fmt: skip


def _table(arms: list[str], measures: list[str], rows: list[Any], note: str) -> Drawn:
    """Return every arm and measure."""
    headings = [*arms, *(f"{called(name)}{', %' if is_share(name) else ''}" for name in measures)]
    drawn: list[Cells] = []
    for values, broke, cells in rows:
        first: Cells = [(values[0], broke), *((value, "") for value in values[1:])]
        drawn.append([*first, *cells])
    return Drawn(headings, drawn, note[0].upper() + note[1:] + ".")


def _figure_caption(sweep: Sweep) -> str:
    """Return what the figure's marks are."""
    seeds = whole_seeds(sweep.table, "dots")
    return f"{seeds[0].upper()}{seeds[1:]}."


def _reading(sentences: int) -> str:
    """Return how the sentences are to be read."""
    if not sentences:
        return ""
    text = (
        "Runs with one seed share every random draw that they have in common, so arms are compared seed by seed. The "
        f"interval is Student's t on those differences, for {MIN_SEEDS} seeds or more; where thresholds are chosen on "
        "other seeds, the jackknife's, which is wider where the choice wavers."
    )
    if sentences > 1:
        text += " Each interval misses the truth in one case of twenty: among many, some do."
    return text


def _failures(sweep: Sweep) -> list[tuple[str, str]]:
    """Return why runs broke off and which."""
    found = []
    for reason, rows in sweep.failed.groupby("failed", sort=False):
        runs = []
        for _, row in rows.head(MOST_RUNS).iterrows():
            arm = [f"{name} {value_text(row[name])}" for name in sweep.arms]
            runs.append(", ".join([*arm, f"seed {row['seed']}", *_steps(row)]))
        more = f"; and {len(rows) - MOST_RUNS} more" if len(rows) > MOST_RUNS else ""
        found.append((str(reason), "; ".join(runs) + more))
    return found


def _steps(row: pd.Series) -> list[str]:
    return [f"after {row['steps']:g} steps"] if "steps" in row and row["steps"] == row["steps"] else []


def _seeds_text(table: pd.DataFrame) -> str:
    seeds = values_of(table, "seed")
    if len(seeds) > 2 and seeds == list(range(seeds[0], seeds[-1] + 1)):
        return f"seeds {seeds[0]} to {seeds[-1]}"
    more = f" and {len(seeds) - MOST_SEEDS} more" if len(seeds) > MOST_SEEDS else ""
    return f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds[:MOST_SEEDS]))}{more}"


def _origin(provenance: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return where the results come from, in words."""
    found = []
    for name, value in provenance.items():
        if name == "modified":
            continue
        if name == "earlier":
            for one in value:
                command = " ".join(map(str, one.get("command") or []))
                found.append(("before that", f"{command}, written {one.get('written')}"))
        elif name == "commit":
            modified = provenance.get("modified")
            state = "" if modified is None else ", with changes that are not committed" if modified else ", unchanged"
            found.append((name, f"{value}{state}" if value else "none: the code is not in a checkout"))
        elif name == "versions":
            found.append((name, ", ".join(f"{package} {one}" for package, one in value.items() if one)))
        elif name == "command":
            found.append((name, " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)))
        elif name == "seeds" and isinstance(value, list):
            seeds = pd.DataFrame({"seed": value})
            found.append((name, _seeds_text(seeds).partition(" ")[2] if value else "none"))
        elif isinstance(value, Mapping):
            found.append((name.replace("_", " "), ", ".join(f"{key} {one}" for key, one in value.items())))
        else:
            found.append((name.replace("_", " "), str(value)))
    return found


def _durations(timings: pd.DataFrame | None) -> list[tuple[str, str]]:
    """Return what the runs took, all together."""
    if timings is None or timings.empty:
        return []
    cpu, wall = timings["cpu_seconds"], timings["wall_seconds"]
    whole = f"{_duration(float(cpu.sum()))} in all; a run {plain(cpu.mean())} s, the longest {plain(cpu.max())} s"
    found = [
        ("processor time", whole),
        ("time of the runs", f"{_duration(float(wall.sum()))}, added up over processes that worked at the same time"),
        ("memory", f"{timings['peak_memory_bytes'].max() / 1e6:,.0f} MB, the most that a process held"),
    ]
    if "host" in timings:
        hosts = timings["host"].value_counts(sort=False).sort_index()
        found.append(("hosts", ", ".join(f"{name} ({count} runs)" for name, count in hosts.items())))
    return found


def _duration(seconds: float) -> str:
    """Write a duration in its two largest units."""
    hours, rest = divmod(round(seconds), 3600)
    minutes = rest // 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest % 60} s" if minutes else f"{plain(seconds)} s"
