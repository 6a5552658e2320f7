"""Write a finished run: the accounts taken down and their posts as an archive, and the activity, as CSV and Parquet."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from sim.archive.activity import account_table, coortweet_tables, toolkit_tables
from sim.archive.contents import Contents
from sim.archive.manifest import begin_manifest, write_manifest
from sim.archive.messages import Messages, messages
from sim.archive.publish import HASH_BELOW, Names, sets_of, taken_down, tweet_tables, user_table
from sim.archive.schema import as_text, guarded
from sim.core.files import whole_file, whole_folder
from sim.model import InfluenceModel


def write_archive(model: InfluenceModel, folder: str | os.PathLike[str], *, hash_below: int = HASH_BELOW) -> list[Path]:
    """Write a run's archive into a folder, each file whole or not at all.

    Each layer of the operation, as far as it was taken down (`sim.archive.publish.taken_down`), is a set of its own:
    `core_users`, `core_tweets`, `amplifiers_users`, `amplifiers_tweets`; then `activity_toolkit` and
    `activity_coortweet`, and who their accounts are, `accounts`. Each is a CSV and a Parquet file. The text of a CSV's
    cells is made safe for spreadsheets (`sim.archive.schema.guarded`). The last file is `manifest.json`
    (`sim.archive.manifest`).

    Parameters
    ----------
    model : InfluenceModel
        A run, finished or not: what it has logged so far.
    folder : path
    hash_below : int
        Accounts with 1 to `hash_below` - 1 followers are hashed.

    Returns
    -------
    list of Path
        The files, in the order written.

    Raises
    ------
    ConfigError
        The run's times cannot be put into ids.
    sim.core.files.OutputError
        A file cannot be written.
    """
    folder, acts = Path(folder), messages(model)
    begin_manifest(folder)
    sets = sets_of(model, taken_down(model))
    names = Names(model, np.concatenate(list(sets.values())), hash_below)
    written = _write_sets(model, folder, acts, sets, names)
    plain = Names(model, np.empty(0, np.int64), 0)
    written += write_table(folder / "activity_toolkit", toolkit_tables(acts, plain, Contents(model)))
    written += write_table(folder / "activity_coortweet", coortweet_tables(acts, plain))
    written += write_table(folder / "accounts", [account_table(model, plain, names)])
    return [*written, write_manifest(folder, written)]


def write_wave(model: InfluenceModel, folder: str | os.PathLike[str], *, hash_below: int = HASH_BELOW) -> int:
    """Write the archive that a run's investigation published with its takedown wave: a folder, whole or not at all.

    The sets of `write_archive`, of what the investigation had confirmed, up to the wave; the public's activity was not
    published. Analysts err: people whom they took for the operation's are in the core's files, as nobody knew better.

    Returns
    -------
    int
        How many accounts are in it; 0 where no wave was published, and then nothing is written.

    Raises
    ------
    ConfigError, sim.core.files.OutputError
        As in `write_archive`.
    """
    investigation = model.platform.investigation
    if not investigation.report.published:
        return 0
    acts = messages(model, until=investigation.report.wave, of=investigation.confirmed)
    sets = sets_of(model, investigation.confirmed)
    names = Names(model, np.concatenate(list(sets.values())), hash_below)
    with whole_folder(Path(folder)) as unfinished:
        write_manifest(unfinished, _write_sets(model, unfinished, acts, sets, names))
    return int(np.count_nonzero(investigation.confirmed))


def _write_sets(
    model: InfluenceModel, folder: Path, acts: Messages, sets: Mapping[str, NDArray[np.int64]], names: Names
) -> list[Path]:
    written: list[Path] = []
    for name, accounts in sets.items():
        written += write_table(folder / f"{name}_users", [user_table(model, accounts, names)])
        written += write_table(folder / f"{name}_tweets", tweet_tables(model, acts, accounts, names))
    return written


def write_table(path: Path, tables: Iterable[pa.Table]) -> tuple[Path, Path]:
    """Write tables of one schema, at least one, one after another into a CSV and a Parquet file.

    Parameters
    ----------
    path : Path
        Without an ending.
    """
    parts = iter(tables)
    first = next(parts)
    as_csv, as_parquet = path.with_name(path.name + ".csv"), path.with_name(path.name + ".parquet")
    texts = pa.schema([(name, pa.string()) for name in first.column_names])
    # As in the real files every cell is quoted, with an LF after each row.
    options = pyarrow.csv.WriteOptions(quoting_style="all_valid")
    with (
        whole_file(as_csv) as csv_file,
        whole_file(as_parquet) as parquet_file,
        pyarrow.csv.CSVWriter(csv_file, texts, write_options=options) as csv_writer,
        pyarrow.parquet.ParquetWriter(parquet_file, first.schema) as parquet_writer,
    ):
        for table in chain([first], parts):
            columns = (guarded(as_text(column)) for column in table.columns)
            csv_writer.write_table(pa.table(dict(zip(table.column_names, columns, strict=True))))
            parquet_writer.write_table(table)
    return as_csv, as_parquet
