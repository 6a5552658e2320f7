"""The memory that a run takes, estimated before any of it is taken, beside what the machine can give.

The estimate was fitted to six runs of `hk2019` without a detector (29 November 2026): scale 0.02, 0.1 and 0.2, of 5 and
30 days, with twice the ties and with three times the acts. Their peaks, 37 to 265 MB above that of Python and its
libraries, lie within 10% of it; ten million accounts took a fifth more. What a detector keeps and what it takes to join
or write the log come on top: a run that just fits is not promised to fit.
"""

from __future__ import annotations

import math
from pathlib import Path
from statistics import NormalDist

from sim.config import ConfigError, WorldConfig

_FIXED = 9e6  # bytes: what the threads work in
_PER_ACCOUNT = 308  # bytes: the columns of the account table, of the truth and of what a run keeps of each account
_PER_TIE, _PER_TIE_DRAWN = 4.5, 8.0  # bytes: kept, and while the graph is drawn
_PER_ACT = 21.1  # bytes: a row of the activity log, half of them reposts, and room for more
_PER_KEPT_ACT = 21.0  # bytes: of the timeline, with the post that half of them write
_LIVING_ON = 0.25  # of acts: those on posts that live on because they were recommended
_TIES_OF_OPERATION = 5.0  # of an account of the operation
_MONTH = 30.0  # days
_NO_LIMIT = 2**60  # above which a control group's limit is none


def needed_memory(config: WorldConfig) -> float:
    """Return about how many bytes a world and a run of it take at most, beside Python and its libraries.

    The ties of a graph from a file are not known before it is read; they are left out.
    """
    scenario, graph = config.scenario, config.graph
    operation = scenario.n_accounts - scenario.n_organic
    ties = operation * _TIES_OF_OPERATION
    if graph.edge_list is None:
        ties += scenario.n_organic * min(graph.mean_following, float(scenario.n_organic))
    months = scenario.days / _MONTH
    acts = scenario.n_organic * (1.0 - config.organic.idle_share) * months * _acts_per_month(config)
    unlisted, listed = config.feed.unlisted_hours, config.feed.kept_hours
    kept = acts * min((unlisted + _LIVING_ON * (listed - unlisted)) / 24.0 / scenario.days, 1.0)
    run = _FIXED + _PER_ACCOUNT * scenario.n_accounts + _PER_TIE * ties
    run += _PER_ACT * acts * scenario.organic_log_share + _PER_KEPT_ACT * kept
    return max(run, _PER_TIE_DRAWN * ties)


def _acts_per_month(config: WorldConfig) -> float:
    """Return the mean of a lognormal that is cut off at the greatest number of acts."""
    public = config.organic
    if not public.acts_per_month_median:
        return 0.0
    mu, sigma = math.log(public.acts_per_month_median), max(public.acts_per_month_sigma, 1e-9)
    normal, top = NormalDist(), math.log(max(public.acts_per_month_max, 1e-9))
    below = math.exp(mu + sigma**2 / 2.0) * normal.cdf((top - mu - sigma**2) / sigma)
    return min(below + public.acts_per_month_max * normal.cdf((mu - top) / sigma), public.acts_per_month_max)


def available_memory(root: Path = Path("/")) -> float:
    """Return how many bytes this process can still take without swapping; inf where the system does not say.

    The lesser of what Linux calls available and what is left of the limits of the control groups (1 and 2) that the
    process is in.

    Parameters
    ----------
    root : Path
        Under which `proc` and `sys` are.
    """
    left = [math.inf]
    for line in _lines(root / "proc/meminfo"):
        if line.startswith("MemAvailable:"):
            left.append(float(line.split()[1]) * 1024.0)
    for line in _lines(root / "proc/self/cgroup"):
        _, controllers, path = line.split(":", 2)
        if not controllers:
            left.append(_left_of(root / "sys/fs/cgroup", path, ("memory.max", "memory.current", "inactive_file")))
        elif "memory" in controllers.split(","):
            names = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
            left.append(_left_of(root / "sys/fs/cgroup/memory", path, names))
    return min(left)


def _left_of(top: Path, path: str, names: tuple[str, str, str]) -> float:
    """Return what is left of the limits of a control group and of those above it."""
    left, folder = math.inf, top / path.strip("/")
    for group in (folder, *folder.parents):
        limit, usage = (next(iter(_lines(group / name)), "max") for name in names[:2])
        if limit.isdigit() and usage.isdigit() and int(limit) < _NO_LIMIT:
            # Files that were read recently count as used, but make way.
            cached = [line.split()[1] for line in _lines(group / "memory.stat") if line.startswith(f"{names[2]} ")]
            left = min(left, float(int(limit) - int(usage) + sum(map(int, cached))))
        if group == top:
            break
    return max(left, 0.0)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []


def check_memory(config: WorldConfig) -> None:
    """Refuse a world that cannot fit into memory, before any of it is drawn.

    Raises
    ------
    ConfigError
        It needs more than is available, or has more accounts than can be numbered.
    """
    scenario = config.scenario
    if scenario.n_accounts >= 2**31:
        raise ConfigError(f"scenario.scale must leave fewer than 2**31 accounts; got {scenario.n_accounts}.")
    needed, available = needed_memory(config), available_memory()
    if needed > available:
        raise ConfigError(
            f"scenario.scale must leave a run that fits into memory: {scenario.n_accounts:,} accounts over "
            f"{scenario.days} days need about {needed / 1e9:,.2f} GB, and {available / 1e9:,.2f} GB are available; "
            f"fewer days or a smaller scenario.organic_log_share need less, too."
        )
