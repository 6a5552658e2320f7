"""A run in the published archive's schema: the accounts that were taken down and their posts, as tables.

What stands in a cell is what the archive has, and where the simulation has none of it (texts, places) a neutral
placeholder: a post's text is made of the numbers of its wording, hashtags and link (`sim.archive.contents`).

Accounts with fewer than 5,000 followers are hashed: their id and both names are one and the same unreadable text. In
the real files an account that shows no follower at all is not hashed, so neither is it here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sim.archive.contents import Contents, hashtags_of, link_of, listed, text_of
from sim.archive.messages import Messages
from sim.archive.schema import TWEET_COLUMNS, USER_COLUMNS, hashed, snowflakes
from sim.config import ScenarioConfig
from sim.model import InfluenceModel
from sim.population.accounts import Client, Status
from sim.population.truth import Layer

HASH_BELOW = 5_000  # followers, as Twitter did
CHUNK = 250_000  # rows of a table that is made at a time
_FIRST_USERID = 1_000_000_000


def check_publishable(scenario: ScenarioConfig) -> None:
    """Raise `ConfigError` where a scenario's times cannot be put into ids: better said before a run than after it."""
    times = scenario.start_epoch + np.array([0, scenario.n_steps * scenario.step_seconds])
    snowflakes(times * 1000, np.zeros(2, np.int64))


class Names:
    """What accounts are called: a number, two names made from it, or a hash instead of all three.

    Parameters
    ----------
    model : InfluenceModel
    accounts : int64 (published accounts,)
        Only these may be hashed.
    hash_below : int
        Those with 1 to `hash_below` - 1 followers are; 0 hashes nobody.
    """

    def __init__(self, model: InfluenceModel, accounts: NDArray[np.int64], hash_below: int) -> None:
        # Detectors' numbers say nothing of an account's layer; the simulation's own would.
        self.userid = _FIRST_USERID + model.platform.pseudonyms
        followers = model.accounts.follower_count[accounts]
        secret = accounts[(followers >= 1) & (followers < hash_below)]
        self._hashes = pa.array(hashed(model.config.seed, self.userid[secret]), pa.string())
        self._row = np.full(self.userid.size, -1, np.int32)
        self._row[secret] = np.arange(secret.size)

    def of(self, accounts: NDArray[np.integer], prefix: str = "") -> Any:
        """Return ids as text, or names, which are ids with a prefix: string (accounts,)."""
        row = self._row[accounts]
        plain = pa.array(self.userid[accounts]).cast(pa.string())
        if prefix:
            plain = pc.binary_join_element_wise(prefix, plain, "")
        return pc.replace_with_mask(plain, pa.array(row >= 0), self._hashes.take(pa.array(row[row >= 0])))


def taken_down(model: InfluenceModel) -> NDArray[np.bool_]:
    """Return True for the operation's accounts that a run has suspended; where nobody is acted upon, for all of them.

    Those are the ones that were registered before the run ended. State media were barred from advertising and not taken
    down: none of them is in an archive, nor are people who were suspended by mistake as one case among many.

    Returns
    -------
    bool (accounts,)
    """
    scenario, table = model.config.scenario, model.accounts
    end = scenario.start_epoch + model.step_number * scenario.step_seconds
    down = model.world.truth.operation & (table.created < end)
    if model.enforcement.acts:
        down &= table.status == Status.SUSPENDED
    down[model.world.truth.state_media] = False
    return np.asarray(down)


def sets_of(model: InfluenceModel, published: NDArray[np.bool_]) -> dict[str, NDArray[np.int64]]:
    """Return the accounts of an archive in sets, as Twitter published its takedowns: core and amplifiers.

    Each in the order of ids. A person who was taken for the operation's stands among the core.
    """
    amplifier = model.world.truth.layer == Layer.AMPLIFIER
    by_id = np.argsort(model.platform.pseudonyms)
    return {
        name: by_id[(published & which)[by_id]] for name, which in (("core", ~amplifier), ("amplifiers", amplifier))
    }


def user_table(model: InfluenceModel, accounts: NDArray[np.integer], names: Names) -> pa.Table:
    """Return accounts in the schema of a users file, a row each in the order given."""
    table, n = model.accounts, len(accounts)
    nothing = pa.array([""] * n, pa.string())
    languages = pa.array(list(model.config.organic.languages), pa.string())
    columns = (
        names.of(accounts), names.of(accounts, "account "), names.of(accounts, "account_"), nothing,
        pa.array(np.where(table.empty_bio[accounts], "", "bio"), pa.string()), nothing,
        pa.array(table.follower_count[accounts].astype(np.int64)),
        pa.array(table.following_count[accounts].astype(np.int64)),
        pa.array(table.created[accounts].astype("datetime64[s]").astype("datetime64[D]")),
        languages.take(pa.array(table.language[accounts])),
    )  # fmt: skip
    return pa.table(dict(zip(USER_COLUMNS, columns, strict=True)))


def tweet_tables(
    model: InfluenceModel, acts: Messages, accounts: NDArray[np.int64], names: Names
) -> Iterator[pa.Table]:
    """Yield the posts and reposts of accounts in the schema of a tweets file, in time order, some at a time.

    `retweet_count` counts the reposts in the log; what else could be counted does not exist in the simulation.
    """
    chosen = np.zeros(len(model.accounts), np.bool_)
    chosen[accounts] = True
    rows = np.flatnonzero(chosen[acts.account])
    reposted, times = np.unique(acts.post[acts.repost], return_counts=True)
    reposted, times = np.append(reposted, 2**63 - 1), np.append(times, 0)  # past the end there is a place to look
    contents = Contents(model)
    clients = pa.array([client.name.lower() for client in Client], pa.string())
    languages = pa.array(list(model.config.organic.languages), pa.string())
    for begin in range(0, max(rows.size, 1), CHUNK):
        part = acts.rows(rows[begin : begin + CHUNK])
        n = len(part)
        empty, none, absent = (pa.array([text] * n, pa.string()) for text in ("", "[]", "absent"))
        zero, repost = pa.array(np.zeros(n, np.int64)), pa.array(part.repost)
        found = np.searchsorted(reposted, part.message)
        count = np.where(reposted[found] == part.message, times[found], 0)
        user, carried = user_table(model, part.account, names), contents.numbers(part)
        columns = {
            "tweetid": pa.array(part.message).cast(pa.string()),
            **{name: user.column(name) for name in USER_COLUMNS},
            "tweet_language": languages.take(pa.array(part.language)),
            "tweet_text": text_of(carried),
            "tweet_time": pa.array((part.seconds // 60 * 60).astype("datetime64[s]")),
            "tweet_client_name": clients.take(pa.array(model.accounts.client[part.account])),
            "is_retweet": repost,
            "retweet_userid": pc.if_else(repost, names.of(part.author), ""),
            "retweet_tweetid": pc.if_else(repost, pa.array(part.post).cast(pa.string()), ""),
            "retweet_count": pa.array(count.astype(np.int64)),
            "hashtags": listed(hashtags_of(carried["hashtags"])),
            "urls": listed(link_of(carried["url"])),
            **dict.fromkeys(("latitude", "longitude"), absent),
            **dict.fromkeys(("quote_count", "reply_count", "like_count"), zero),
            "user_mentions": none,
        }
        yield pa.table({name: columns.get(name, empty) for name in TWEET_COLUMNS})
