"""`takedown task=describe`: what an archive's files hold, beside the record of August 2019."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table

from experiments.cli.config import DescribeConfig, files_of
from experiments.cli.errors import shown
from experiments.cli.job import Job
from experiments.cli.occupied import check_statistics
from experiments.report.layout import text
from experiments.report.terminal import console
from experiments.score.config import ScoreConfig
from experiments.score.describe import LOG_LINES, log_statistics
from experiments.score.read import read_log
from experiments.store.results import check_writable, write_json
from sim.archive import describe
from sim.config import ConfigError
from sim.config.composition import resolved


@dataclass(frozen=True)
class Line:
    """A line of the table: a statistic, and what the record of August 2019 has."""

    name: str
    label: str
    kind: str  # count, share, number (two digits), plain or text
    real: float | str | None = None
    row: int | None = None  # of the record's table in docs/validation.md
    note: str = ""  # what is to be known of the real value


# The real values: computed from the archive's user records and published charts, except those with a note.
LINES = (
    Line("accounts", "accounts", "count", 940, 1),
    Line("accounts_with_posts", "  of them with posts", "count", 890, 1),
    Line("never_posted_share", "never posted", "share", 0.05, 2, "about"),
    Line("followers_5000_share", "5,000 followers or more", "share", 0.386, 3),
    Line("followers_log_mean", "  mean of ln(followers)", "number", 9.91, 3),
    Line("followers_log_sd", "  standard deviation", "number", 0.73, 3),
    Line("followers_below_10_share", "fewer than 10 followers", "share", 0.5, 4, "at most"),
    Line("followers_zero_share", "  none shown", "share", 0.29, 4),
    Line("age_days_min", "age in days, least", "plain", 104, 5),
    Line("age_days_quartile_1", "  first quartile", "plain"),
    Line("age_days_median", "  median", "plain", 731, 5),
    Line("age_days_quartile_3", "  third quartile", "plain", 2338, 5),
    Line("created_before_2017_share", "from before 2017", "share", 425 / 940, 5),
    Line("created_before_2017_followers_5000_share", "  of them 5,000 followers", "share", 0.73, 5),
    Line("created_from_2017_followers_median", "from 2017 on: median followers", "plain", 1, 5),
    Line("newest_account", "newest account", "text", "2019-05-07", 5),
    Line("created_on_busiest_days_share", "created on the busiest days", "share", 0.33, 6),
    Line("largest_batch_share", "  largest batch", "share", 119 / 940, 6),
    Line("second_batch_share", "  second largest", "share", 97 / 940, 6),
    Line("created_in_last_four_months_share", "created in the 4 months before", "share", 0.54, 7, "September set"),
    Line("empty_bio_share", "empty bio", "share", 0.75, None, "about"),
    Line("posts", "posts", "count", 3_614_909, 9),
    Line("repost_share", "reposts", "share", 0.288, 10),
    Line("office_hours_share", "posts at 09:00–17:59", "share", 0.94, 8, "Hong Kong"),
    Line("busiest_hour", "busiest hour", "count", 11, 8, "Hong Kong"),
)  # fmt: skip
# Chinese and English posts of the archive by month, Hong Kong time; account languages of its first set, 744 records.
MONTHS = {"2019-05": 2_900.0, "2019-06": 9_300.0, "2019-07": 23_300.0}
LANGUAGES = {"zh": 582 / 744, "en": 104 / 744, "ru": 36 / 744}
_SHOWN = 4  # months, and languages


def run(job: Job) -> None:
    """Print what an archive's files hold, beside the record, and write it as JSON."""
    options = job.options(DescribeConfig, "describe")
    log = resolved(job.config, "log")
    if log is not None and resolved(job.config, "archive") is not None:
        raise ConfigError("archive and log must not be given together: archive is of the published schema, log any.")
    files = files_of(resolved(job.config, "archive"), "archive") if log is None else files_of(log, "log")
    check_writable(job.folder)
    check_statistics(job.folder, _asked(files, options))
    table = describe_files(files, options, job.folder) if log is None else _describe_log(files, options, job)
    out = console()
    out.print(table)
    out.print(shown(job.folder / "statistics.json"), soft_wrap=True)


def _describe_log(files: list[str], options: DescribeConfig, job: Job) -> Table:
    """Describe a log of any form, write `statistics.json`, and return the table that is printed."""
    reading = job.options(ScoreConfig, "score")
    log = read_log(
        files, reading.columns, duplicates=reading.duplicates, time_unit=reading.time_unit, time_zone=options.time_zone
    )
    found = log_statistics(log, options.time_zone or "UTC")
    write_json({**_asked(files, options), "statistics": found}, job.folder / "statistics.json")
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=text("A log", "table.title"))
    drawn.caption = text(f"hours in {options.time_zone or 'UTC'}. {' '.join(log.notes)}", "table.caption")
    drawn.add_column("statistic", overflow="fold")
    drawn.add_column("this log", justify="right", overflow="fold")
    for name, label, kind in LOG_LINES:
        drawn.add_row(text(label), text(_shown(found[name], kind)))
    return drawn


def describe_files(files: list[str], options: DescribeConfig, folder: Path) -> Table:
    """Describe an archive's files, write `statistics.json`, and return the table that is printed."""
    found = describe(files, options.view())
    real: dict[str, Any] = {
        line.name: {"value": line.real, "row": line.row, "note": line.note} for line in LINES if line.real
    }
    real |= {
        "posts_by_month": {"value": MONTHS, "row": 9, "note": "Chinese and English posts"},
        "account_languages": {"value": LANGUAGES, "row": None, "note": "first set"},
    }
    write_json({**_asked(files, options), "statistics": found, "record": real}, folder / "statistics.json")
    return describe_table(found, options)


def _asked(files: list[str], options: DescribeConfig) -> dict[str, Any]:
    return {"files": files, "describe": asdict(options)}


def describe_table(found: Mapping[str, Any], options: DescribeConfig) -> Table:
    """Return an archive's statistics beside those of the record."""
    languages = ", ".join(options.languages) or "any language"
    caption = (
        f"hours and months in {options.time_zone or 'UTC'}, posts in {languages}; {options.busiest_days} busiest days"
    )
    title = f"An archive as of {found['date'] or 'no date'}"
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=text(title, "table.title"))
    drawn.caption = text(caption, "table.caption")
    drawn.add_column("statistic", overflow="fold")
    drawn.add_column("this archive", justify="right", overflow="fold")
    drawn.add_column("August 2019", justify="right", overflow="fold")
    drawn.add_column("row", justify="right")
    lines = [
        *((line, found.get(line.name)) for line in LINES),
        *((_of_month(month), count) for month, count in list(found.get("posts_by_month", {}).items())[-_SHOWN:]),
        *((_of_language(name), share) for name, share in list(found["account_languages"].items())[:_SHOWN]),
    ]
    for line, value in lines:
        real = " ".join(filter(None, (line.note, _shown(line.real, line.kind))))
        row = "" if line.row is None else str(line.row)
        drawn.add_row(*map(text, (line.label, _shown(value, line.kind), real, row)))
    return drawn


def _of_month(month: str) -> Line:
    return Line(month, f"posts in {month}", "count", MONTHS.get(month), 9 if month in MONTHS else None)


def _of_language(name: str) -> Line:
    return Line(name, f"account language {name}", "share", LANGUAGES.get(name))


def _shown(value: float | str | None, kind: str) -> str:
    if value is None:
        return "–"
    if kind == "text":
        return str(value)
    return {"count": "{:,.0f}", "share": "{:.1%}", "number": "{:.2f}", "plain": "{:,g}"}[kind].format(value)
