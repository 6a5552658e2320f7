"""A run in the published archive's schema: the accounts that were taken down and their posts, as tables.

What stands in a cell is what the archive has, and where the simulation has none of it (texts, places) a neutral
placeholder: a post's text is the tag of its topic and the number of the post that it shows.

Accounts with fewer than 5,000 followers are hashed: their id and both names are one and the same unreadable text. In
the real files an account that shows no follower at all is not hashed, so neither is it here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sim.archive.schema import TWEET_COLUMNS, USER_COLUMNS, hashed, snowflakes
from sim.config import ScenarioConfig
from sim.events.log import ACTIVITY_COLUMNS, ActivityLog, post_identity
from sim.events.records import REPOST
from sim.model import InfluenceModel
from sim.population.accounts import Client, Status
from sim.population.truth import Layer

HASH_BELOW = 5_000  # followers, as Twitter did
CHUNK = 250_000  # rows of a table that is made at a time
_FIRST_USERID = 1_000_000_000


@dataclass(frozen=True)
class Messages:
    """The acts of a run's log under published ids, in time order.

    Attributes
    ----------
    seconds : int64 (acts,)
        Since 1970-01-01 UTC.
    account, author : int32 (acts,)
        Who acts, and whose post it is.
    repost : bool (acts,)
    message, post : int64 (acts,)
        Id of the act, and of the post that it writes or reposts: the same where it writes one.
    topic, language : uint8 (acts,)
        Of the post.
    """

    seconds: NDArray[np.int64]
    account: NDArray[np.int32]
    author: NDArray[np.int32]
    repost: NDArray[np.bool_]
    message: NDArray[np.int64]
    post: NDArray[np.int64]
    topic: NDArray[np.uint8]
    language: NDArray[np.uint8]

    def __len__(self) -> int:
        return int(self.seconds.size)

    def rows(self, rows: NDArray[np.integer] | slice) -> Messages:
        """Return some of the acts."""
        return Messages(**{name: column[rows] for name, column in vars(self).items()})


def messages(model: InfluenceModel, until: int | None = None, of: NDArray[np.bool_] | None = None) -> Messages:
    """Return the acts of a run's log with their ids, which hold their times.

    Acts of one second differ by their place in the log. Where the log is a sample, reposted posts that are not in it
    have ids as well.

    Parameters
    ----------
    model : InfluenceModel
    until : int, optional
        Only the acts before it, seconds from the start of the run.
    of : bool (accounts,), optional
        Only the acts that say something of these accounts: their own, reposts of them, and the posts of whom they
        repost. At full size all acts take over two gigabytes more than the run; these take little.

    Raises
    ------
    ConfigError
        The run's times cannot be put into ids.
    """
    start = model.config.scenario.start_epoch
    if of is None:
        end = None if until is None else int(np.searchsorted(model.activity["time"], until))
        log = {name: model.activity[name][:end] for name in model.activity.columns}
        place = _place_among_equals(log["time"])
    else:
        log, place = _about(model.activity, of, until)
    time, repost = log["time"].astype(np.int64), log["kind"] == REPOST
    message = snowflakes((start + time) * 1000, place)
    key = post_identity(log)
    wanted, which = np.unique(key[repost], return_inverse=True)
    posts = np.flatnonzero(~repost)
    posts = posts[np.argsort(key[posts], kind="stable")]
    found = np.searchsorted(key[posts], wanted)
    logged = found < posts.size
    logged[logged] = key[posts[found[logged]]] == wanted[logged]
    target = np.empty(wanted.size, np.int64)
    target[logged] = message[posts[found[logged]]]
    if not logged.all():
        target[~logged] = _unlogged(wanted[~logged] & 0xFFFF_FFFF, model.activity["time"], start)
    post = message.copy()
    post[repost] = target[which]
    return Messages(
        start + time, log["account"], log["author"], repost, message, post, log["topic"], log["language"]
    )  # fmt: skip


def _about(
    log: ActivityLog, of: NDArray[np.bool_], until: int | None
) -> tuple[dict[str, NDArray[Any]], NDArray[np.int64]]:
    """Return the rows of a log that say something of some accounts, and the place of each among those of its second.

    Part by part: the whole would take as much room again as the log.
    """
    own_reposts = [post_identity(part)[of[part["account"]] & (part["kind"] == REPOST)] for part in log.parts()]
    wanted = np.unique(np.concatenate([np.empty(0, np.int64), *own_reposts]))
    reposted = np.zeros_like(of)
    reposted[wanted >> 32] = True
    found: dict[str, list[NDArray[Any]]] = {name: [np.empty(0, kind)] for name, kind in ACTIVITY_COLUMNS.items()}
    places = [np.empty(0, np.int64)]
    for part in log.parts():
        about = of[part["account"]] | of[part["author"]]
        maybe = np.flatnonzero(reposted[part["account"]] & (part["kind"] != REPOST))
        about[maybe[np.isin(post_identity(part)[maybe], wanted)]] = True
        if until is not None:
            about &= part["time"] < until
        rows = np.flatnonzero(about)
        places.append(rows - np.searchsorted(part["time"], part["time"][rows]))
        for name, column in part.items():
            found[name].append(column[rows])
    return {name: np.concatenate(columns) for name, columns in found.items()}, np.concatenate(places)


def _place_among_equals(rising: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return how many equal numbers come before each of a rising sequence."""
    begins = np.flatnonzero(np.diff(rising, prepend=rising[:1] - 1))
    lengths = np.diff(begins, append=rising.size)
    return np.arange(rising.size) - np.repeat(begins, lengths)


