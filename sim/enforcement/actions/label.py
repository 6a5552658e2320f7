"""The label: a notice on an account's posts, which makes people less likely to repost them."""

from __future__ import annotations

from sim.enforcement.actions.mark_on_posts import MarkOnPosts


class Label(MarkOnPosts):
    """Put a notice on the posts of an account; the strength lowers the public's probability of reposting them."""

    name, number, column = "label", 4, "label"
