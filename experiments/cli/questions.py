"""What answers a sweep's question beside its table: within a budget, without each part, or along its figure's axis."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from omegaconf import DictConfig, OmegaConf

from experiments.cli.config import FigureConfig
from experiments.report.budget import budget_figure, budget_sentences
from experiments.report.each_value import each_value
from experiments.report.left_out import left_out_figure, left_out_sentences
from experiments.report.sweep import Sweep
from experiments.store.arms import arm_columns, find_column
from experiments.store.budget import within_budget
from experiments.store.left_out import left_out
from experiments.store.paired import CHOSEN_BY, crossed

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Answer:
    """Figures by the names of their files, which come before the sweep's own, and sentences in place of its own."""

    figures: dict[str, Figure] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)


def answer_of(sweep: Sweep, config: DictConfig, figure: FigureConfig) -> Answer:
    """Return what `sweep.most_hit`, `sweep.whole` or else `sweep.figure` asks for; empty where they ask for nothing.

    Parameters
    ----------
    sweep : Sweep
    config : DictConfig
        Of the command that ran it.
    figure : FigureConfig

    Raises
    ------
    ConfigError
        A column or a measure does not exist.
    """
    table, measure = sweep.table, figure.y or CHOSEN_BY
    if (whole := OmegaConf.select(config, "sweep.whole")) is not None:
        parts = {str(name): i for i, name in enumerate(config.sweep.points)}  # in their order, not that of the table
        found = left_out(table.sort_values("detector", key=lambda names: names.map(parts)), whole, measure)
        return Answer(
            {"left_out": left_out_figure(found, whole, measure, sweep.about)},
            left_out_sentences(found, whole, measure, round(config.scenario.core * config.scenario.scale)),
        )
    if (most_hit := OmegaConf.select(config, "sweep.most_hit")) is not None:
        chosen = within_budget(table, most_hit)
        drawn = {} if chosen.empty else {"within_budget": budget_figure(chosen, most_hit, sweep.about)}
        return Answer(drawn, budget_sentences(chosen, most_hit))
    x = None if figure.x is None else find_column(figure.x, [*arm_columns(table), *sweep.measures], "x =")
    if x is None or x not in sweep.arms or not crossed(table, x):
        return Answer()
    hue = None if figure.hue is None else find_column(figure.hue, arm_columns(table), "hue =")
    hue = hue if hue in sweep.arms else None
    return Answer(sentences=each_value(table, x, hue, find_column(measure, sweep.measures, "measure")))
