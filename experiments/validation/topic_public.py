"""A public on one topic as detectors of coordination see it: real people beside simulated ones.

The real log is a table of reposts, a row each, with four columns: `person`, `post` (numbers), `day` (of the repost,
from 0 on), `post_hour` (of the post's writing, hours since the first midnight; negative before it); docs/validation.md
says how to make it from a public data set. The simulated log is that of the last days of a run: reposts by the public
of posts by the public on the contested topic.

How many people a method scores decides what it says of them, so the larger public is thinned to as many scored people
as the smaller one has, at random, a few times over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.co_repost import CoRepost
from experiments.validation.acts import top_share
from experiments.validation.line import Line, amount, share, unknown
from sim import ConfigError, InfluenceModel
from sim.config.messages import first_line
from sim.core.rng import Purpose, stream, uniforms
from sim.events.log import post_identity
from sim.events.records import REPOST
from sim.observation import Observation

COLUMNS = ("person", "post", "day", "post_hour")
DAYS, DRAWS = 6, 20  # of the real log; of thinnings
_LEAST = 3  # reposts of a person that is scored
_ALIKE = ("30", "31")  # rows that depend on the size of the public
_ALIKE_FROM = 0.2  # scale: a smaller public has fewer posts to share, and its people are more alike
_DAY, _HOUR = 86_400, 3600


@dataclass(frozen=True)
class TopicLog:
    """Reposts about one topic, an entry each: arrays of one length, of whole numbers."""

    person: NDArray[np.int64]
    post: NDArray[np.int64]
    day: NDArray[np.int64]
    post_hour: NDArray[np.int64]

    def of(self, kept: NDArray[np.bool_]) -> TopicLog:
        """Return the rows that are kept."""
        return TopicLog(*(getattr(self, name)[kept] for name in COLUMNS))

    def numbered(self) -> TopicLog:
        """Return the log with persons and posts numbered from 0 on, each repost once."""
        person, post = (np.unique(part, return_inverse=True)[1] for part in (self.person, self.post))
        _, first = np.unique(person << 32 | post, return_index=True)
        return TopicLog(person[first], post[first], self.day[first], self.post_hour[first])

    @property
    def scored(self) -> int:
        """Number of people with enough reposts to be scored."""
        return int(np.count_nonzero(np.bincount(self.person) >= _LEAST))


def read_topic_log(path: str | Path) -> TopicLog:
    """Read a real log from a Parquet or CSV file.

    Raises
    ------
    ConfigError
        There is no such file, it cannot be read, or a column is missing, holds no whole numbers or is empty.
    """
    import pandas as pd

    try:
        frame = pd.read_csv(path) if str(path).endswith((".csv", ".csv.gz")) else pd.read_parquet(path)
    except FileNotFoundError:
        raise ConfigError(f"--public must name a Parquet or CSV file; there is no {path}.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or first_line(error)
        raise ConfigError(f"--public must name a Parquet or CSV file; {path} cannot be read: {reason}") from None
    missing = [name for name in COLUMNS if name not in frame]
    if missing or not len(frame):
        raise ConfigError(f"{path} must have rows with the columns {', '.join(COLUMNS)}; it lacks {missing or 'rows'}.")
    for name in COLUMNS:
        if not pd.api.types.is_integer_dtype(frame[name]):
            raise ConfigError(f"{path}: {name} must hold whole numbers; got {frame[name].dtype}.")
    return TopicLog(*(frame[name].to_numpy(np.int64) for name in COLUMNS)).numbered()


def simulated_topic_log(model: InfluenceModel, days: int = DAYS) -> TopicLog:
    """Return the reposts on the contested topic, among the public, of the last whole days of a run."""
    n, log = model.config.scenario.n_organic, model.activity
    first = max(model.config.scenario.days - days, 0) * _DAY
    chosen = (log["kind"] == REPOST) & (log["topic"] == 0) & (log["account"] < n) & (log["author"] < n)
    chosen &= log["time"] >= first
    post = post_identity(log)[chosen]
    day = (log["time"][chosen].astype(np.int64) - first) // _DAY
    hour = (log["post_time"][chosen].astype(np.int64) - first) // _HOUR
    return TopicLog(log["account"][chosen].astype(np.int64), post, day, hour).numbered()


def thinned(log: TopicLog, share: float, seed: int) -> TopicLog:
    """Return the reposts of a share of the people, chosen at random."""
    people = np.arange(int(log.person.max(initial=-1)) + 1)
    kept = uniforms(stream(seed, Purpose.LOG_SAMPLE), people) < share
    return log.of(kept[log.person]).numbered()


def topic_lines(real: TopicLog, model: InfluenceModel) -> list[Line]:
    """Return rows 28 to 31 and 35 of a run, the real public as the record.

    What says how alike people are is held against the record from scale 0.2 on.
    """
    scale, found = model.config.scenario.scale, []
    for name, known, value in beside(real, simulated_topic_log(model)):
        row, _, quantity = name.partition(": ")
        if row in _ALIKE and scale < _ALIKE_FROM or row == "–":
            record = unknown("")
        else:
            record = amount(known) if quantity.endswith("median") else share(known)
        unit = "{:.0f}" if row == "–" else "{:.3f}"
        found.append(Line(row, quantity, replace(record, low=known, high=known), unit, value))
    return found


def measures(log: TopicLog) -> dict[str, float]:
    """Return rows 28 to 31 and 35 of a log."""
    by_post, by_person = np.bincount(log.post), np.bincount(log.person)
    by_post = by_post[by_post > 0]
    age = log.day * 24 - log.post_hour  # hours from the post to the beginning of the repost's day
    found = {
        "29: people with 3 reposts or more": float(np.mean(by_person >= _LEAST)),
        "28: of reposts, to the top 1% of reposted posts": top_share(by_post, 0.01),
        "28: to posts with 10 or more": float(by_post[by_post >= 10].sum() / by_post.sum()),
        "28: to posts with 100 or more": float(by_post[by_post >= 100].sum() / by_post.sum()),
        "35: of posts of an earlier day": float(np.mean(age > 0)),
        "35: of posts 24 hours older than the day": float(np.mean(age >= 24)),
        "35: six days older": float(np.mean(age >= 144)),
    }
    scored = by_person >= _LEAST
    capped = _scores(log, 10)
    exact = _scores(log, None)
    for threshold in (0.3, 0.4, 0.5, 0.7):
        found[f"30: co_repost at {threshold} or more, of the scored"] = float(np.mean(capped >= threshold))
    found["31: largest exact cosine, median"] = float(np.median(exact))
    found["31: at 0.8 or more"] = float(np.mean(exact >= 0.8))
    share, partner = _common_posts(log, scored)
    found["31: probability that two of them share a post"] = share
    found["31: with a partner of 3 common posts"] = partner
    return found


def similarity(model: InfluenceModel) -> dict[str, float]:
    """Return how alike the people of the contested topic are at the end of a run.

    Returns
    -------
    dict of str to float
        `similar_people`: of the people scored, the share that `co_repost` scores 0.5 or more (row 30), NaN where nobody
        is scored; `people_scored`: how many they are. Both grow with the size of the public.
    """
    log = simulated_topic_log(model)
    if not log.scored:
        return {"similar_people": float("nan"), "people_scored": 0.0}
    scores = _scores(log, 10)
    return {"similar_people": float(np.mean(scores >= 0.5)), "people_scored": float(log.scored)}


def _scores(log: TopicLog, max_reposters: int | None) -> NDArray[np.float64]:
    """Return the scores of the people whom `co_repost` scores, by row 30's rules whatever its defaults are."""
    detector = CoRepost(window_hours=168.0, min_reposts=_LEAST, max_reposters=max_reposters, min_holders=1)
    order = np.argsort(log.day, kind="stable")
    n = int(log.person.max()) + 1
    events: dict[str, Any] = {
        "time": log.day[order] * _DAY, "account": log.person[order].astype(np.int32),
        "kind": np.full(order.size, REPOST, np.int8), "post": log.post[order],
        "author": np.full(order.size, n, np.int32),
    }  # fmt: skip
    end = (int(log.day.max()) + 1) * _DAY
    detector.observe(Observation(step=0, start=0, end=end, n_accounts=n + 1, columns={}, events=events))
    scores = detector.score()
    return np.asarray(scores[~np.isnan(scores)])


