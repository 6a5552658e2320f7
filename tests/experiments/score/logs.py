"""Small logs for tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

START = 1_566_172_800  # 19 August 2019


def written(path: Path, rows: Iterable[Sequence[object]], header: str = "account,post,time", sign: str = ",") -> str:
    """Write rows as CSV, and return the name of the file."""
    lines = [header.replace(",", sign), *(sign.join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def random_rows(seed: int, accounts: int, posts: int, reposts: int, hours: float = 24.0) -> list[tuple[str, str, int]]:
    """Return reposts at random, each of a post at most once by an account, in the order of time."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    found = {
        (f"a{draw.integers(accounts)}", f"p{int(posts * draw.random() ** 2)}"): START + int(draw.integers(3600 * hours))
        for _ in range(reposts)
    }
    return sorted(((account, post, time) for (account, post), time in found.items()), key=lambda row: row[2])


def crew_rows(accounts: int = 8, posts: int = 12) -> list[tuple[str, str, int]]:
    """Return the reposts of accounts that repost the same posts within seconds of one another."""
    return [(f"crew{i}", f"order{k}", START + 3600 * k + 5 * i) for k in range(posts) for i in range(accounts)]
