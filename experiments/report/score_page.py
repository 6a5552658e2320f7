"""A scored log as one HTML file that opens without a network."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from experiments.report.page import Cells, Drawn, Section, render
from experiments.score.agreement import rank_correlations
from experiments.score.run import Result, Scored
from experiments.score.truth import RATES, measures

_TOP = 20  # accounts that are listed
_GROUPS = 5  # of a detector
_MEMBERS = 5  # of a group
_MEANING = (
    "It is no probability. Detectors put their scores on scales of their own: 0.7 of one is not 0.7 of another.",
    'No number is "the" threshold. In a week of real reposts about one contested topic, most of them by people, '
    "methods that compare accounts score many of them high: fans, activists and newsrooms act together as well. "
    "What a threshold costs depends on how many people are in the log.",
    "An account without a score is not cleared: it did too little for that method.",
    "Coordination is no proof of inauthenticity. A score says that accounts act alike, not who runs them.",
    "To review, begin at the top of scores.csv, look at what the evidence names, decide, and go on until most of what "
    "you see is innocent. The share of innocent ones on the way down is your precision; keep note of it.",
    "Groups say more than accounts: look at the biggest in groups.csv, what they share, when they were made.",
)  # fmt: skip


def score_report(found: Result, table: pd.DataFrame, origin: dict[str, Any]) -> str:
    """Return the report.

    Parameters
    ----------
    found : Result
    table : DataFrame
        `experiments.score.files.score_table`.
    origin : dict
        `experiments.store.results.provenance`.
    """
    sections = [
        Section(
            "What was scored?",
            "Each method sees what its columns hold and scores the accounts that did enough of it; the others stay "
            "empty. The highest score may be shared by many.",
            tables=[_scored_table(found)],
        ),
        *([_labelled(found)] if found.log.labels is not None else []),
        Section(
            "Who stands highest?",
            "Accounts by their mean rank over all methods, those that a method left unscored below all others in it. "
            "Reasons are written for the accounts at the top of each method.",
            tables=[_top_table(found, table)],
        ),
        Section(
            "Which groups are the biggest?",
            "Groups are the connected parts of a method's network after its cut. A lower cut (score.edges_share) joins "
            "groups, up to one of nearly everybody.",
            tables=[_group_table(found)],
        ),
        Section(
            "Do the methods agree?",
            "Rank correlation (Spearman) over the accounts that both score: 1 for the same order, 0 for none. Methods "
            "that look at different behaviour may disagree and both be right.",
            tables=[_agreement_table(found)],
        ),
        Section(
            "Which methods were left out?",
            "They need what the log does not hold, or labelled runs to learn from.",
            tables=[Drawn(["detector", "why"], [[(name, ""), (why, "")] for name, why in found.left_out.items()], "")],
        ),
    ]  # fmt: skip
    return render(
        "score.html.j2", title="A log, scored", opening=_opening(found), failures=list(found.failed.items()),
        sections=sections, notes=[*found.log.notes, *found.notes], meaning=_MEANING,
        origin=f"{' '.join(map(str, origin['command']))}; code {origin['code_sha256'][:12]}; {origin['written']}.",
    )  # fmt: skip


def _opening(found: Result) -> str:
    """Say in words what there was and what came of it."""
    log = found.log
    reposts = int(np.count_nonzero(log.kind))
    names = ", ".join(one.name for one in found.scored)
    groups = [one for one in found.scored if one.network is not None and one.network.groups]
    biggest = max(groups, key=lambda one: one.network.groups[0].size, default=None) if groups else None  # type: ignore[union-attr]
    said = (
        f" The biggest group has {biggest.network.groups[0].size:,} accounts ({biggest.name})."  # type: ignore[union-attr]
        if biggest is not None
        else ""
    )
    return (
        f"{log.time.size:,} acts ({reposts:,} reposts) by {int(log.acting().sum()):,} accounts, {_day(log.start)} to "
        f"{_day(log.end - 1)} UTC, scored by {len(found.scored)} methods: {names}.{said}"
    )


def _day(second: int) -> str:
    return f"{dt.datetime.fromtimestamp(second, dt.UTC):%Y-%m-%d %H:%M}"


def _scored_table(found: Result) -> Drawn:
    acting = found.log.acting()
    rows: list[Cells] = []
    for one in found.scored:
        scores = one.scores[acting & ~np.isnan(one.scores)]
        highest = scores.max() if scores.size else float("nan")
        rows.append(
            [
                (one.name, ""), (f"{scores.size:,}", f"{scores.size / acting.sum():.1%}"), (_number(highest), ""),
                (f"{np.count_nonzero(scores == highest):,}", ""),
                *((_number(np.quantile(scores, q)) if scores.size else "–", "") for q in (0.5, 0.9, 0.99)),
                (_window(one, found), ""), (f"{one.cpu_seconds:.2g}", ""),
            ]
        )  # fmt: skip
    headings = [
        "detector", "accounts scored", "highest score", "accounts at it", "median", "90%", "99%", "window (hours)",
        "CPU seconds",
    ]  # fmt: skip
    return Drawn(headings, rows, "Median, 90% and 99%: of the scores of accounts that have one.")


def _window(one: Scored, found: Result) -> str:
    if not one.windows:
        return "–"
    longest = max(one.windows)
    return "the whole log" if longest >= found.log.hours else f"{longest:g}"


def _top_table(found: Result, table: pd.DataFrame) -> Drawn:
    names = [one.name for one in found.scored]
    rows: list[Cells] = []
    for _, row in table.head(_TOP).iterrows():
        rows.append(
            [(str(row["account"]), ""), *((_number(row[name]), "") for name in names), (row["evidence"] or "–", "")]
        )
    return Drawn(["account", *names, "why"], rows, f"The first {len(rows)} of {len(table):,}; scores.csv has all.")


def _group_table(found: Result) -> Drawn:
    rows: list[Cells] = []
    notes: list[str] = []
    for one in found.scored:
        if one.network is None:
            continue
        notes.append(f"{one.name}: {one.network.said}")
        for number, group in enumerate(one.network.groups[:_GROUPS], 1):
            members = ", ".join(found.log.ids[int(account)].as_py() for account in group[:_MEMBERS])
            more = f" and {group.size - _MEMBERS:,} more" if group.size > _MEMBERS else ""
            rows.append([(one.name, ""), (f"{number}", ""), (f"{group.size:,}", ""), (members + more, "")])
    return Drawn(["detector", "group", "accounts", "members"], rows, " ".join(notes) or "No method ties accounts here.")


def _agreement_table(found: Result) -> Drawn:
    names, correlation, both = rank_correlations(found)
    rows: list[Cells] = [
        [(name, ""), *((_number(correlation[i, j]), f"{both[i, j]:,}") for j in range(len(names)))]
        for i, name in enumerate(names)
    ]
    return Drawn(["detector", *names], rows, "Below: accounts that both score.")


def _labelled(found: Result) -> Section:
    labels = found.log.labels
    assert labels is not None
    acting = found.log.acting()
    rows: list[Cells] = []
    keys = ["auc", "auc_scored", "partial_auc", "average_precision", "lift", *(f"recall_at_{rate:g}" for rate in RATES)]
    for one in found.scored:
        made = measures(one.scores[acting], labels[acting])
        cells = [(_number(made[key]), "") for key in keys]
        rows.append(
            [(one.name, ""), *cells, (f"{made['coverage']:.0%}", f"{made['coverage_organic']:.0%} of the others")]
        )
    positive, others = (int(np.count_nonzero(labels[acting] == value)) for value in (1, 0))
    return Section(
        "How well do they find the labelled accounts?",
        f"{positive:,} accounts are labelled 1 and {others:,} are labelled 0, a share of "
        f"{positive / max(positive + others, 1):.2%}. Unscored accounts rank below all others.",
        tables=[Drawn(
            ["detector", "AUC", "AUC of scored", "AUC below 1%", "average precision", "its lift over chance",
             *(f"found where {rate:.1%} of the others are hit" for rate in RATES), "scored"],
            rows,
            "Precision depends on the share of labelled accounts, which on a platform is far smaller than in most "
            "files. Controls that were gathered in another way than the log make any method look better.",
        )],
    )  # fmt: skip


def _number(value: float) -> str:
    return "–" if value != value else f"{value:.3f}"