def _common_posts(log: TopicLog, scored: NDArray[np.bool_]) -> tuple[float, float]:
    """Return how many pairs of the scored share a post, and how many of them have a partner with three in common."""
    from scipy import sparse

    kept = scored[log.person]
    rows = np.cumsum(scored)[log.person[kept]] - 1
    n = int(scored.sum())
    held = sparse.csr_matrix((np.ones(rows.size, np.int32), (rows, log.post[kept])))
    common = (held @ held.T).tocsr()
    common.setdiag(0)
    common.eliminate_zeros()
    most = common.max(axis=1).toarray().ravel() if n else np.zeros(0)
    return common.nnz / max(n * (n - 1), 1), float(np.mean(most >= _LEAST)) if n else float("nan")


def beside(real: TopicLog, simulated: TopicLog, draws: int = DRAWS) -> list[tuple[str, float, float]]:
    """Return each measure of the real and of the simulated public, the larger thinned to equal numbers scored."""
    least = min(real.scored, simulated.scored)
    if least < 2:
        raise ConfigError(
            f"fewer than two simulated people have {_LEAST} reposts on the topic: there is nothing to score."
        )
    found = []
    for log in (real, simulated):
        share = least / log.scored
        logs = [log] if share == 1.0 else [thinned(log, share, seed) for seed in range(draws)]
        each = [measures(part) | {"–: people scored": float(part.scored)} for part in logs]
        found.append({name: float(np.mean([one[name] for one in each])) for name in each[0]})
    return [(name, found[0][name], found[1][name]) for name in sorted(found[0])]
