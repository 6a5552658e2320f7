"""The public and its cascades beside the record: `python -m experiments.validation`.

One unenforced run per seed; each figure is the mean over seeds, with the standard deviation between seeds beside it.
Row numbers are those of docs/validation.md. The record is of whole platforms, the simulation of a part of one.
Followers are therefore compared by the shape of their distribution. With `--public FILE` the reposts of real people on
one topic are set beside those on the contested topic.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from experiments.report.terminal import step_progress
from experiments.validation.acts import act_lines
from experiments.validation.cascades import campaign_lines, cascade_lines
from experiments.validation.line import MONTH, Line, markdown, rows_met, summaries
from experiments.validation.network import network_lines
from experiments.validation.rules import rule_lines
from experiments.validation.topic_public import read_topic_log, topic_lines
from sim import ConfigError, InfluenceModel, load_scenario


def lines(model: InfluenceModel) -> list[Line]:
    """Return every quantity of one finished run without enforcement."""
    parts = (act_lines, network_lines, cascade_lines, campaign_lines, rule_lines)
    return [line for part in parts for line in part(model)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m experiments.validation", description=__doc__)
    parser.add_argument("--scale", type=float, default=0.05, help="of hk2019 (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=3, help="how many, from 1 on (default: %(default)s)")
    parser.add_argument("--public", help="a log of real reposts on one topic, to set beside the contested topic")
    parser.add_argument("overrides", nargs="*", help="other values of the configuration: KEY=VALUE")
    options = parser.parse_args(arguments)
    if options.seeds < 1:
        parser.error(f"--seeds must be at least 1; got {options.seeds}.")
    runs, publics = [], []
    try:
        real = read_topic_log(options.public) if options.public else None
        with step_progress("simulating") as progress:
            for seed in range(1, options.seeds + 1):
                config = load_scenario("hk2019", scale=options.scale, seed=seed, overrides=[MONTH, *options.overrides])
                progress.plan(options.seeds * config.scenario.n_steps)
                model = InfluenceModel(config)
                model.run(progress.step)
                runs.append(lines(model))
                publics += [topic_lines(real, model)] if real else []
                del model  # two at a time would be too many at full size
    except ConfigError as error:
        parser.error(str(error))
    whole = summaries(runs)
    print(markdown(whole))
    if publics:
        topic = summaries(publics)
        print("\n" + markdown(topic))
        whole += topic
    print("\n" + rows_met(whole))
    return 0


if __name__ == "__main__":
    sys.exit(main())
