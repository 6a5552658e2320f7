"""Finished parts of a comparison, each a file of its own under the hash of what made it; tables are made from them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from experiments.store.packed import DamagedError, seal, unseal
from sim.core.files import write_whole


class Evaluations:
    """The files of a folder, written by rename and read with their digest.

    Parameters
    ----------
    folder : Path, optional
        Made when the first file is kept. By default nothing is kept.
    on_damaged : callable, optional
        Called with a file that was cut off or changed; it is as if it were not there. By default it is a warning.
    before_first : callable, optional
        Called before the first file is kept.
    """

    def __init__(
        self,
        folder: Path | None = None,
        on_damaged: Callable[[Path], None] | None = None,
        before_first: Callable[[], None] | None = None,
    ) -> None:
        self.folder = folder
        self._on_damaged, self._before_first = on_damaged or _warn, before_first

    def find(self, key: str) -> dict[str, Any] | None:
        """Return what was kept under a key, or None."""
        if self.folder is None or not (path := self.folder / f"{key}.npz").exists():
            return None
        try:
            return unseal(path, key)
        except DamagedError:
            self._on_damaged(path)
            return None

    def keep(self, key: str, value: Mapping[str, Any]) -> None:
        """Keep a value, as `experiments.store.packed.pack` takes it; `OutputError` where it cannot be written."""
        if self.folder is None:
            return
        if self._before_first is not None:
            self._before_first()
            self._before_first = None
        write_whole(self.folder / f"{key}.npz", seal(value, key))


def _warn(path: Path) -> None:
    warnings.warn(f"{path} is damaged and is made again", stacklevel=2)
