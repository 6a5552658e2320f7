"""Every value of an axis against the first, a sentence for each colour."""

from __future__ import annotations

import math

from experiments.report.each_value import each_value
from tests.experiments.synthetic import cadence_frame

CADENCE = "enforcement.cadence_hours"


def test_each_colour_has_a_sentence_of_paired_differences():
    said = each_value(cadence_frame(seeds=20), CADENCE, "detector", "reach_cut_off")
    assert [text.split(":")[0] for text in said] == ["With detector = co_repost", "With detector = fused"]
    table = (
        cadence_frame(seeds=20)
        .query("detector == 'fused'")
        .pivot(index="seed", columns=CADENCE, values="reach_cut_off")
    )
    mean = 100.0 * (table[72] - table[1]).mean()
    assert f"at 72 {mean:+.1f} points (" in said[1]
    assert said[1].endswith(" Over 20 seeds, paired; 95% intervals.")
    assert len(each_value(cadence_frame().query("detector == 'fused'"), CADENCE, None, "reach")) == 1


def test_few_seeds_have_their_range_and_what_broke_off_is_not_known():
    table = cadence_frame(seeds=2).query("detector == 'fused'").copy()
    (said,) = each_value(table, CADENCE, None, "reach")
    assert said == (
        "Reach 1,002 at enforcement.cadence_hours = 1; the change from there: at 24 +23 (23 to 23), at 72 +71 (71 to "
        "71). Over 2 seeds, paired; ranges of the seeds, too few for intervals: this may be chance."
    )
    table.loc[table[CADENCE] == 72, "reach"] = math.nan
    assert "at 72 not known" in each_value(table, CADENCE, None, "reach")[0]
