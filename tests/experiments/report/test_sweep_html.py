"""The report of a sweep: what stands in it, that it loads nothing, and that texts from outside do nothing."""

from __future__ import annotations

import math

import pandas as pd

from experiments.report.sweep import Sweep
from experiments.report.sweep_html import sweep_report
from experiments.store.results import provenance
from tests.experiments.page import Page
from tests.experiments.synthetic import cadence_frame, days_frame, sweep_frame

CONFIG = "task: sweep\nscenario:\n  scale: 0.05\n"
ORIGIN = {**provenance([1, 2, 3], ["task=sweep"]), "written": "2026-01-01", "commit": "abc", "modified": True}
EARLIER = {"earlier": [{"command": ["takedown", "first"], "written": "2025-12-31"}]}


def texts(report: str) -> str:
    return " ".join(" ".join(Page(report).texts).split())


def broken() -> pd.DataFrame:
    table = cadence_frame().reset_index(drop=True)
    table.loc[[1, 2], "failed"] = "ValueError: <b>lost</b>"
    table.loc[[1, 2], "steps"] = 7
    return table


def test_it_says_what_was_found_what_broke_off_and_where_it_comes_from():
    table = broken()
    timings = pd.DataFrame(
        {"key": table["key"], "cpu_seconds": 100.0, "wall_seconds": 90.0, "peak_memory_bytes": 4.1e8, "host": "one"}
    )
    text = texts(sweep_report(Sweep(table), CONFIG, ORIGIN | EARLIER, timings))
    for sentence in Sweep(table).sentences():
        assert sentence in text
    assert "36 runs: detector (2) × enforcement.cadence_hours (3); seeds 1 to 6." in text
    assert "2 of 36 runs broke off and are left out of what is said here:" in text
    assert "ValueError: <b>lost</b> : detector co_repost, enforcement.cadence_hours 24, seed 1, after 7 steps;" in text
    assert "1 of 6 runs broke off" in text
    assert "abc, with changes that are not committed" in text
    assert "numpy " in text
    assert "seeds 1 to 3" in text
    assert "takedown task=sweep" in text
    assert "1 h 0 min in all; a run 100 s, the longest 100 s" in text
    assert "410 MB" in text
    assert "one (36 runs)" in text
    assert "scale: 0.05" in text
    assert "before that takedown first, written 2025-12-31" in text
    assert "before that" not in texts(sweep_report(Sweep(table), CONFIG, ORIGIN | {"earlier": []}))


def test_it_loads_nothing_and_has_a_figure_of_the_sweep_and_of_the_days():
    for sweep, figures in ((Sweep(cadence_frame()), 1), (Sweep(sweep_frame(), days_frame(threshold=0.7)), 2)):
        page = Page(sweep_report(sweep, CONFIG, ORIGIN))
        assert page.tags.count("img") == figures
        assert all(link.startswith("data:image/svg+xml;base64,") for link in page.links)
        assert "script" not in page.tags


def test_the_table_has_every_arm_its_measures_and_intervals():
    page = Page(sweep_report(Sweep(sweep_frame(seeds=6)), CONFIG, ORIGIN))
    assert page.tags.count("tr") == 12  # two methods at five thresholds, the oracle at one, the headings
    assert "false-positive rate, %" in page.texts
    assert "63.5" in page.texts


def test_texts_from_outside_are_no_html_and_control_characters_are_shown():
    foreign = "<script>x</script>\x1b[31m$a$"
    table = broken().replace({"detector": {"fused": foreign}})
    table.loc[1, "failed"] = foreign
    report = sweep_report(Sweep(table), foreign, ORIGIN | {"command": [foreign], "machine": foreign})
    page = Page(report)
    assert "script" not in page.tags
    assert "b" not in page.tags
    assert "\x1b" not in report
    assert " ".join(page.texts).count("<script>x</script>\\x1b[31m$a$") > 5


def test_the_same_input_gives_the_same_text():
    one, other = (sweep_report(Sweep(sweep_frame(), days_frame(threshold=0.7)), CONFIG, ORIGIN) for _ in range(2))
    assert one == other


def test_figures_that_are_drawn_already_are_taken():
    sweep = Sweep(cadence_frame())
    given = sweep_report(sweep, CONFIG, ORIGIN, figures=sweep.figures(x="detector"))
    assert given == sweep_report(sweep, CONFIG, ORIGIN, figures=sweep.figures(x="detector"))
    assert given != sweep_report(sweep, CONFIG, ORIGIN)


def test_a_sweep_that_broke_off_altogether_has_a_report_too():
    table = cadence_frame().assign(failed="lost", reach_cut_off=math.nan, false_positive_rate=math.nan)
    text = texts(sweep_report(Sweep(table), CONFIG, ORIGIN))
    assert "36 of 36 runs broke off" in text
    assert "Nothing can be said of" in text
    assert "and 24 more" in text