def _unlogged(written: NDArray[np.int64], time: NDArray[np.int64], start: int) -> NDArray[np.int64]:
    """Return ids of posts that the log lacks; in their second they come after its acts."""
    order = np.argsort(written, kind="stable")
    rising = written[order]
    acts = np.searchsorted(time, rising, side="right") - np.searchsorted(time, rising)
    ids = np.empty(written.size, np.int64)
    ids[order] = snowflakes((start + rising) * 1000, acts + _place_among_equals(rising))
    return ids


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
    clients = pa.array([client.name.lower() for client in Client], pa.string())
    languages = pa.array(list(model.config.organic.languages), pa.string())
    for begin in range(0, max(rows.size, 1), CHUNK):
        part = acts.rows(rows[begin : begin + CHUNK])
        n = len(part)
        empty, none, absent = (pa.array([text] * n, pa.string()) for text in ("", "[]", "absent"))
        zero, repost = pa.array(np.zeros(n, np.int64)), pa.array(part.repost)
        found = np.searchsorted(reposted, part.message)
        count = np.where(reposted[found] == part.message, times[found], 0)
        user = user_table(model, part.account, names)
        columns = {
            "tweetid": pa.array(part.message).cast(pa.string()),
            **{name: user.column(name) for name in USER_COLUMNS},
            "tweet_language": languages.take(pa.array(part.language)),
            "tweet_text": text_of(part),
            "tweet_time": pa.array((part.seconds // 60 * 60).astype("datetime64[s]")),
            "tweet_client_name": clients.take(pa.array(model.accounts.client[part.account])),
            "is_retweet": repost,
            "retweet_userid": pc.if_else(repost, names.of(part.author), ""),
            "retweet_tweetid": pc.if_else(repost, pa.array(part.post).cast(pa.string()), ""),
            "retweet_count": pa.array(count.astype(np.int64)),
            "hashtags": pc.binary_join_element_wise("['", tag_of(part), "']", ""),
            **dict.fromkeys(("latitude", "longitude"), absent),
            **dict.fromkeys(("quote_count", "reply_count", "like_count"), zero),
            **dict.fromkeys(("urls", "user_mentions"), none),
        }
        yield pa.table({name: columns.get(name, empty) for name in TWEET_COLUMNS})


def tag_of(acts: Messages) -> Any:
    """Return the tag of each act's topic, such as topic0: string (acts,)."""
    return pa.array([f"topic{number}" for number in range(256)], pa.string()).take(pa.array(acts.topic))


def text_of(acts: Messages) -> Any:
    """Return what stands for the text of each act, string (acts,): two are equal where they show the same post."""
    return pc.binary_join_element_wise("#", tag_of(acts), " ", pa.array(acts.post).cast(pa.string()), "")
