"""Ground truth: facts that the simulation knows and the platform does not.

Nothing in `detectors/` may import this module, and an `Observation` never references it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, unique

import numpy as np
from numpy.typing import NDArray

from sim.population.core_plan import CorePlan


@unique
class Layer(IntEnum):
    """The three layers of the contest."""

    ORGANIC = 0
    CORE = 1
    AMPLIFIER = 2


@unique
class Origin(IntEnum):
    """Origin of a post. Campaign content serves the operation; cover content only disguises its author."""

    ORGANIC = 0
    CAMPAIGN = 1
    COVER = 2


@unique
class Supply(IntEnum):
    """Where an account of the operation comes from."""

    FRESH = 0  # registered for the campaign
    BOUGHT = 1  # years old
    HIJACKED = 2  # its owner's until it is taken over


@dataclass(frozen=True)
class GroundTruth:
    """Which layer, role, cell and group each account belongs to.

    Attributes
    ----------
    layer : uint8 (accounts,)
        A `Layer`.
    cell : int32 (accounts,)
        The amplifier's cell, or -1. A reserve account has -1; it joins the cell of the account that it replaces.
    role : uint8 (accounts,)
        1 + index into `role_names` of a persona's role; 0 for everybody else.
    role_names : tuple of str
    supply : uint8 (operation accounts,)
        A `Supply`, by account number less that of the first operation account.
    registered : int64 (operation accounts,)
        Likewise: registration as the profile shows it, seconds since 1970-01-01 UTC;
        `sim.population.accounts.NEVER` for a fresh account of the reserve that is registered when it is used.
    idle_ends : int64 (operation accounts,)
        Likewise: when it is lost if it still waits to be used; `NEVER` where it is not lost so.
    group : int32 (accounts,)
        The number of the benign coordinated group, or -1.
    group_kind : int8 (accounts,)
        Index into `group_kinds`, or -1.
    group_kinds : tuple of str
        Names of the kinds of benign coordinated groups.
    state_media : int64 (advertisers,)
        Accounts of the core that declare themselves state media and buy promotion.
    plan : CorePlan, optional
        What the core is to do, where it acts in sittings or from desks.
    """

    layer: NDArray[np.uint8]
    cell: NDArray[np.int32]
    role: NDArray[np.uint8]
    role_names: tuple[str, ...]
    supply: NDArray[np.uint8]
    registered: NDArray[np.int64]
    idle_ends: NDArray[np.int64]
    group: NDArray[np.int32]
    group_kind: NDArray[np.int8]
    group_kinds: tuple[str, ...]
    state_media: NDArray[np.int64]
    plan: CorePlan | None = None

    def accounts(self, layer: Layer) -> NDArray[np.int64]:
        """Return the numbers of a layer's accounts."""
        return np.flatnonzero(self.layer == layer)

    @property
    def operation(self) -> NDArray[np.bool_]:
        """True for the accounts of the operation: core and amplifiers."""
        return self.layer != Layer.ORGANIC
