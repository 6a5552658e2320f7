"""From one enforced run: a day of a small network, hour by hour, and the story of one person suspended by mistake."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.lesson.layout import places
from sim import InfluenceModel
from sim.config import EnforcementConfig, WorldConfig
from sim.events.records import POST, REPOST
from sim.population.truth import Layer

DAY = 86_400
PERSONAS = 8  # the personas whose posts are read most that day
AMPLIFIER_SHARE = 0.35  # of the accounts that are drawn
STORIES = 40  # people suspended first, among whom the busiest is chosen: each takes a question to the detector
#: Kinds of event of a replayed day.
WRITES, REPOSTS, READS, FALLS = 0, 1, 2, 3


def day_and_person(
    world: WorldConfig, enforcement: EnforcementConfig, detector: str, threshold: float, nodes: int
) -> dict[str, Any]:
    """Run a world against a detector at a threshold; return a day of it, and a person who was suspended by mistake.

    Parameters
    ----------
    world, enforcement, detector, threshold
        Of the run.
    nodes : int
        Accounts that are drawn at most.

    Returns
    -------
    dict of str to value
        `network` (see `network_of`) and `person` (see `_person`; empty where nobody was suspended by mistake).
    """
    model = InfluenceModel(world, detector, enforcement=replace(enforcement, threshold=threshold))
    reasons: dict[int, str] = {}
    seen = 0

    def ask(model: InfluenceModel) -> None:
        """Ask why at the time of the suspension: later the account does nothing that could be explained."""
        nonlocal seen
        log = model.platform.actions.log
        if len(log) == seen:
            return
        rows = np.arange(seen, len(log))
        seen = len(log)
        who = log["account"][rows][~log["lifted"][rows]]
        for account in who[model.world.truth.layer[who] == Layer.ORGANIC].tolist():
            if len(reasons) < STORIES and account not in reasons:
                reasons[account] = model.explain(account).sentence

    model.run(ask)
    return {"network": network_of(model, nodes), "person": _person(model, reasons)}


def network_of(model: InfluenceModel, nodes: int) -> dict[str, Any]:
    """Return the day of a finished run on which the operation's posts were read most, as a small network.

    The personas whose posts were read most, the amplifiers that brought most of these posts to people, or reposted them
    most, and people who read them: first those who passed them on, then those whom an amplifier brought them, then
    others, by account number.

    Returns
    -------
    dict of str to value
        `day`; by account: `layer`, `x`, `y`, `fallen` (seconds of the day at which it was suspended; -1 before the day,
        86,400 or more: not on this day); `ties`, int (n, 2) from who brought a post to who read or reposted it;
        by event, in time order: `time` (seconds of the day), `kind`, `who`, `by` (the account that brought it; -1
        nobody, -2 recommended, -3 promoted), `post` (number of the post).
    """
    reads, acts, layer = model.impressions, model.activity, model.world.truth.layer
    day = int(np.bincount(reads["time"] // DAY, minlength=1).argmax()) if len(reads) else 0
    on = reads["time"] // DAY == day
    read = {name: reads[name][on] for name in reads.columns}
    on = acts["time"] // DAY == day
    act = {name: acts[name][on] for name in acts.columns}
    core = layer == Layer.CORE
    personas = _most(read["author"][core[read["author"]]], PERSONAS)
    theirs = np.isin(read["author"], personas)
    read = {name: column[theirs] for name, column in read.items()}
    passed = np.isin(act["author"], personas)
    act = {name: column[passed] for name, column in act.items()}
    amplifiers = _amplifiers(read, act, layer, round(nodes * AMPLIFIER_SHARE))
    people = _people(read, act, layer, amplifiers, nodes - personas.size - amplifiers.size)
    accounts = np.concatenate([personas, amplifiers, people])
    number = {int(account): i for i, account in enumerate(accounts)}
    events = _events(read, act, number, day)
    ties = sorted({(by, who) for _, kind, who, by, _ in events if by >= 0 and kind in (REPOSTS, READS)})
    fallen = _fallen(model, accounts, day)
    x, y = places(layer[accounts], model.world.truth.cell[accounts], ties)
    columns = list(zip(*sorted([*events, *_falls(fallen)]), strict=True)) or [()] * 5
    names = ("time", "kind", "who", "by", "post")
    return {
        "day": day, "layer": layer[accounts].astype(np.uint8), "x": x, "y": y, "fallen": fallen,
        "ties": np.array(ties, np.int32).reshape(-1, 2),
        **{name: np.array(column, np.int32) for name, column in zip(names, columns, strict=True)},
    }  # fmt: skip


def _most(accounts: NDArray[np.integer], n: int) -> NDArray[np.int64]:
    """Return the accounts that occur most often, at most n; of equal ones those of lower number."""
    found, counts = np.unique(accounts, return_counts=True)
    return found[np.argsort(-counts, kind="stable")[:n]].astype(np.int64)


def _amplifiers(read: Any, act: Any, layer: NDArray[np.uint8], n: int) -> NDArray[np.int64]:
    brought = read["source"][(read["source"] >= 0) & (layer[read["source"]] == Layer.AMPLIFIER)]
    reposted = act["account"][(act["kind"] == REPOST) & (layer[act["account"]] == Layer.AMPLIFIER)]
    first = _most(brought, n)
    others = _most(reposted[~np.isin(reposted, first)], n - first.size)
    return np.concatenate([first, others])


def _people(read: Any, act: Any, layer: NDArray[np.uint8], amplifiers: Any, n: int) -> NDArray[np.int64]:
    readers = np.unique(read["account"])
    passed_on = np.unique(act["account"][(act["kind"] == REPOST) & (layer[act["account"]] == Layer.ORGANIC)])
    by_amplifiers = np.unique(read["account"][np.isin(read["source"], amplifiers)])
    rank = np.where(np.isin(readers, passed_on), 0, np.where(np.isin(readers, by_amplifiers), 1, 2))
    return readers[np.argsort(rank, kind="stable")[: max(n, 0)]].astype(np.int64)


def _events(read: Any, act: Any, number: dict[int, int], day: int) -> list[tuple[int, int, int, int, int]]:
    posts: dict[tuple[int, int], int] = {}
    found = []
    kinds = {POST: WRITES, REPOST: REPOSTS}
    for log, kind_of in ((act, None), (read, READS)):
        for i in range(log["time"].size):
            who, by = int(log["account"][i]), int(log["source"][i])
            if who not in number:
                continue
            post = posts.setdefault((int(log["author"][i]), int(log["post_time"][i])), len(posts))
            kind = kinds[int(log["kind"][i])] if kind_of is None else kind_of
            found.append(
                (int(log["time"][i]) - day * DAY, kind, number[who], number.get(by, -1) if by >= 0 else by, post)
            )
    return found


def _fallen(model: InfluenceModel, accounts: NDArray[np.int64], day: int) -> NDArray[np.int32]:
    """Return when each account was first suspended, seconds of the day: -1 before it, 2 days where never."""
    log, actions = model.platform.actions.log, model.platform.actions
    mine = (log["action"] == actions.number_of("suspend")) & ~log["lifted"]
    first = np.full(model.world.truth.layer.size, np.iinfo(np.int32).max, np.int64)
    np.minimum.at(first, log["account"][mine], log["time"][mine])
    return np.clip(first[accounts] - day * DAY, -1, 2 * DAY).astype(np.int32)


def _falls(fallen: NDArray[np.int32]) -> list[tuple[int, int, int, int, int]]:
    return [(int(time), FALLS, i, -1, -1) for i, time in enumerate(fallen) if 0 <= time < DAY]


def _person(model: InfluenceModel, reasons: dict[int, str]) -> dict[str, Any]:
    """Return what the log says of the busiest person among those suspended first; empty where there is none."""
    if not reasons:
        return {}
    acts, reads, table, truth = model.activity, model.impressions, model.accounts, model.world.truth
    counts = np.bincount(acts["account"], minlength=truth.layer.size)
    who = max(reasons, key=lambda account: (int(counts[account]), -account))
    log, days = model.platform.actions.log, model.config.scenario.days
    mine = log["account"] == who
    at = int(log["time"][mine][0])
    own = acts["account"] == who
    kinds, times, authors = acts["kind"][own], acts["time"][own], acts["author"][own]
    own_reads = reads["account"] == who
    kind = int(truth.group_kind[who])

    def by_day(when: NDArray[np.integer]) -> list[int]:
        return np.bincount(when // DAY, minlength=int(days)).tolist()

    operation = truth.operation[authors]
    return {
        "followers": int(table.follower_count[who]),
        "since": int(np.datetime64(int(table.created[who]), "s").astype("datetime64[Y]").astype(int)) + 1970,
        "group": truth.group_kinds[kind] if kind >= 0 else "none",
        "posts": by_day(times[kinds == POST]), "reposts": by_day(times[kinds == REPOST]),
        "campaign_reads": int(np.count_nonzero(own_reads)),
        "campaign_reposts": int(np.count_nonzero(operation & (kinds == REPOST))),
        "suspended_second": at, "reinstated": bool(log["lifted"][mine].any()), "reason": reasons[who],
    }  # fmt: skip
