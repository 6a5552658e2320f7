"""The published archive: a run written in its schema, and a real archive read for what it says of an operation."""

from sim.archive.publish import HASH_BELOW, check_publishable
from sim.archive.read import ArchiveFile
from sim.archive.schema import ArchiveError
from sim.archive.statistics import View, describe
from sim.archive.write import write_archive, write_wave

__all__ = [
    "HASH_BELOW", "ArchiveError", "ArchiveFile", "View", "check_publishable", "describe", "write_archive", "write_wave",
]  # fmt: skip
