"""Values that small worlds of tests have in common."""

from __future__ import annotations

#: A core that acts by its own rates, not by a record's days, and amplifiers that repost every post alike: among a few
#: hundred accounts the recorded core hardly acts.
PLAIN_OPERATION = (
    "operation.days=null",
    "operation.spans=null",
    "operation.sittings=null",
    "operation.desks=null",
    "operation.core_repost_inside_share=null",
    "operation.core_following=null",
    "operation.acts_per_day_sigma=1.2",
    "operation.languages={zh: 0.75, en: 0.25}",
    "operation.capacity.limited=false",
    "feed.missing_sign_factor=1",
)
