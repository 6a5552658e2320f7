"""The report of a comparison: what it says of seeds, groups and training, and texts from outside in it."""

from __future__ import annotations

import io
import math

import pandas as pd
import pytest
from rich.console import Console

from detectors.evaluation.intervals import TOO_FEW
from experiments.report.comparison_columns import between, share
from experiments.report.comparison_figures import areas, figures, threshold
from experiments.report.comparison_table import tables
from experiments.report.html import html_report
from experiments.report.html_tables import community_table, point_table
from experiments.report.style import label, look, ordered
from experiments.store.results import provenance
from tests.experiments.compare.test_run import options
from tests.experiments.page import Page
from tests.experiments.synthetic import synthetic_comparison


def printed(found) -> str:
    """Return a comparison's tables as a console that knows markup would print them, words apart by one space."""
    shown = Console(width=80, record=True, file=io.StringIO())
    for table in tables(found, found.summary(), "budget").values():
        shown.print(table)
    return " ".join(shown.export_text().split())


def test_a_row_on_fewer_seeds_than_others_says_so_in_the_terminal_and_in_the_report():
    found = synthetic_comparison(["random", "lost"])
    rows = found.measures
    found.measures = rows[(rows["detector"] == "random") | (rows["seed"] == 4)]
    found.failures = [("lost", "detector Lost: score() raised KeyError: 'x'")]
    text = printed(found)
    assert text.count("1 of 2 seeds") == 4
    assert text.count("lost failed before the end") == 4
    page = Page(html_report(found, options(["random", "lost"]), "hk2019", provenance([1])))
    assert page.texts.count("1 of 2 seeds") >= 4  # beside its name in each table
    captions = [text for text in page.texts if "Reported on seeds 4 to 5" in text]
    assert all("lost failed before the end: 1 of 2 seeds" in text for text in captions)
    whole = Page(html_report(synthetic_comparison(["random"]), options(["random"]), "hk2019", provenance([1])))
    assert "1 of 2 seeds" not in " ".join(whole.texts)


def test_the_groups_hit_worst_are_named_with_kind_size_and_share():
    found = synthetic_comparison(["random"])
    each = [
        {"detector": "random", "rule": "budget", "by": "each_community", "seed": 4, "group": str(i), "accounts": 40,
         "hit": i, "kind": "fan_club"} for i in range(12)
    ]  # fmt: skip
    found.groups = pd.concat([found.groups.assign(kind=""), pd.DataFrame(each)])
    drawn = community_table(found, "budget", "")
    assert [row[4][0] for row in drawn.rows] == ["11", "10", "9", "8", "7"]
    assert [text for text, _ in drawn.rows[0]] == ["random", "4", "fan club", "40", "11", "28%"]


def test_the_axis_of_cost_ends_at_zero():
    """Without an operation never acting is free, and no cost is below that."""
    found = synthetic_comparison(["random"])
    free = found.costs.assign(cost=0.0, wrongly_hit=0.0, threshold=float("inf"))
    found.costs = pd.concat([found.costs.assign(cost=9e4), free])
    for costs in (found.costs, free):
        (ax,) = threshold(costs, found.points).axes
        assert ax.get_ylim()[0] == 0.0


def test_names_and_reasons_are_no_html_in_the_report():
    found = synthetic_comparison(["<b>bold</b>"])
    found.failures = [("<script>x</script>", "a < b & c")]
    page = Page(html_report(found, options(["random"]), "hk2019", provenance([1])))
    assert "script" not in page.tags
    assert "b" not in page.tags
    assert "<script>x</script>" in page.texts


def test_the_training_scenario_is_named_beside_each_figure():
    found = synthetic_comparison(["forest"])
    found.supervised = {"forest": "ira2016"}
    page = Page(html_report(found, options(["random"]), "hk2019", provenance([1])))
    captions = [text for text in page.texts if "Reported on seeds 4 to 5" in text]
    assert len(captions) >= 6
    assert all("Trained on another scenario: forest on ira2016." in text for text in captions)


