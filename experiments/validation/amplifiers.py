"""Amplifiers beside the record, in each scenario and at several scales: rows 12, 13, 46, 49 and 50.

`python -m experiments.validation.amplifiers`. One unenforced run per scenario, scale and seed. What
an amplifier does in thirty days must be as in the record in every scenario and at every scale, and reach alike.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from experiments.report.terminal import step_progress
from experiments.validation.line import MONTH, Line, band, markdown, rows_met, summaries, unknown
from sim import ConfigError, InfluenceModel, load_scenario
from sim.events.log import post_identity
from sim.events.records import POST, REPOST
from sim.population.truth import Layer

SCENARIOS = ("hk2019", "prc2020", "ira2016")
MONTH_DAYS = 30.0
_DAY = 86_400
_ACTS = band(4.0, 15.0, "4 to 15")


def amplifier_lines(model: InfluenceModel) -> list[Line]:
    """Measure what amplifiers do and what comes of it in one finished run without enforcement."""
    scenario, log = model.config.scenario, model.activity
    where = f"{scenario.name} at {scenario.scale:g}"
    acts, days = acts_and_days(model)
    month = acts[days > 0.0] * MONTH_DAYS / days[days > 0.0]
    amplifier = model.world.truth.layer[log["account"]] == Layer.AMPLIFIER
    persona = model.world.truth.layer[log["account"]] == Layer.CORE
    of_core = model.world.truth.layer[log["author"]] == Layer.CORE
    reposts, post = log["kind"] == REPOST, post_identity(log)
    written = post[persona & (log["kind"] == POST)]
    counts = {
        who: _reposts_each(written, post[by & of_core & reposts])
        for who, by in (("people", log["account"] < scenario.n_organic), ("amplifiers", amplifier))
    }
    campaign = counts["amplifiers"][counts["amplifiers"] > 0]
    return [
        Line("12", f"{where}: acts of an amplifier in thirty days, mean", _ACTS, "{:.1f}",
             MONTH_DAYS * float(acts.sum()) / max(float(days.sum()), 1e-9) if acts.size else float("nan")),
        *(
            Line("46", f"{where}: the same, decile {tenth}", _ACTS if tenth == 5 else unknown(), "{:.1f}",
                 float(np.quantile(month, tenth / 10.0)) if month.size else float("nan"))
            for tenth in (1, 5, 9)
        ),
        Line("13", f"{where}: reposts of a persona's post by people, mean", band(0.0, 0.8, "at most 0.8"), "{:.2f}",
             _mean(counts["people"])),
        Line("13", f"{where}: the same, median", band(0.0, 0.0, "0"), "{:.0f}",
             float(np.median(counts["people"])) if written.size else float("nan")),
        Line("49", f"{where}: amplifiers' reposts of a post that they repost at all",
             unknown("70 to 260 of all (hk2019)"), "{:.0f}", _mean(campaign)),
        Line("50", f"{where}: people reached", unknown("alike at every scale"), "{:.1%}",
             model.meter.reach / scenario.n_organic),
    ]  # fmt: skip


def acts_and_days(model: InfluenceModel) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return what each planned amplifier did, cover included, and the days that it was there: (amplifiers,) each."""
    scenario = model.config.scenario
    rows = model.world.truth.accounts(Layer.AMPLIFIER)[: model.config.planned_amplifiers]
    end = scenario.start_epoch + scenario.days * _DAY
    since = np.maximum(model.accounts.created[rows], scenario.start_epoch)
    return model.timeline.acts_count[rows].astype(np.int64), np.maximum(end - since, 0) / _DAY


def _reposts_each(posts: NDArray[np.int64], reposted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how often each post is among the reposted ones: int64 (posts,)."""
    found, count = np.unique(reposted, return_counts=True)
    if not found.size:
        return np.zeros(posts.size, np.int64)
    place = np.minimum(np.searchsorted(found, posts), found.size - 1)
    return np.where(found[place] == posts, count[place], 0)


def _mean(values: NDArray[np.int64]) -> float:
    return float(values.mean()) if values.size else float("nan")


def names(text: str) -> list[str]:
    return text.split(",")


def numbers(text: str) -> list[float]:
    return [float(part) for part in text.split(",")]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m experiments.validation.amplifiers", description=__doc__)
    parser.add_argument("--scenarios", type=names, default=SCENARIOS, help=f"(default: {','.join(SCENARIOS)})")
    parser.add_argument("--scales", type=numbers, default=[0.02, 0.05], help="(default: 0.02,0.05)")
    parser.add_argument("--seeds", type=int, default=1, help="how many, from 1 on (default: %(default)s)")
    parser.add_argument("overrides", nargs="*", help="other values of the configuration: KEY=VALUE")
    options = parser.parse_args(arguments)
    if options.seeds < 1:
        parser.error(f"--seeds must be at least 1; got {options.seeds}.")
    whole = []
    try:
        worlds = [
            [
                load_scenario(name, scale=scale, seed=1 + i, overrides=[MONTH, *options.overrides])
                for i in range(options.seeds)
            ]
            for name in options.scenarios
            for scale in options.scales
        ]  # fmt: skip
    except ConfigError as error:
        parser.error(str(error))
    with step_progress("simulating") as progress:
        progress.plan(sum(config.scenario.n_steps for seeds in worlds for config in seeds))
        for seeds in worlds:
            runs = []
            for config in seeds:
                model = InfluenceModel(config)
                model.run(progress.step)
                runs.append(amplifier_lines(model))
                del model  # two at a time would be too many at full size
            whole += summaries(runs)
    print(markdown(whole))
    print("\n" + rows_met(whole))
    return 0


if __name__ == "__main__":
    sys.exit(main())
