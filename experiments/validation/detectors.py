"""Detectors as published studies rank them: `python -m experiments.validation.detectors`.

One unenforced run per seed is recorded and replayed to every detector. An account counts with its highest score at
daily scorings. Detectors must distinguish the accounts of a layer of the operation that acted from two kinds of people:
all who acted, and those who reposted on the contested topic in the last week, as in studies whose control accounts are
taken from the same conversation. Unscored accounts rank last. "Found" is the share that reach the lowest threshold at
which 1% of all people are hit.

Published AUCs come from other data each. So ranks are compared, not values: published_detectors.csv has the AUCs and
their sources.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from detectors.base import FloatArray
from detectors.evaluation.measures import SMALL_RATE, ranking
from experiments.compare.compared import ComparedDetectors
from experiments.compare.config import CompareConfig, load_compare
from experiments.compare.progress import Counted, Silent, Steps
from experiments.compare.recording import ALWAYS, Recording, record
from experiments.compare.replay import cadence_steps, replay
from experiments.compare.truth import RunTruth
from experiments.report.terminal import step_progress
from experiments.validation.line import MONTH, written
from experiments.validation.rules import recall_within
from sim import ConfigError, InfluenceModel, load_scenario
from sim.config import WorldConfig
from sim.config.composition import load_enforcement
from sim.config.yaml_files import available
from sim.events.records import REPOST

CEILING = "oracle"  # sees the truth
LAYERS = ("core", "amplifiers")
MEASURES = ("auc", "auc_topic", "auc_topic_scored", "partial_auc", "found", "coverage")
#: People whom a layer's accounts are distinguished from; papers leave out the accounts that a method cannot score.
_AGAINST = {"people who acted": "auc", "reposters on the topic": "auc_topic", "of them the scored": "auc_topic_scored"}
_WEEK = 7 * 86_400


class Peers:
    """Who acted in a run, and who reposted a post on the contested topic in its last week.

    Attributes
    ----------
    acted, on_topic : bool (accounts,)
        Under the platform's pseudonyms; empty before the run has ended.
    """

    def __init__(self) -> None:
        self.acted = self.on_topic = np.empty(0, np.bool_)

    def take(self, model: InfluenceModel) -> None:
        """Look at a run after a step: at its end, read the log."""
        if model.step_number < model.n_steps:
            return
        log, pseudonyms = model.activity, model.platform.pseudonyms
        late = log["time"] >= model.now - _WEEK
        chosen = (log["kind"] == REPOST) & (log["topic"] == 0) & late
        self.acted, self.on_topic = (np.zeros(pseudonyms.size, np.bool_) for _ in range(2))
        self.acted[pseudonyms[log["account"]]] = True
        self.on_topic[pseudonyms[log["account"][chosen]]] = True


def compare_with_published(
    config: WorldConfig, options: CompareConfig, steps: Steps | None = None, seeds: int = 1
) -> tuple[pd.DataFrame, list[tuple[str, str]]]:
    """Replay unenforced runs to detectors and measure how well they rank the operation above people.

    Parameters
    ----------
    config : WorldConfig
        Of the first seed.
    options : CompareConfig
        Of which the detectors and the training scenario matter.
    steps : optional
        A display of progress.
    seeds : int

    Returns
    -------
    pandas.DataFrame
        detector, seed, layer, measure (`MEASURES`), value: a row each.
    list of (str, str)
        Detectors that failed, and why.

    Raises
    ------
    ConfigError
        The scenario has no operation, or a detector cannot be made.
    """
    if not config.scenario.n_core + config.scenario.n_amplifiers:
        raise ConfigError(f"the scenario must have an operation to be found; {config.scenario.name} has none.")
    compared = ComparedDetectors(config, options, {}, options.detectors)
    compared.prepare()
    counted, rows, n_steps = Counted(steps or Silent()), [], config.scenario.n_steps
    counted.remaining(seeds * n_steps * (1 + len(compared.alive)))
    with tempfile.TemporaryDirectory(prefix="recording_", ignore_cleanup_errors=True) as folder:
        _train(compared, Path(folder) / "train", counted)
        for number in range(seeds):
            seeded, peers = replace(config, seed=config.seed + number), Peers()

            def after(model: InfluenceModel, peers: Peers = peers) -> None:
                counted.advance()
                peers.take(model)

            counted.stage(f"recording seed {seeded.seed}")
            names = compared.reads(compared.alive) | {ALWAYS}
            recording, truth = record(seeded, Path(folder) / str(seeded.seed), names, on_step=after)
            for name in list(compared.alive):
                counted.stage(f"{name}, seed {seeded.seed}")
                with compared.noted(name):
                    peak = _highest(compared, name, recording, truth, seeded, counted)
                    rows += _measured(name, peak, truth, peers)
            recording.remove()
    return pd.DataFrame(rows, columns=["detector", "seed", "layer", "measure", "value"]), compared.failures


def _train(compared: ComparedDetectors, folder: Path, counted: Counted) -> None:
    """Train those detectors that learn, on a run of another scenario."""
    names = compared.untrained(compared.alive)
    if not names or compared.training is None:
        return
    counted.stage("recording the training scenario")
    recording, truth = record(compared.training, folder, compared.reads(names) | {ALWAYS})
    for name in names:
        with compared.noted(name):
            compared.train(name, recording, truth)
    recording.remove()


def _highest(
    compared: ComparedDetectors,
    name: str,
    recording: Recording,
    truth: RunTruth,
    config: WorldConfig,
    counted: Counted,
) -> FloatArray:
    """Return the highest score that a detector gives each account in a recorded run."""
    history, _ = replay(
        recording, truth, compared.fresh(name, truth.seed), cadence_steps=cadence_steps(load_enforcement(), config),
        delay_seconds=0, step_seconds=config.scenario.step_seconds, on_step=counted.advance,
    )  # fmt: skip
    return history.peak


def _measured(name: str, peak: FloatArray, truth: RunTruth, peers: Peers) -> list[tuple[str, int, str, str, float]]:
    """Return the rows of one detector on one run."""
    people, rows = truth.members("organic"), []
    for layer in LAYERS:
        members = truth.members(layer) & peers.acted
        wide, narrow = (members | (people & among) for among in (peers.acted, peers.on_topic))
        found = ranking(peak[wide], members[wide])
        topic = ranking(peak[narrow], members[narrow])
        found |= {"auc_topic": topic["auc"], "auc_topic_scored": topic["auc_scored"]}
        found["found"] = recall_within(peak, members, people, SMALL_RATE)
        rows += [(name, truth.seed, layer, measure, found[measure]) for measure in MEASURES]
    return rows


def published() -> pd.DataFrame:
    """Return the published AUCs: `auc`, `data`, `source` by detector, best first."""
    with resources.files("experiments.validation").joinpath("published_detectors.csv").open("rb") as file:
        return pd.read_csv(file).set_index("detector").sort_values("auc", ascending=False)


def markdown(found: pd.DataFrame, order: Sequence[str]) -> str:
    """Return a Markdown table of all detectors: means over seeds, with standard deviations for AUCs."""
    head = ["detector"]
    for layer in LAYERS:
        head += [f"{layer}: AUC against people who acted", "against reposters on the topic", "AUC below 1%"]
        head += ["found at 1% of people", "scored"]
    out = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    by = found.groupby(["detector", "layer", "measure"])["value"]
    mean, spread = by.mean(), by.std()
    for name in (name for name in order if name in set(found["detector"])):
        cells = [f"`{name}`"]
        for layer in LAYERS:
            at = {measure: (mean[name, layer, measure], spread[name, layer, measure]) for measure in MEASURES}
            cells += [_with_spread(*at["auc"]), _with_spread(*at["auc_topic"])]
            cells += [written("{:.2f}", at["partial_auc"][0])]
            cells += [written("{:.0%}", at[measure][0]) for measure in ("found", "coverage")]
        out.append(f"| {' | '.join(cells)} |")
    return "\n".join(out)


def _with_spread(mean: float, spread: float) -> str:
    return written("{:.2f}", mean) + ("" if np.isnan(spread) else f" ± {spread:.2f}")


def ranks_markdown(found: pd.DataFrame) -> str:
    """Return the ranks of the detectors with a published AUC beside the published rank, and rank correlations."""
    record = published()
    record = record[record.index.isin(found["detector"])]
    columns = {
        f"{layer}, {against}": _means(found, layer, measure)[record.index].to_numpy()
        for layer in LAYERS
        for against, measure in _AGAINST.items()
    }
    out = ["| detector | published AUC | rank | " + " | ".join(columns) + " |", "|" + " --- |" * (3 + len(columns))]
    given, ranks = _ranks(record["auc"].to_numpy()), {name: _ranks(values) for name, values in columns.items()}
    for i, name in enumerate(record.index):
        cells = [f"`{name}`", f"{record['auc'].iloc[i]:.2f}", f"{given[i]:g}"]
        cells += [written("{:g}", of[i]) for of in ranks.values()]
        out.append(f"| {' | '.join(cells)} |")
    correlations = [_correlation(record["auc"].to_numpy(), values) for values in columns.values()]
    out.append(f"| rank correlation with the published | | | {' | '.join(correlations)} |")
    return "\n".join(out)


def _means(found: pd.DataFrame, layer: str, measure: str) -> pd.Series:
    chosen = found[(found["layer"] == layer) & (found["measure"] == measure)]
    return chosen.groupby("detector")["value"].mean()


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ranks, 1 the highest; equal ones share the mean of theirs."""
    return stats.rankdata(-values)


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> str:
    """Return Spearman's rank correlation, written; – where it is not defined."""
    if one.size < 3 or np.isnan(other).any() or np.ptp(other) == 0.0:
        return "–"
    return f"{stats.spearmanr(one, other).statistic:.2f}"