def test_every_detector_looks_different():
    names = ["random", *(f"method_{i}" for i in range(20)), "oracle"]
    assert ordered(names)[0] == "oracle"
    assert ordered(names)[-1] == "random"
    assert len({look(name, names) for name in names}) == len(names)


def test_figures_with_nothing_to_show_are_left_out():
    found = synthetic_comparison(["random"])
    drawn = figures(found, found.summary(), found.group_summary())
    assert set(drawn) == {"areas", "wrongly_hit", "threshold"}


def test_an_interval_is_written_briefly():
    assert between(0.42, 0.47, share) == "42–47%"
    assert between(0.004, 0.47, share) == ".4–47%"
    assert between(0.5, 0.5, share) == "50%"
    assert between(math.nan, math.nan, share) == ""


def test_too_few_seeds_have_no_interval_and_are_dots_in_the_figures():
    few, enough = (synthetic_comparison(["random", "other"], range(1, n + 1)) for n in (4, 5))
    assert few.summary()["low"].isna().all()
    assert TOO_FEW in printed(few)
    assert TOO_FEW in " ".join(Page(html_report(few, options(["random"]), "hk2019", provenance([1]))).texts)
    assert ".51–.55" not in printed(few)
    assert ".51–.55" in printed(enough)  # 0.53 ± 2.776 × 0.0158 / √5
    assert TOO_FEW not in printed(enough)
    for found, points in ((few, 4), (enough, 2)):
        (core, _) = areas(found.summary(), found.measures).axes
        spread, mean = core.get_lines()[:2]
        assert len(spread.get_xdata()) == points
        assert len(mean.get_xdata()) == 1
    assert sorted(areas(few.summary(), few.measures).axes[0].get_lines()[0].get_xdata()) == pytest.approx(
        [0.51, 0.52, 0.53, 0.54]
    )


@pytest.mark.parametrize(("seeds", "below"), [(4, TOO_FEW), (5, ".4–.6")])
def test_a_threshold_has_a_range_of_choices_where_there_are_seeds_enough_and_never_an_interval(seeds, below):
    found = synthetic_comparison(["random"])
    found.choose_seeds = list(range(1, seeds + 1))
    drawn = point_table(["random"], found)
    assert drawn.rows[0][2] == ("0.5", below)
    assert ("range of thresholds chosen on resampled seeds (95% of them)" in drawn.note) == (below != TOO_FEW)
    assert (TOO_FEW in drawn.note) == (below == TOO_FEW)
    assert "interval" not in drawn.note


def test_a_figure_that_some_seeds_leave_undefined_says_on_how_many_it_stands():
    found = synthetic_comparison(["random"], range(1, 8))
    found.measures.loc[found.measures["seed"] == 3, "value"] = math.nan
    assert ".52–.57" in printed(found)  # 0.542 ± 2.571 × 0.0232 / √6
    assert "n=6" in printed(found)
    assert "n: seeds where the figure is defined" in printed(found)
    page = Page(html_report(found, options(["random"]), "hk2019", provenance([1])))
    assert any(text.endswith(", n=6") for text in page.texts)


FOREIGN = "[red]x$y[/]\x1b[31m_{"
SHOWN = "[red]x$y[/]\\x1b[31m_{"


def test_texts_from_outside_are_shown_as_they_stand_and_nothing_of_them_acts():
    found = synthetic_comparison([FOREIGN, "_own"])
    found.supervised = {FOREIGN: FOREIGN}
    found.failures = [(FOREIGN, FOREIGN)]
    found.groups["group"] = FOREIGN
    text = printed(found)
    assert f"{SHOWN} was trained on {SHOWN}" in text
    assert text.count(SHOWN[:18]) == 6  # four names, folded, beside these two
    assert "\x1b" not in text
    page = html_report(found, options(["random"]), FOREIGN, provenance([1], [FOREIGN]))
    assert "\x1b" not in page
    assert " ".join(Page(page).texts).count(SHOWN) > 10
    assert label("_own") == " _own"
    drawn = figures(found, found.summary(), found.group_summary())["areas"]
    names = [text.get_text() for text in drawn.axes[0].get_yticklabels()]
    assert names == [SHOWN.replace("$", r"\$"), " _own"]
