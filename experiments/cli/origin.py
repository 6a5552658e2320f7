"""What is written beside every result: the configuration that it is of, and where it came from."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from experiments.store.results import provenance, write_json
from sim.core.files import write_whole


def write_origin(config: DictConfig, folder: Path, seeds: list[int], failed: str | None = None) -> None:
    """Write `config.yaml` and `provenance.json`; of a run that failed with the reason."""
    write_whole(folder / "config.yaml", OmegaConf.to_yaml(config, resolve=True).encode())
    write_json(provenance(seeds) | ({"failed": failed} if failed else {}), folder / "provenance.json")