def default_detectors() -> list[str]:
    """Return every detector that does not see the truth: those with a published AUC first, then by name."""
    names = [name for name in available("detector") if name != CEILING]
    return [*(name for name in published().index if name in names), *sorted(set(names) - set(published().index))]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m experiments.validation.detectors", description=__doc__)
    parser.add_argument("--scenario", default="hk2019", help="with an operation (default: %(default)s)")
    parser.add_argument("--scale", type=float, default=0.05, help="of the scenario (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=3, help="how many, from 1 on (default: %(default)s)")
    parser.add_argument("--detectors", metavar="NAME,NAME", help="which; by default all but the ceiling")
    parser.add_argument(
        "--train", default="ira2016", help="scenario on which those that learn are trained (default: %(default)s)"
    )
    parser.add_argument("overrides", nargs="*", help="other values of the configuration: KEY=VALUE")
    options = parser.parse_args(arguments)
    if options.seeds < 1:
        parser.error(f"--seeds must be at least 1; got {options.seeds}.")
    names = options.detectors.split(",") if options.detectors else default_detectors()
    try:
        config = load_scenario(options.scenario, scale=options.scale, seed=1, overrides=[MONTH, *options.overrides])
        chosen = load_compare(f"compare.detectors=[{','.join(names)}]", f"compare.train_scenario={options.train}")
        with step_progress("comparing") as progress:
            found, failures = compare_with_published(config, chosen, progress, options.seeds)
    except ConfigError as error:
        parser.error(str(error))
    for name, reason in failures:
        print(f"{name} failed: {reason}", file=sys.stderr)
    if found.empty:
        return 1
    print(markdown(found, names))
    print("\n" + ranks_markdown(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
