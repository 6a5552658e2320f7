"""August 2019 in a notebook: the scenario and its takedown beside the published record, row by row, misses included.

Row numbers are those of docs/validation.md; what agrees with the record is decided by `experiments.validation.line`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from experiments.lesson.page import SOURCES
from experiments.lesson.probe import of_the_case
from experiments.validation.amplifiers import amplifier_lines
from experiments.validation.line import Line, amount, band, share, summaries, unknown, written
from experiments.validation.operation import share_of, summer_lines, world
from sim import InfluenceModel
from sim.metrics import results
from sim.population.truth import Layer

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

#: Of the month's core: the days that rows 42 to 44 need, and a public that is as good as none, as nobody is read.
_MONTH = ("scenario.start=2019-06-10", "scenario.days=70", "scenario.step_minutes=60")
_PUBLIC = 0.005
_VERDICTS = {"met": "met", "**miss**": "MISS", "–": ""}


def core_lines(seed: int = 1) -> list[Line]:
    """Measure the core from 10 June to 18 August 2019: rows 42, 43, 44 and 47.

    The whole core acts, whatever the scale of other runs, as the record is of the whole; six CPU seconds.
    """
    config = world("hk2019", _PUBLIC, seed, _MONTH)
    model = InfluenceModel(config)
    model.run()
    # The ten busiest days of four months are not to be had from ten weeks.
    return [
        one for one in summer_lines(model) if one.row in ("42", "43", "44", "47") and "busiest days" not in one.quantity
    ]


def amplifier_and_public_lines(model: InfluenceModel) -> list[Line]:
    """Measure who takes part and what amplifiers do in a run that nobody was caught in: rows 1, 11, 12, 13 and 49."""
    head = f"{model.config.scenario.name} at {model.config.scenario.scale:g}: "
    scenario, truth = model.config.scenario, model.world.truth
    followers = model.accounts.follower_count[truth.accounts(Layer.AMPLIFIER)]
    ratio = scenario.n_amplifiers / max(scenario.n_core, 1)
    measured = [
        Line("1", "amplifiers to a core account", amount(200_000 / 936, "214 (about 200,000 to 936)"), "{:.0f}", ratio),
        Line(
            "11",
            "amplifiers without followers",
            share(0.67, "67 to 79%", high=0.79),
            "{:.0%}",
            share_of(followers == 0),
        ),
        Line(
            "11", "amplifiers with fewer than 8 followers", share(0.95, "about 95%"), "{:.0%}", share_of(followers < 8)
        ),
    ]
    for one in amplifier_lines(model):
        if one.row in ("12", "13", "49"):
            measured.append(Line(one.row, one.quantity.removeprefix(head), one.record, one.unit, one.value))
    return measured


def takedown_lines(defended: InfluenceModel, unenforced: InfluenceModel) -> list[Line]:
    """Measure what the defence of 2019 came to: the rows and limits of the page's seventh chapter.

    Parameters
    ----------
    defended, unenforced : InfluenceModel
        Finished runs of one world, with `enforcement=defence` and without enforcement.
    """
    record, text = (
        yaml.safe_load((SOURCES / name).read_text(encoding="utf-8")) for name in ("record.yaml", "text/en.yaml")
    )
    facts, chapter = {name: f"{value:,}" for name, value in record["facts"].items()}, text["august"]
    measures = results(defended.outcome(), unenforced.outcome()) | of_the_case(defended)
    found = []
    for row in record["rows"]:
        value = measures[row["measure"]]
        if "of" in row:
            value = value / measures[row["of"]] if measures[row["of"]] else float("nan")
        said = chapter["said"][row["name"]].format(**facts)
        limits = band(row["least"], row.get("most", 1.0), said) if "least" in row else unknown(said)
        found.append(Line("–", chapter["rows"][row["name"]].format(**facts), limits, "{:.1%}", value))
    return found


def table(runs: Sequence[Sequence[Line]]) -> pd.DataFrame:
    """Return lines, of one run or of several seeds, as a table: record, mean simulated value, and what is missed."""
    import pandas as pd

    rows = [
        (
            one.line.row,
            one.line.quantity,
            one.record.text or written(one.line.unit, one.record.low),
            written(one.line.unit, one.mean),
            _VERDICTS[one.verdict],
        )
        for one in summaries(runs)
    ]
    return pd.DataFrame(rows, columns=["row", "quantity", "record", "simulated", ""]).set_index("row")
