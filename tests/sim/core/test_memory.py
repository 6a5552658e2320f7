"""A run that cannot fit into memory is refused at once, with both figures."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from sim import ConfigError, InfluenceModel, load_scenario
from sim.core import memory
from sim.core.memory import available_memory, needed_memory
from tests.conftest import Takedown

# Thirty days of hk2019 by scale and overrides: bytes at the peak, above what Python and its libraries take.
MEASURED = [
    (0.02, [], 36.7e6),
    (0.1, [], 138.8e6),
    (0.2, [], 264.9e6),
    (0.2, ["scenario.days=5"], 157.1e6),
    (0.1, ["graph.mean_following=90"], 171.1e6),
    (0.1, ["organic.acts_per_month_median=11"], 220.8e6),
]


@pytest.mark.parametrize(("scale", "overrides", "measured"), MEASURED)
def test_the_estimate_is_within_an_eighth_of_what_was_measured(scale: float, overrides: list[str], measured: float):
    estimate = needed_memory(load_scenario("hk2019", scale=scale, overrides=["scenario.days=30", *overrides]))
    assert estimate == pytest.approx(measured, rel=0.13)


def files(root: Path, content: dict[str, str]) -> Path:
    for name, text in content.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_what_is_available_is_what_the_system_says(tmp_path: Path):
    assert available_memory(tmp_path) == math.inf
    files(tmp_path, {"proc/meminfo": "MemTotal: 9000 kB\nMemAvailable:    2000 kB\n"})
    assert available_memory(tmp_path) == 2000 * 1024


def test_the_least_of_the_control_groups_limits_counts(tmp_path: Path):
    group = "sys/fs/cgroup/a/b"
    files(tmp_path, {
        "proc/meminfo": "MemAvailable: 9000 kB\n", "proc/self/cgroup": "0::/a/b\n",
        f"{group}/memory.max": "max\n", f"{group}/memory.current": "10\n",
        "sys/fs/cgroup/a/memory.max": "5000\n", "sys/fs/cgroup/a/memory.current": "3000\n",
        "sys/fs/cgroup/a/memory.stat": "anon 5\ninactive_file 700\n",
    })  # fmt: skip
    assert available_memory(tmp_path) == 2700
    files(tmp_path, {f"{group}/memory.max": "400\n"})
    assert available_memory(tmp_path) == 390


def test_control_groups_of_the_first_kind_count_as_well(tmp_path: Path):
    group = "sys/fs/cgroup/memory/box"
    files(tmp_path, {
        "proc/self/cgroup": "8:cpu:/\n4:memory:/box\n0::/\n",
        f"{group}/memory.limit_in_bytes": "6000\n", f"{group}/memory.usage_in_bytes": "1000\n",
        f"{group}/memory.stat": "inactive_file 1\ntotal_inactive_file 10\n",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        "sys/fs/cgroup/memory/memory.usage_in_bytes": "8\n",
    })  # fmt: skip
    assert available_memory(tmp_path) == 5010


def test_a_run_that_needs_more_than_there_is_is_refused_with_both_figures(monkeypatch: pytest.MonkeyPatch):
    world = load_scenario("hk2019", scale=0.02, overrides=["scenario.days=30"])
    monkeypatch.setattr(memory, "available_memory", lambda: 12e6)
    with pytest.raises(ConfigError, match=r"24,019 accounts over 30 days need about 0\.03 GB, and 0\.01 GB are"):
        InfluenceModel(world)


def test_a_scale_of_a_thousand_is_refused_before_any_account_is_made(takedown: Takedown, tmp_path: Path):
    status, out, err = takedown("scenario=hk2019", "scenario.scale=1000", "hydra.run.dir=run")
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert err.startswith(
        "takedown: scenario.scale must leave a run that fits into memory: 1,200,936,000 accounts over "
    )
    assert list(tmp_path.iterdir()) == []


def test_more_accounts_than_can_be_numbered_are_refused():
    world = load_scenario("hk2019", scale=1000, overrides=["scenario.organic=100000000"])
    with pytest.raises(ConfigError, match=r"scenario\.scale must leave fewer than 2\*\*31 accounts; got 100"):
        InfluenceModel(world)
