"""The bar on advertising: an account may no longer buy promotion; its ordinary posts stay."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.enforcement.actions.base import FULL, Action


class BarAdvertising(Action):
    """Bar an account from paid promotion. It is a business decision and does not count as enforcement."""

    name, number = "bar_advertising", 6
    graded = counts = appealable = False

    def in_force(self, who: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return 255 where an account is barred."""
        return np.where(self.setting.accounts.advertising_barred[who], FULL, 0).astype(np.uint8)

    def apply(self, who: NDArray[np.int64], level: int, route: int, now: int) -> None:
        """Bar accounts."""
        self.setting.accounts.advertising_barred[who] = True

    def lift(self, who: NDArray[np.int64], now: int) -> None:
        """Let accounts buy promotion again."""
        self.setting.accounts.advertising_barred[who] = False
