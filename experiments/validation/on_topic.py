"""How many people each method hits in a conversation: `python -m experiments.validation.on_topic --public FILE`.

Real people (the file of `experiments.validation --public`) beside the simulated ones of the contested topic. Nobody in
either log is known to be coordinated, so all who are hit count as people hit. The file tells the days of reposts and
not their seconds; so both logs are scored by the day, once, and methods that ask for seconds are left out.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from detectors import CoRepost, Fraudar, Multiplex, NullModel, SynchroTrap
from detectors.base import Detector
from experiments.report.terminal import step_progress
from experiments.validation.line import MONTH
from experiments.validation.topic_public import TopicLog, read_topic_log, simulated_topic_log, thinned
from sim import ConfigError, InfluenceModel, load_scenario
from sim.events.records import REPOST
from sim.observation import Observation

_DAY, _WEEK = 86_400, 168.0


def methods() -> dict[str, tuple[Detector, float]]:
    """Return fresh detectors by name, with the parameters written out, and the threshold at which they hit."""
    return {
        "co_repost": (CoRepost(_WEEK, 4, 10, min_holders=3), 0.7),
        "co_repost, all reposters compared": (CoRepost(_WEEK, 4, None, min_holders=3), 0.7),
        "co_repost, 3 reposts of any post": (CoRepost(_WEEK, 3, 10, min_holders=1), 0.5),
        "co_repost, 11 reposts of any post": (CoRepost(_WEEK, 11, None, min_holders=1), 0.5),
        "co_repost, pacheco2021": (CoRepost(_WEEK, preset="pacheco2021"), 0.5),
        "co_repost, luceri2024": (CoRepost(_WEEK, preset="luceri2024"), 0.5),
        "null_model, shuffled by the day": (NullModel(_WEEK, 24.0), 0.5),
        "fraudar": (Fraudar(_WEEK, max_reposts=None), 0.5),
        "synchrotrap, actions of a day": (SynchroTrap(_WEEK, 24.0), 0.5),
        "multiplex, by the day": (Multiplex(["repost"], _WEEK, minutes=[1440.0], max_ties=50_000), 0.5),
    }


def hits(log: TopicLog) -> dict[str, tuple[int, int]]:
    """Return by method how many people of a log it scores, and how many of them reach its threshold."""
    found = {}
    for name, (detector, threshold) in methods().items():
        detector.observe(_observation(log, detector.requires))
        scores = detector.score()
        scored = scores[~np.isnan(scores)]
        found[name] = scored.size, int(np.count_nonzero(scored >= threshold))
    return found


def markdown(real: TopicLog, simulated: TopicLog) -> str:
    """Return the table: the real people, as many of them as the simulated public has, and these."""
    share = min(simulated.scored / real.scored, 1.0)
    columns = {"real people": real, "as many real people": thinned(real, share, 1), "simulated people": simulated}
    found = {name: hits(log) for name, log in columns.items()}
    out = [f"| method | {' | '.join(f'{name}: scored | hit' for name in columns)} |", "| --- |" + " --- | --- |" * 3]
    for method in methods():
        cells = [_cells(*found[name][method]) for name in columns]
        out.append(f"| {method} | {' | '.join(cells)} |")
    return "\n".join(out)


def _cells(scored: int, hit: int) -> str:
    return f"{scored:,} | {hit:,} ({hit / scored:.1%})" if scored else "0 | –"


def _observation(log: TopicLog, names: frozenset[str]) -> Observation:
    order = np.argsort(log.day, kind="stable")
    n = int(log.person.max()) + 1
    events: dict[str, Any] = {
        "time": log.day[order] * _DAY, "account": log.person[order].astype(np.int32),
        "kind": np.full(order.size, REPOST, np.int8), "post": log.post[order],
        "author": np.full(order.size, n, np.int32),
    }  # fmt: skip
    columns = {"language": np.zeros(n + 1, np.int8)} if "language" in names else {}
    return Observation(
        step=0, start=0, end=(int(log.day.max()) + 1) * _DAY, n_accounts=n + 1, columns=columns, events=events
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m experiments.validation.on_topic", description=__doc__)
    parser.add_argument("--public", required=True, metavar="FILE", help="a log of real reposts on one topic")
    parser.add_argument("--scale", type=float, default=0.2, help="of hk2019 (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the run (default: %(default)s)")
    options = parser.parse_args(arguments)
    try:
        real = read_topic_log(options.public)
        with step_progress("simulating") as progress:
            config = load_scenario("hk2019", scale=options.scale, seed=options.seed, overrides=[MONTH])
            progress.plan(config.scenario.n_steps)
            model = InfluenceModel(config)
            model.run(progress.step)
        simulated = simulated_topic_log(model)
        if not simulated.scored:
            raise ConfigError("no simulated person has three reposts on the topic: there is nothing to score.")
    except ConfigError as error:
        parser.error(str(error))
    print(markdown(real, simulated))
    return 0


if __name__ == "__main__":
    sys.exit(main())
