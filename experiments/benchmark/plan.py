"""The parts, their sizes, what each must come to, and the lines of the table that each makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.benchmark import parts
from experiments.benchmark.detector_steps import REPOST_SHARE, detector_steps, unaided_detectors
from experiments.benchmark.measure import Measured
from experiments.benchmark.sweeps import sweep
from experiments.benchmark.week_of_reposts import score

_GB = 1e9
Sizes = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    what : str
    measured : float
    unit : str
        s, ms, GB, M/s (millions a CPU second) or × (a ratio).
    must : float, optional
        At most that much, or at least where `more_is_better`.
    ceiling : float, optional
        What the machine would come to if nothing were done but to fetch the lines of memory; same unit.
    """

    what: str
    measured: float
    unit: str
    must: float | None = None
    more_is_better: bool = False
    ceiling: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the requirement is met, None where there is none."""
        if self.must is None:
            return None
        return self.measured >= self.must if self.more_is_better else self.measured <= self.must

    @property
    def of_ceiling(self) -> float | None:
        """How much of the ceiling is reached: at most 1, as far as both are measured right."""
        if self.ceiling is None:
            return None
        return self.measured / self.ceiling if self.more_is_better else self.ceiling / self.measured


@dataclass(frozen=True)
class Part:
    """One subject of the benchmark; each entry of its sizes is measured in a process of its own."""

    title: str
    measure: Callable[..., Measured]
    full: Sequence[Sizes]
    quick: Sequence[Sizes]
    rows: Callable[[Sequence[Sizes], Sequence[Measured]], list[Row]]


def _simulation_rows(title: str, cpu_seconds: float, gigabytes: float) -> Callable[..., list[Row]]:
    def rows(sizes: Sequence[Sizes], measured: Sequence[Measured]) -> list[Row]:
        (found,) = measured
        return [
            Row(f"{title}, {_size(found.amounts['accounts'])} accounts", found.cpu_seconds, "s", cpu_seconds,
                ceiling=found.ceiling_seconds),
            Row("  of that, the world", found.amounts["building"], "s"),
            Row("  memory", found.peak_bytes / _GB, "GB", gigabytes),
        ]  # fmt: skip

    return rows


def _session_rows(sizes: Sequence[Sizes], measured: Sequence[Measured]) -> list[Row]:
    (found,) = measured
    millions = found.amounts["account_steps"] / 1e6
    what = f"feed and behaviour, {_size(sizes[0]['accounts'])} accounts"
    return [Row(what, millions / found.cpu_seconds, "M/s", 40.0, True, millions / found.ceiling_seconds)]


def _graph_rows(sizes: Sequence[Sizes], measured: Sequence[Measured]) -> list[Row]:
    (found,) = measured
    what = f"graph, {_size(sizes[0]['accounts'])} accounts, {_size(found.amounts['ties'])} ties"
    return [Row(what, found.cpu_seconds, "s", 5.0, ceiling=found.ceiling_seconds)]


def _growth_rows(sizes: Sequence[Sizes], measured: Sequence[Measured]) -> list[Row]:
    """Return the cost of a million account-steps at each size, and that of the last beside that of the first."""
    costs = [1e6 * found.cpu_seconds / found.amounts["account_steps"] for found in measured]
    shares = [1e6 * found.ceiling_seconds / found.amounts["account_steps"] for found in measured]
    counts = [_size(found.amounts["accounts"]) for found in measured]
    rows = [
        Row(f"growth: 1M account-steps at {count}", 1000.0 * cost, "ms", ceiling=1000.0 * share)
        for count, cost, share in zip(counts, costs, shares, strict=True)
    ]
    return [*rows, Row(f"  {counts[-1]} beside {counts[0]}, linear being 1", costs[-1] / costs[0], "×", 1.5)]


def _detector_rows(sizes: Sequence[Sizes], measured: Sequence[Measured]) -> list[Row]:
    (found,) = measured
    accounts = found.amounts["accounts"]
    what = f"co-repost, {_size(found.amounts['reposts'])} reposts by {_size(accounts)}"
    matrix = accounts**2 / _GB
    return [
        Row(what, found.cpu_seconds, "s", 10.0, ceiling=found.ceiling_seconds),
        Row(f"  memory (all pairs: {matrix:,.3g} GB)", found.peak_bytes / _GB, "GB", 1.0),
    ]


def _unaided_rows(sizes: Sequence[Sizes], measured: Sequence[Measured]) -> list[Row]:
    rows = []
    for size, found in zip(sizes, measured, strict=True):
        name, amounts = size["name"], found.amounts
        reads = REPOST_SHARE * amounts["events"] / found.reads_per_second
        of = f"{name}, {_size(amounts['accounts'])} accounts, {_size(amounts['events'])} events"
        if amounts["observe"]:  # else it refused the first step
            rows.append(Row(f"{of}: observe", amounts["observe"], "s", 0.3, ceiling=reads))
        if "refused" not in amounts:
            rows.append(Row("  score", amounts["score"], "s", 3.0))
        memory = "  memory" if "refused" not in amounts else "  memory (refuses to score so many)"
        rows.append(Row(memory, found.peak_bytes / _GB, "GB", 1.0))
    return rows


def _demo_rows(sizes: Sequence[Sizes], measured: Sequence[Measured]) -> list[Row]:
    (found,) = measured
    return [
        Row(f"demo run, {_size(found.amounts['accounts'])} accounts", found.cpu_seconds, "s", 5.0,
            ceiling=found.ceiling_seconds),
        Row("  of that, the world", found.amounts["building"], "s"),
        Row("  more: loading compiled code", found.amounts["first_run"] - found.cpu_seconds, "s"),
        Row("  more: starting Python, imports", found.amounts["imports"], "s"),
    ]  # fmt: skip


def _mesa_rows(sizes: Sequence[Sizes], measured: Sequence[Measured]) -> list[Row]:
    (found,) = measured
    steps, ours = found.amounts["steps"], found.amounts["our_cpu_seconds"]
    ceiling = 1000.0 * found.ceiling_seconds / steps
    return [
        Row(f"Mesa, {_size(sizes[0]['accounts'])} Agents: a step",
            1000.0 * found.cpu_seconds / steps, "ms", ceiling=ceiling),
        Row("  Takedown, the same graph", 1000.0 * ours / steps, "ms", ceiling=ceiling),
        Row("  Mesa beside Takedown", found.cpu_seconds / ours, "×"),
        Row("  posts, Mesa beside Takedown", found.amounts["posts"] / found.amounts["our_posts"], "×"),
        Row("  reposts, Mesa beside Takedown", found.amounts["reposts"] / found.amounts["our_reposts"], "×"),
    ]  # fmt: skip


def _sweep_rows(sizes: Sequence[Sizes], measured: Sequence[Measured]) -> list[Row]:
    tiny, two = measured
    amounts = tiny.amounts
    beside = (tiny.cpu_seconds - amounts["simulated"]) / amounts["runs"]
    workers = sizes[1]["workers"]
    return [
        Row(
            f"a sweep of {_size(amounts['runs'])} tiny runs: a run, beside its simulation", 1000.0 * beside, "ms", 50.0
        ),
        Row("  the driver's memory grows by", amounts["grown_bytes"] / _GB, "GB", 0.01),
        Row(f"  {workers} workers beside one", two.amounts["wall_one"] / two.amounts["wall_workers"], "×", 1.8, True),
    ]


def _score_rows(sizes: Sequence[Sizes], measured: Sequence[Measured]) -> list[Row]:
    (found,) = measured
    amounts = found.amounts
    what = f"score {_size(amounts['reposts'])} reposts by {_size(amounts['accounts'])}, six detectors"
    each = [
        Row(f"  {name.removeprefix('cpu ')}, its network included", seconds, "s")
        for name, seconds in amounts.items()
        if name.startswith("cpu ")
    ]
    return [
        Row(what, found.cpu_seconds, "s", 150.0, ceiling=found.ceiling_seconds),
        *each,
        Row("  writing edges and groups", amounts["writing"], "s"),
        Row("  memory", found.peak_bytes / _GB, "GB", 6.0),
    ]  # fmt: skip


def _size(count: float) -> str:
    """Return a count of accounts or ties as short text.

    >>> _size(1_200_936), _size(936), _size(22_500)
    ('1.2M', '936', '22.5k')
    """
    for unit, name in ((1e6, "M"), (1e3, "k")):
        if count >= 0.9995 * unit:
            return f"{count / unit:.3g}{name}"
    return f"{count:.0f}"


def _scale(scale: float, days: int, *more: str) -> Sizes:
    return {"overrides": [f"scenario.scale={scale}", f"scenario.days={days}", *more]}


def _sweep(overrides: Sequence[str], seeds: int, thresholds: int, workers: int = 1) -> Sizes:
    return {"overrides": list(overrides), "seeds": seeds, "thresholds": thresholds, "workers": workers}


_TINY = ("scenario.scale=0.001", "scenario.days=2")
_DEFENCE = {"enforcement": ["enforcement=defence"]}
_SPARSE = ("graph.mean_following=20", "scenario.organic_log_share=0.01")

PARTS: dict[str, Part] = {
    "full": Part(
        "the whole of hk2019",
        parts.simulation,
        full=[_scale(1.0, 30)],
        quick=[_scale(0.02, 30)],
        rows=_simulation_rows("hk2019, 30 days", 100.0, 2.5),
    ),
    "defence": Part(
        "hk2019 to the end, under the defence that a simulation has by default",
        parts.simulation,
        full=[{**_scale(1.0, 60), **_DEFENCE}],
        quick=[{**_scale(0.02, 60), **_DEFENCE}],
        rows=_simulation_rows("hk2019, 60 days, default defence", 220.0, 3.2),
    ),
    "large": Part(
        "hk2019 with ten million organic accounts",
        parts.simulation,
        full=[_scale(1.0, 30, "scenario.organic=10000000", *_SPARSE)],
        quick=[_scale(0.01, 30, "scenario.organic=10000000", *_SPARSE)],
        rows=_simulation_rows("hk2019, mean 20", 650.0, 7.0),
    ),
    "sessions": Part(
        "feed and behaviour alone",
        parts.sessions,
        full=[{"accounts": 1_000_000, "mean_following": 45, "warm_days": 2, "days": 3}],
        quick=[{"accounts": 50_000, "mean_following": 45, "warm_days": 2, "days": 3}],
        rows=_session_rows,
    ),
    "graph": Part(
        "the follower graph",
        parts.graph,
        full=[{"accounts": 1_000_000, "mean_following": 20}],
        quick=[{"accounts": 100_000, "mean_following": 20}],
        rows=_graph_rows,
    ),
    "growth": Part(
        "growth of cost with size",
        parts.simulation,
        full=[_scale(scale, 3, *_SPARSE) for scale in (0.1, 1.0, 10.0)],
        quick=[_scale(scale, 3, *_SPARSE) for scale in (0.01, 0.1)],
        rows=_growth_rows,
    ),
    "detector": Part(
        "the co-repost detector",
        parts.co_repost,
        full=[{"accounts": 300_000, "reposts": 3_000_000}],
        quick=[{"accounts": 30_000, "reposts": 300_000}],
        rows=_detector_rows,
    ),
    "detectors": Part(
        "every detector at full size",
        detector_steps,
        full=[{"name": name, "accounts": 1_200_000, "steps": 168, "events": 130_000} for name in unaided_detectors()],
        quick=[{"name": name, "accounts": 60_000, "steps": 24, "events": 6_500} for name in unaided_detectors()],
        rows=_unaided_rows,
    ),
    "score": Part(
        "a log of one's own, scored",
        score,
        full=[{"accounts": 1_000_000, "reposts": 10_000_000}],
        quick=[{"accounts": 50_000, "reposts": 500_000}],
        rows=_score_rows,
    ),
    "demo": Part(
        "the demo run",
        parts.demo,
        full=[_scale(0.05, 30)],
        quick=[_scale(0.05, 30)],
        rows=_demo_rows,
    ),
    "sweep": Part(
        "a sweep beside its simulations",
        sweep,
        full=[_sweep(_TINY, 50, 20), _sweep(("scenario.scale=0.02", "scenario.days=30"), 6, 3, workers=2)],
        quick=[_sweep(_TINY, 4, 20), _sweep(("scenario.scale=0.005", "scenario.days=30"), 4, 3, workers=2)],
        rows=_sweep_rows,
    ),
    "mesa": Part(
        "a Mesa version of the organic public",
        parts.mesa_step,
        full=[{"accounts": 10_000, "mean_following": 45, "warm_days": 2, "days": 5}],
        quick=[{"accounts": 2_000, "mean_following": 45, "warm_days": 2, "days": 2}],
        rows=_mesa_rows,
    ),
}
