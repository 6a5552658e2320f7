"""The limit: posts rank lower and may not be recommended, and reposts may not count as engagement."""

from __future__ import annotations

from sim.enforcement.actions.mark_on_posts import MarkOnPosts


class Limit(MarkOnPosts):
    """Limit an account: its posts rank lower and are recommended less, and its reposts count less."""

    name, number, column = "limit", 3, "limit"
