"""What one run came to: the `Outcome`, plain data that is packed to a file and shared between processes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SERIES = (
    "impressions", "reach", "organic_amplification", "live_amplifiers",
    "suspended_organic", "suspended_core", "suspended_amplifiers",
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What one run came to.

    Attributes
    ----------
    seed : int
    step_hours : float
    announced : int
        Beginning of the day on which the takedown was announced, seconds from the start of the run; -1 where that is
        not within the run.
    n_organic, n_core, n_amplifiers : int
        Accounts of each layer that existed at some time of the run.
    impressions : int
        Reads of operation content by organic accounts.
    organic_amplification : int
        Reposts of operation content by organic accounts.
    organic_impressions : int
        Reads of organic content by organic accounts.
    reached : int32 (reach,)
        The organic accounts with an impression, in rising order.
    impression_reader, impression_time : int32 (impressions,)
        Reader and time of each impression, seconds from the start of the run; by reader, then by time.
    locked_account, locked_from, locked_until : int32 (locks,)
        The intervals in which organic accounts were suspended or locked, seconds from the start of the run, the end
        excluded; one that goes on ends at the end of the run. By account, then by time; those of an account do not
        overlap.
    reached_by_recommendation : int
        Of them, those whose first impression was of a post that the platform recommended.
    suspended : dict of layer name to int
        Accounts that are suspended at the end.
    enforced : dict of layer name to int
        Accounts ever acted upon, by any action but a bar from advertising; also those reinstated.
    enforced_by_group : dict of str to (acted upon, accounts)
        Per kind of benign coordinated group, and `none` for the rest of the public.
    organic_by_action : dict of action name to int
        Organic accounts on which the action ever took effect.
    people_hit : int32 (people,)
        Organic accounts ever suspended or challenged, in rising order.
    people_passed : int
        Of them, those that were challenged alone and passed.
    people_reinstated : int
        Of them, those whom an appeal reinstated.
    hours_to_reinstatement : float64 (reinstatements,)
        From the lock of an organic account to its end by an appeal.
    posts : uint16 (organic,)
        Posts that each organic account wrote.
    hours_to_detection : dict of layer name to float64 (accounts acted upon after they had acted,)
        From first action to first enforcement.
    posts_before_suspension : int32 (amplifiers ever suspended,)
        Acts before the first suspension.
    load : dict of str to float
        What enforcement asked of the platform's people, and what was taken back: keys of `results`.
    n_replaced : int
        Accounts of the operation's reserve that were taken up.
    amplifiers_alive, amplifiers_alive_late : int
        Amplifiers registered and not suspended at the end; of them those registered after the first suspension of an
        amplifier, or bought or hijacked then.
    costs : dict of str to float
        What the operator spent, US dollars, by item of `sim.operation.costs.ITEMS`.
    account_days : float
        Days that accounts of the operation were there and not suspended.
    promoted_impressions : int
        Of `impressions`, those that were paid for.
    second_impressions : int
        Posts of the operation's pages, groups and accounts on the second platform seen by organic people.
    second_reached : int32 (second platform's reach,)
        Those people, in rising order.
    series : dict of str to float64 (steps,)
        The measures of `SERIES` at the end of each step: impressions and organic amplification of that step, the
        others as they stand.
    """

    seed: int
    step_hours: float
    announced: int
    n_organic: int
    n_core: int
    n_amplifiers: int
    impressions: int
    organic_amplification: int
    organic_impressions: int
    reached: NDArray[np.int32]
    impression_reader: NDArray[np.int32]
    impression_time: NDArray[np.int32]
    locked_account: NDArray[np.int32]
    locked_from: NDArray[np.int32]
    locked_until: NDArray[np.int32]
    reached_by_recommendation: int
    suspended: dict[str, int]
    enforced: dict[str, int]
    enforced_by_group: dict[str, tuple[int, int]]
    organic_by_action: dict[str, int]
    people_hit: NDArray[np.int32]
    people_passed: int
    people_reinstated: int
    hours_to_reinstatement: NDArray[np.float64]
    posts: NDArray[np.uint16]
    hours_to_detection: dict[str, NDArray[np.float64]]
    posts_before_suspension: NDArray[np.int32]
    load: dict[str, float]
    n_replaced: int
    amplifiers_alive: int
    amplifiers_alive_late: int
    costs: dict[str, float]
    account_days: float
    promoted_impressions: int
    second_impressions: int
    second_reached: NDArray[np.int32]
    series: dict[str, NDArray[np.float64]]
