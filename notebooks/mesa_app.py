"""The model on a page of Mesa's SolaraViz: play, step, reset, and what a class would change.

`pip install '.[viz]'` in a clone, then `solara run notebooks/mesa_app.py`. What is shown is the model itself, at a
small scale: hk2019 with some thousand people, in which one persona more or less changes a figure. docs/validation.md
says what small scales overstate.
"""

from __future__ import annotations

from typing import Any

import solara
from matplotlib.figure import Figure
from mesa.visualization import SolaraViz
from mesa.visualization.utils import update_counter

from sim import InfluenceModel

SCENARIO = "hk2019"
#: Of conf/detector, without those that have to be trained.
DETECTORS = ["co_repost", "null_model", "synchrotrap", "fraudar", "creation_burst", "repost_share", "random", "oracle"]
TACTICS = ["none", "spread_registrations"]
STEPS = 36  # that are run at once: half a day of twenty minutes each


class PageModel(InfluenceModel):
    """The scenario with the few values that the page changes; a step after the last one does nothing.

    Parameters
    ----------
    scale : float
        Of the scenario, in (0, 0.05].
    detector : str
        A name of `DETECTORS`.
    threshold : float
        Acts on accounts that score at least this, in [0, 1].
    ranking : str
        `engagement` or `chronological` (conf/feed).
    tactic : str
        What the operator does otherwise than by plan: a name of `operation.tactics`, or none.
    seed : int
        Key of every draw.
    """

    def __init__(
        self,
        scale: float = 0.005,
        detector: str = "co_repost",
        threshold: float = 0.7,
        ranking: str = "engagement",
        tactic: str = "none",
        seed: int = 1,
    ) -> None:
        self.settings = f"{detector} at {threshold:g}; feeds by {ranking}; operator: {tactic}"
        super().__init__(
            scenario=SCENARIO, scale=scale, seed=seed, detector=detector, threshold=threshold,
            overrides=[f"feed={ranking}", f"operation.tactics=[{'' if tactic == 'none' else tactic}]"],
        )  # fmt: skip

    def step(self) -> None:
        """Run one step, if one is left: the page asks for several at once."""
        if not self.over:
            super().step()


def _caption(model: PageModel) -> str:
    scenario = model.config.scenario
    return f"{SCENARIO} at scale {scenario.scale:g}, {scenario.days} days, seed {model.config.seed}"


@solara.component
def Summary(model: PageModel) -> None:
    """Say in words how far the run is and what it has come to."""
    update_counter.get()
    scenario, meter = model.config.scenario, model.meter
    day = model.step_number * scenario.days / model.n_steps
    solara.Markdown(
        f"**Day {day:.1f} of {scenario.days}** ({_caption(model)}; {model.settings})\n\n"
        f"- people whom the operation reached: {meter.reach:,} of {scenario.n_organic:,}\n"
        f"- people suspended by mistake, now: {meter.suspended('organic'):,}\n"
        f"- personas suspended: {meter.suspended('core'):,} of {scenario.n_core:,}\n"
        f"- amplifiers suspended: {meter.suspended('amplifiers'):,}; alive: {meter.live_amplifiers():,}"
    )


@solara.component
def Network(model: PageModel) -> None:
    """Draw who reposted whom, of some 300 accounts."""
    update_counter.get()
    figure = Figure(figsize=(7.0, 6.0), layout="constrained")
    model.plot_network(nodes=300, ax=figure.add_subplot())
    solara.FigureMatplotlib(figure, format="png")


@solara.component
def Curves(model: PageModel) -> None:
    """Draw people reached and accounts suspended by day."""
    update_counter.get()
    series, days = model.datacollector.series, model.config.scenario.days
    figure = Figure(figsize=(7.0, 6.0), layout="constrained")
    reach, suspended = figure.subplots(2, 1, sharex=True)
    at = [(step + 1) * days / model.n_steps for step in range(model.step_number)]
    reach.plot(at, series["reach"], color="black")
    reach.set_ylabel("people reached")
    reach.set_title(_caption(model), fontsize="medium")
    for layer, line in (("organic", "-"), ("core", "--"), ("amplifiers", ":")):
        name = "people" if layer == "organic" else layer
        suspended.plot(at, series[f"suspended_{layer}"], line, color="black", label=name)
    suspended.set(ylabel="accounts suspended", xlabel="day", xlim=(0, days))
    for axes in (reach, suspended):
        axes.set_ylim(0, max(1, axes.get_ylim()[1]))
    suspended.legend(loc="upper left")
    solara.FigureMatplotlib(figure, format="png")


PARAMETERS: dict[str, Any] = {
    "scale": {"type": "SliderFloat", "value": 0.005, "label": "scale", "min": 0.002, "max": 0.02, "step": 0.001},
    "detector": {"type": "Select", "value": "co_repost", "values": DETECTORS, "label": "detector"},
    "threshold": {"type": "SliderFloat", "value": 0.7, "label": "threshold", "min": 0.0, "max": 1.0, "step": 0.01},
    "ranking": {
        "type": "Select", "value": "engagement", "values": ["engagement", "chronological"], "label": "ranking of feeds",
    },
    "tactic": {"type": "Select", "value": "none", "values": TACTICS, "label": "what the operator does"},
    "seed": {"type": "SliderInt", "value": 1, "label": "seed", "min": 1, "max": 100, "step": 1},
}  # fmt: skip

page = SolaraViz(  # what `solara run` shows
    PageModel(),
    components=[(Summary, 0), (Network, 0), (Curves, 0)],
    model_params=PARAMETERS,
    name="Takedown",
    play_interval=1,
    render_interval=STEPS,
)
