"""Sweeps on a tiny world: what is finished stays, what is missing is run, and the tables hold each run once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from detectors import RandomDetector
from experiments.store.collect import DAYS, RESULTS, collect
from experiments.store.runs import run_path
from experiments.sweep import Cell, SweepResults, grid, run_sweep
from experiments.sweep.execute import run_unit
from sim import ConfigError, InfluenceModel, load_scenario
from sim.config.composition import load_enforcement
from tests.experiments.tiny import TINY

WORLD = load_scenario("hk2019", seed=1, overrides=TINY)
CELLS = grid(["random", "oracle"], {"random": [1.0, 0.5], "oracle": [0.5]}, [1, 2])


def swept(folder: Path | None, cells: Sequence[Cell] = CELLS, **options) -> SweepResults:
    return run_sweep(WORLD, cells, load_enforcement(), folder=folder, **options)


def tables(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in (RESULTS, DAYS)]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    swept(folder)
    return folder


def test_a_row_of_a_sweep_equals_the_run_by_itself():
    found = swept(None, [Cell("oracle", 0.5, 1)])
    model = InfluenceModel(WORLD, "oracle", 0.5, enforcement=load_enforcement())
    model.run()
    row = found.table.iloc[0]
    for name, value in model.results().items():
        assert row[name] == value or (math.isnan(row[name]) and math.isnan(value)), name
    assert row["steps"] == model.n_steps
    assert row["failed"] is None


def test_a_day_holds_what_its_steps_hold_beside_the_twin():
    days = swept(None, [Cell("oracle", 0.5, 1)]).days
    model = InfluenceModel(WORLD, "oracle", 0.5, enforcement=load_enforcement())
    model.run()
    assert list(days["day"]) == [0, 1]
    for prefix, outcome in (("", model.outcome()), ("twin_", model.twin())):
        by_day = outcome.series["impressions"].reshape(2, 24).sum(axis=1)
        assert list(days[f"{prefix}impressions"]) == list(by_day)
        assert list(days[f"{prefix}live_amplifiers"]) == list(outcome.series["live_amplifiers"][[23, 47]])


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_tables_do_not_depend_on_workers(undisturbed: Path, tmp_path: Path, workers: int):
    found = swept(tmp_path, workers=workers)
    assert not found.failures
    assert tables(tmp_path) == tables(undisturbed)


def test_tables_do_not_depend_on_the_order_of_runs(undisturbed: Path, tmp_path: Path):
    for cell in reversed(CELLS):
        swept(tmp_path, [cell])
    assert tables(tmp_path) == tables(undisturbed)


def test_a_smaller_sweep_and_other_detectors_add_and_remove_nothing(undisturbed: Path, tmp_path: Path):
    swept(tmp_path)
    assert swept(tmp_path, CELLS[:1]).reused == 1
    assert tables(tmp_path) == tables(undisturbed)
    more = swept(tmp_path, grid(["co_repost"], {"co_repost": [0.5]}, [2, 3]))
    assert len(more.table) == 8
    assert not more.table.duplicated(["detector", "threshold", "seed"]).any()


def test_a_sweep_that_is_broken_off_goes_on_where_it_was(undisturbed: Path, tmp_path: Path):
    steps = 0

    def interrupt(model: InfluenceModel) -> None:
        nonlocal steps
        steps += 1
        if steps == 5 * model.n_steps:  # twin, three runs, twin; the next run is not finished
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        swept(tmp_path, on_step=interrupt)
    assert len(pd.read_parquet(tmp_path / RESULTS)) == 3
    assert swept(tmp_path).reused == 3
    assert tables(tmp_path) == tables(undisturbed)


def test_a_file_that_was_cut_or_edited_is_found_and_its_run_made_again(undisturbed: Path, tmp_path: Path):
    swept(tmp_path)
    cut, edited, *_ = sorted((tmp_path / "runs").iterdir())
    cut.write_bytes(cut.read_bytes()[:-40])
    edited.write_bytes(edited.read_bytes().replace(b'"seed": 1', b'"seed": 2').replace(b'"steps": 48', b'"steps": 47'))
    assert set(collect(tmp_path).damaged) == {cut, edited}
    assert swept(tmp_path).reused == 4
    assert tables(tmp_path) == tables(undisturbed)


def test_a_table_with_a_column_less_is_made_again(undisturbed: Path, tmp_path: Path):
    swept(tmp_path)
    pd.read_parquet(tmp_path / RESULTS).drop(columns="reach").to_parquet(tmp_path / RESULTS)
    swept(tmp_path)
    assert tables(tmp_path) == tables(undisturbed)


def test_sweeps_that_differ_by_what_neither_varied_are_told_apart_by_a_column(tmp_path: Path):
    swept(tmp_path, CELLS[:1])
    found = run_sweep(WORLD, CELLS[:1], load_enforcement("enforcement.delay_hours=1"), folder=tmp_path)
    assert sorted(found.table["enforcement.delay_hours"]) == [1.0, 6.0]


class Breaks(RandomDetector):
    """A detector that breaks on its second day, unless it is mended."""

    requires = frozenset({"created"})
    mended = False

    def score(self):
        if self.days and not Breaks.mended:
            raise ValueError("on purpose\nat once")
        self.days = True
        return super().score()

    days = False


BREAKS = {"random": {"_target_": f"{__name__}.Breaks", "seed": 1}}


def test_a_run_that_its_detector_breaks_off_is_told_from_a_whole_one(tmp_path: Path):
    found = swept(tmp_path, detectors=BREAKS)
    broken = found.table[found.table["detector"] == "random"]
    assert len(found.table) == 6
    assert list(broken["steps"].unique()) == [48]  # it scores at the end of each day
    assert broken["failed"].str.contains("on purpose at once").all()
    assert found.table[found.table["detector"] == "oracle"]["failed"].isna().all()
    assert len(found.failures) == 4


def test_a_run_that_broke_off_is_tried_again_and_replaced_by_a_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    swept(tmp_path, detectors=BREAKS)
    monkeypatch.setattr(Breaks, "mended", True)
    found = swept(tmp_path, detectors=BREAKS)
    assert found.reused == 2
    assert found.table["failed"].isna().all()
    assert len(found.table) == 6


def test_runs_of_other_code_are_left_out_of_the_tables_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    swept(tmp_path, CELLS[:2])
    for module in ("plan", "execute"):
        monkeypatch.setattr(f"experiments.sweep.{module}.code_digest", lambda: "another")
    monkeypatch.setattr("experiments.store.collect.code_digest", lambda: "another")
    found = swept(tmp_path, CELLS[:1])
    assert (found.reused, found.collected.other_code, len(found.table)) == (0, 2, 1)
    assert len(list((tmp_path / "runs").iterdir())) == 3


@pytest.mark.parametrize("workers", [0, -1, 1.5, "all", True])
def test_a_number_of_workers_that_is_none_is_refused(workers):
    with pytest.raises(ConfigError, match="workers must be auto or a whole number from 1 on; got"):
        swept(None, workers=workers)


def test_what_a_launcher_did_not_bring_is_run_once_more_each_run_by_itself(undisturbed: Path, tmp_path: Path):
    from experiments.store.runs import write_run
    from experiments.store.twins import Twins, Worlds
    from experiments.sweep import run_plan, runs_of

    runs = runs_of(WORLD, CELLS, load_enforcement())
    calls: list[tuple[bool, list[int]]] = []

    def elsewhere(units, folder, watch, alone):
        calls.append((alone, [len(unit.runs) for unit in units]))
        for unit in units[1 if len(calls) == 1 else 0 :]:  # the first job of the first go is lost
            run_unit(unit, lambda record: write_run(folder, record), worlds=Worlds(), twins=Twins())
        return {}

    found = run_plan(runs, tmp_path, elsewhere=elsewhere)
    assert calls == [(False, [3, 3]), (True, [1, 1, 1])]
    assert not found.failures
    assert tables(tmp_path) == tables(undisturbed)
    lost = run_plan(runs, tmp_path / "other", elsewhere=lambda *_: {})
    assert [reason for _, reason in lost.failures] == ["its job ended without a result"] * 6
    assert not run_path(tmp_path / "other", runs[0].key).exists()
