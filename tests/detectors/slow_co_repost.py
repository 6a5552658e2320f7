"""The slow twin of detectors.co_repost: loops and dictionaries, every pair in turn.

It shares with it only the draws that set priority.
"""

import math
from itertools import combinations

import numpy as np

from detectors.parts.draws import draws_of


def similarities(events, oldest, min_reposts, max_reposters, min_holders=1):
    """Return {(account, other): cosine} and the accounts scored; events are (time, account, post) in time order."""
    appeared, rows = [], {}
    for time, account, post in events:
        if time < oldest:
            continue
        if account not in rows:
            appeared.append(account)
            rows[account] = []
        if post not in rows[account]:
            rows[account].append(post)
    draws = draws_of(np.arange(len(appeared)))
    scored = [a for a in appeared if len(rows[a]) >= min_reposts]
    priority = {a: draws[appeared.index(a)] for a in scored}
    scored.sort(key=priority.get)
    reposters = {}
    for account in scored:
        for post in rows[account]:
            reposters.setdefault(post, []).append(account)
    reposters = {post: who for post, who in reposters.items() if len(who) >= min_holders}
    rows = {account: [post for post in posts if post in reposters] for account, posts in rows.items()}
    idf = {post: math.log((1 + len(scored)) / (1 + len(who))) + 1 for post, who in reposters.items()}
    norm = {a: math.sqrt(sum(idf[post] ** 2 for post in rows[a])) for a in scored}
    pairs = {}
    for one, two in combinations(scored, 2):
        shared = [p for p in rows[one] if p in rows[two]]
        first = [p for p in shared if max_reposters is None or {one, two} & set(reposters[p][:max_reposters])]
        if first:
            pairs[one, two] = sum(idf[post] ** 2 for post in first) / (norm[one] * norm[two])
    return pairs, scored


def scores(events, oldest, min_reposts, max_reposters, n_accounts, min_holders=1):
    pairs, scored = similarities(events, oldest, min_reposts, max_reposters, min_holders)
    out = np.full(n_accounts, np.nan)
    out[scored] = 0.0
    for pair, value in pairs.items():
        for account in pair:
            out[account] = max(out[account], value)
    return out
