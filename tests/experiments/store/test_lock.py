"""A folder is written by one command at a time."""

from __future__ import annotations

import multiprocessing as mp
import os
import signal
from pathlib import Path

import pytest

from experiments.store.lock import LOCK, Occupied, only_writer


def _hold(folder: Path, said) -> None:
    with only_writer(folder):
        said.send(os.getpid())
        signal.pause()


def test_a_folder_that_another_process_writes_is_refused_by_name_until_that_process_is_gone(tmp_path: Path):
    ours, theirs = mp.Pipe()
    other = mp.get_context("fork").Process(target=_hold, args=(tmp_path, theirs))
    other.start()
    pid = ours.recv()
    with pytest.raises(Occupied, match=rf"is being written by process {pid} on "), only_writer(tmp_path):
        pass
    other.kill()
    other.join()
    with only_writer(tmp_path):
        assert (tmp_path / LOCK).exists()
    assert not (tmp_path / LOCK).exists()
