"""Archives on the command line: what `task=archive` and `task=describe` read, and the archive of a takedown wave.

`task=describe` says what an archive's files hold, beside the record; `task=simulate` writes the archive that an
investigation published in the run.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich import box
from rich.table import Table

from experiments.report.layout import text
from experiments.store.results import write_json
from sim import InfluenceModel
from sim.archive import View, describe, write_wave
from sim.config import ConfigError
from sim.config.checks import check_ranges, date_of, ranged


@dataclass(frozen=True, kw_only=True)
class PublishConfig:
    """What `task=archive` and `task=simulate` read besides the configuration of a run."""

    hash_below: int = ranged(0, 2**31 - 1)  # accounts with 1 to this many followers less one are hashed

    def __post_init__(self) -> None:
        check_ranges(self, "publish")


@dataclass(frozen=True, kw_only=True)
class DescribeConfig:
    """How `task=describe` looks at an archive."""

    date: str | None  # on which accounts are so old; null: the day after the newest post or account
    time_zone: str  # of hours and months
    languages: list[str]  # of the posts that count for hours and months; none: all
    busiest_days: int = ranged(1, 100_000)

    def __post_init__(self) -> None:
        check_ranges(self, "describe")
        if self.date is not None:
            date_of("describe.date", self.date)
        try:
            ZoneInfo(self.time_zone)
        except (KeyError, ValueError, OSError):  # no such zone; no name of a zone; the name of a folder
            raise ConfigError(
                f"describe.time_zone must be the name of a time zone, such as Asia/Hong_Kong; got {self.time_zone!r}."
            ) from None

    def view(self) -> View:
        """Return the same as `sim.archive.describe` takes it."""
        date = None if self.date is None else dt.date.fromisoformat(self.date)
        return View(date, self.time_zone, tuple(self.languages), self.busiest_days)


@dataclass(frozen=True)
class Line:
    """A line of the table: a statistic, and what the record of August 2019 has."""

    name: str
    label: str
    kind: str  # count, share, number (two digits), plain or text
    real: float | str | None = None
    row: int | None = None  # of the record's table in docs/validation.md
    note: str = ""  # what is to be known of the real value


# The real values: computed from the archive's user records and published charts, but for those with a note.
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
    Line("office_hours_share", "posts at 09:00–17:59", "share", 0.94, 8),
    Line("busiest_hour", "busiest hour", "count", 11, 8),
)  # fmt: skip
# Chinese and English posts of the archive by month, Hong Kong time; account languages of its first set, 744 records.
MONTHS = {"2019-05": 2_900.0, "2019-06": 9_300.0, "2019-07": 23_300.0}
LANGUAGES = {"zh": 582 / 744, "en": 104 / 744, "ru": 36 / 744}
_SHOWN = 4  # months, and languages


def publish_wave(model: InfluenceModel, folder: Path, options: PublishConfig, shown: str) -> str | None:
    """Write the archive that a run's investigation published, and return what is told of it; None where it did not.

    Parameters
    ----------
    model : InfluenceModel
    folder : Path
        Of the archive.
    options : PublishConfig
    shown : str
        The folder as it is told.
    """
    try:
        n = write_wave(model, folder, hash_below=options.hash_below)
    except ConfigError as error:  # nothing that the user must put right: a run of that time is as good as any other
        return f"the takedown wave's archive is not written: {error}"
    return f"{n:,} accounts of the takedown wave published in {shown}" if n else None


def files_of(value: Any) -> list[str]:
    """Return the files that the key `archive` names: one, or a list."""
    files = [value] if isinstance(value, str) else value
    if not isinstance(files, list) or not files or not all(isinstance(file, str) and file for file in files):
        raise ConfigError(f"archive must name a file, or a list of files [users.csv,tweets.csv]; got {value!r}.")
    return files


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
    write_json(
        {"files": files, "describe": asdict(options), "statistics": found, "record": real}, folder / "statistics.json"
    )
    return describe_table(found, options)


def describe_table(found: Mapping[str, Any], options: DescribeConfig) -> Table:
    """Return an archive's statistics beside those of the record."""
    languages = ", ".join(options.languages) or "any language"
    caption = f"hours and months in {options.time_zone}, posts in {languages}; {options.busiest_days} busiest days"
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
