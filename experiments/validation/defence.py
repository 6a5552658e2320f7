"""The default defence beside the record, and rows 14 to 16: `python -m experiments.validation.defence`.

For each seed one run of hk2019 to its end under the defence that a simulation has by default, and for row 16 a month
under `enforcement=ladder`, which challenges. Each figure is the mean over seeds, with every seed beside it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from experiments.report.terminal import step_progress
from experiments.validation.line import MONTH, Line, band, share, summaries, unknown, written
from experiments.validation.operation import share_of
from experiments.validation.options import parsed, parser_of
from sim import ConfigError, InfluenceModel, load_scenario
from sim.config.composition import load_enforcement
from sim.population.accounts import Status
from sim.population.idle import idle_accounts
from sim.population.truth import Layer, Supply

DEFENCE, LADDER = "enforcement=defence", "enforcement=ladder"
_DETECTOR = "co_repost"
_DAY, _WEEK_DAYS, _FOUR_WEEKS = 86_400, 7, 28


class BeforeWave:
    """Amplifiers that are alive when the wave is ordered; it is carried out in the next step.

    Attributes
    ----------
    alive : int or None
        None without a wave.
    late : int
        Of them those registered after the first suspension of an amplifier.
    """

    def __init__(self) -> None:
        self.alive: int | None = None
        self.late = 0

    def note(self, model: InfluenceModel) -> None:
        """Look at a run after a step."""
        if self.alive is None and model.platform.investigation.report.wave is not None:
            outcome = model.outcome()
            self.alive, self.late = outcome.amplifiers_alive, outcome.amplifiers_alive_late


def first_times(model: InfluenceModel, *actions: str, route: str | None = None) -> NDArray[np.float64]:
    """Return when each account was first the object of one of some actions: float64 (accounts,), NaN for never.

    Parameters
    ----------
    model : InfluenceModel
    *actions : str
        Names in the log.
    route : str, optional
        Only by this route.
    """
    kept, log = model.platform.actions, model.platform.actions.log
    rows = ~log["lifted"] & np.isin(log["action"], [kept.number_of(name) for name in actions])
    if route is not None:
        rows &= np.asarray(kept.routes)[log["route"]] == route
    found = np.full(model.config.scenario.n_accounts, np.inf)
    np.minimum.at(found, log["account"][rows], log["time"][rows].astype(np.float64))
    found[np.isinf(found)] = np.nan
    return found


def defence_lines(model: InfluenceModel, before: BeforeWave) -> list[Line]:
    """Measure a finished run under the default defence."""
    outcome, truth = model.outcome(), model.world.truth
    core, first = truth.accounts(Layer.CORE), model.timeline.first_time.astype(np.float64)
    locked = {route: np.isfinite(first_times(model, "suspend", "challenge", route=route)[core]).sum()
              for route in ("main", "fast", "investigation")}  # fmt: skip
    locked_at, people = first_times(model, "suspend", "challenge"), max(outcome.n_organic, 1)
    fresh, bought = (_supplied(model, kind) for kind in (Supply.FRESH, Supply.BOUGHT))
    end = model.config.scenario.days * _DAY
    seen = fresh[(first[fresh] >= 0) & (first[fresh] < end - _DAY)]
    used = bought[(first[bought] >= 0) & (first[bought] < end - _FOUR_WEEKS * _DAY)]
    return [
        Line("–", "suspended amplifiers with at most one post", unknown("most"), "{:.1%}",
             share_of(outcome.posts_before_suspension <= 1)),
        Line("–", "amplifiers alive just before the wave", unknown(), "{:,.0f}",
             float("nan") if before.alive is None else float(before.alive)),
        Line("–", "of them registered after the first suspensions", unknown("many"), "{:.0%}",
             before.late / before.alive if before.alive else float("nan")),
        Line("–", "core", unknown("936"), "{:.0f}", float(core.size)),
        Line("–", "of it acts in the run", unknown("about a third"), "{:.0f}", float((first[core] >= 0).sum())),
        Line("–", "taken by the automatic routes", unknown(), "{:.0f}", float(locked["main"] + locked["fast"])),
        Line("–", "taken by the wave", unknown(), "{:.0f}", float(locked["investigation"])),
        Line("–", "people suspended or challenged", unknown(), "{:.3%}", outcome.people_hit.size / people),
        Line("–", "of them challenged alone, and passed", unknown(), "{:.0%}",
             outcome.people_passed / max(outcome.people_hit.size, 1)),
        Line("–", "confidence of the attribution", unknown("named as the state's"), "{:.3f}",
             float(model.platform.investigation.report.confidence)),
        Line("14", "fresh amplifiers that acted, locked within a day of their first act", share(0.77), "{:.0%}",
             share_of(locked_at[seen] - first[seen] <= _DAY)),
        Line("15", "bought amplifiers that acted, not locked within four weeks", share(0.8, "about 80%"), "{:.0%}",
             share_of(~(locked_at[used] - first[used] <= _FOUR_WEEKS * _DAY))),
    ]  # fmt: skip


def ladder_lines(model: InfluenceModel) -> list[Line]:
    """Measure a finished month under `enforcement=ladder`: row 16."""
    config, truth = model.config, model.world.truth
    n = config.scenario.n_organic
    users = np.count_nonzero(~idle_accounts(config, truth.group[:n]))
    users += np.count_nonzero(model.timeline.first_time[n:] >= 0)
    kept, log = model.platform.actions, model.platform.actions.log
    challenges = ~log["lifted"] & (log["action"] == kept.number_of("challenge"))
    ended = np.unique(log["account"][challenges])
    ended = ended[model.accounts.status[ended] != Status.CHALLENGED]
    failed = np.isfinite(first_times(model, "suspend")[ended])
    week = np.count_nonzero(challenges) * _WEEK_DAYS / config.scenario.days
    return [
        Line("16", "challenges a week, of a month's users", band(0.024, 0.03, "2.4 to 3.0%"), "{:.2%}", week / users),
        Line("16", "of the challenged, those who fail", band(0.75, 1.0, "at least 75%"), "{:.0%}", share_of(failed)),
    ]  # fmt: skip


def _supplied(model: InfluenceModel, kind: Supply) -> NDArray[np.int64]:
    """Return the amplifiers that come from a kind of supply."""
    truth = model.world.truth
    amplifiers = truth.accounts(Layer.AMPLIFIER)
    first = model.config.scenario.n_accounts - truth.supply.size
    return np.asarray(amplifiers[truth.supply[amplifiers - first] == kind])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = parser_of("experiments.validation.defence", __doc__, scale=0.05, of="hk2019")
    parser.add_argument("--first", type=int, default=1, help="the first seed (default: %(default)s)")
    options = parsed(parser, arguments)
    world = [word for word in options.overrides if not word.startswith("enforcement")]
    other = [word for word in options.overrides if word not in world]
    runs: list[list[Line]] = []
    try:
        defence, ladder = load_enforcement(DEFENCE, *other), load_enforcement(LADDER)
        worlds = [
            [
                load_scenario("hk2019", scale=options.scale, seed=seed, overrides=words)
                for words in (world, [*world, MONTH])
            ]
            for seed in range(options.first, options.first + options.seeds)
        ]
        with step_progress("simulating") as progress:
            progress.plan(sum(one.scenario.n_steps for both in worlds for one in both))
            for whole, month in worlds:
                before = BeforeWave()

                def look(model: InfluenceModel, before: BeforeWave = before) -> None:
                    before.note(model)
                    progress.step(model)

                model = InfluenceModel(whole, _DETECTOR, enforcement=defence)
                model.run(look)
                found = defence_lines(model, before)
                del model  # two at a time would be too many at full size
                model = InfluenceModel(month, _DETECTOR, enforcement=ladder)
                model.run(progress.step)
                runs.append(found + ladder_lines(model))
                del model
    except ConfigError as error:
        parser.error(str(error))
    print(_table(runs))
    return 0


def _table(runs: Sequence[Sequence[Line]]) -> str:
    """Return a Markdown table: a row a quantity, all seeds beside the record."""
    out = ["| row | quantity | record | simulated, each seed | mean | |", "| --- | --- | --- | --- | --- | --- |"]
    for i, one in enumerate(summaries(runs)):
        record = one.record.text or written(one.line.unit, one.record.low)
        seeds = ", ".join(written(one.line.unit, lines[i].value) for lines in runs)
        mean = written(one.line.unit, one.mean)
        out.append(f"| {one.line.row} | {one.line.quantity} | {record} | {seeds} | {mean} | {one.verdict} |")
    return "\n".join(out)


if __name__ == "__main__":
    sys.exit(main())
