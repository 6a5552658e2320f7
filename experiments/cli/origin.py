"""What is written beside every result: the configuration that it is of, and where it came from."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from experiments.store.results import provenance, write_json
from sim.core.files import write_whole


def write_origin(
    config: DictConfig, folder: Path, seeds: list[int], failed: str | None = None, manifest: str | None = None
) -> None:
    """Write `config.yaml` and `provenance.json`.

    Parameters
    ----------
    config : DictConfig
    folder : Path
    seeds : list of int
    failed : str, optional
        Why a run failed.
    manifest : str, optional
        The file of this folder that shows, once it is there, that the archive beside it is whole.
    """
    more = {"failed": failed, "manifest": manifest}
    write_whole(folder / "config.yaml", OmegaConf.to_yaml(config, resolve=True).encode())
    write_json(provenance(seeds) | {key: value for key, value in more.items() if value}, folder / "provenance.json")
