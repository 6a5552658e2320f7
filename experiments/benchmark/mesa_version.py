"""The organic public as Mesa would have it: one `Agent` object per account.

It follows the rules of `sim.public.feed` and `sim.public.behaviour` with the same parameters, on the same graph and
for the same accounts, in plain objects: an account holds those it follows as a list of agents, reads their recent acts
when it logs in, ranks them, reposts and writes. Draws come from the model's own generator, as in other Mesa models, so
that a run agrees with the real model in its rates and not act by act. Left out are the operation, the platform, the
log and belief, which only makes it faster. Of the two ways to say in Mesa who follows whom, lists of agents are used
and not a network space, whose look-ups cost more.
"""

from __future__ import annotations

import bisect
import heapq
import math
from collections import Counter, deque
from itertools import accumulate
from typing import Any, NamedTuple

import mesa
from numpy.typing import NDArray

from sim.config import WorldConfig
from sim.events.trends import usual_reposts
from sim.population.news import DAY_SECONDS, news_days
from sim.population.rhythm import rhythm_of, weekly_rhythm
from sim.population.world import World

_MARGIN = 64  # seconds at the end of a step in which no session starts, as in sim.public.behaviour
_LN2 = math.log(2.0)


class Post:
    """What an account wrote."""

    __slots__ = ("appeal", "author", "language", "number", "reposts", "stance", "time", "topic", "trended")

    def __init__(self, author: Account, time: int, topic: int, appeal: float) -> None:
        self.author, self.time, self.topic, self.appeal = author, time, topic, appeal
        self.language, self.stance = author.language, author.stance if topic == 0 else 0.0
        self.reposts, self.trended, self.number = 0, False, author.model.random.getrandbits(32)


class Act(NamedTuple):
    """A post, or an account's repost of it, as it reaches followers."""

    time: int
    step: int
    account: Account
    post: Post


class Account(mesa.Agent):  # type: ignore[misc]
    """One account of the organic public."""

    model: PublicModel

    def __init__(
        self,
        model: PublicModel,
        session_rate: float,
        posts_per_session: float,
        repost_propensity: float,
        language: int,
        interest: int,
        stance: float,
        boost: float,
        post_appeal: float,
        group: int,
        rhythm: int,
    ) -> None:
        super().__init__(model)
        self.session_rate, self.posts_per_session = session_rate, posts_per_session
        self.repost_propensity, self.language, self.interest = repost_propensity, language, interest
        self.stance, self.boost, self.post_appeal, self.group = stance, boost, post_appeal, group
        self.rhythm = rhythm
        self.following: list[Account] = []
        self.recent: deque[Act] = deque(maxlen=model.config.feed.acts_per_account)  # newest first
        self.reposted: set[Post] = set()
        self.last_look = 0

    def step(self) -> None:
        """Log in now and then; read the feed, repost what appeals, and write."""
        model = self.model
        if self.random.random() >= self.session_rate * model.chance[self.rhythm]:
            return
        now = model.start + int(self.random.random() * (model.step_seconds - _MARGIN))
        in_network, recommended = self.feed(now)
        for act in in_network:
            self.read(act.post, act.account, now)
        for post in recommended:
            self.read(post, None, now)
        for i in range(int(self.posts_per_session + self.random.random())):
            self.write(now + 1 + i)
        self.last_look = model.step_number

    def feed(self, now: int) -> tuple[list[Act], list[Post]]:
        """Return the acts of followed accounts that rank highest, and the recommended posts."""
        rules = self.model.config.feed
        recommended = self.recommended(now)
        left = rules.attention - len(recommended)
        acts = [act for friend in self.following for act in friend.recent if act.step >= self.last_look]
        if rules.ranking == "chronological":
            return heapq.nlargest(left, acts, key=lambda act: act.time), recommended
        shown = rules.followed_hours * 3600.0
        fresh = heapq.nlargest(
            rules.candidates, (act for act in acts if now - act.time <= shown), key=lambda act: act.time
        )
        decay = _LN2 / (rules.recency_half_life_hours * 3600.0)
        weight = rules.engagement_weight
        fresh.sort(key=lambda act: decay * (now - act.post.time) - weight * math.log1p(act.post.reposts))
        return fresh[:left], recommended

    def concerned(self, post: Post) -> bool:
        """Whether a post is on the main interest, or was in the news when it was written."""
        return post.topic == self.interest or self.model.news[post.time // DAY_SECONDS][post.topic]

    def recommended(self, now: int) -> list[Post]:
        """Return what the platform recommends of the posts whose lag has ended since the last look."""
        rules, chosen, step = self.model.config.feed, list[Post](), self.model.step_number
        most = round(rules.attention * rules.recommended_share)
        for entered, post in reversed(self.model.trends[self.language]):
            if len(chosen) == most:
                break
            own = (self.unique_id * 0x9E3779B1 ^ post.number) % 2**32 / 2**32  # a draw of reader and post
            lag = self.model.lags[bisect.bisect(self.model.lag_shares, own, hi=len(self.model.lags) - 1)]
            if not self.last_look <= entered + lag < step:
                continue
            relevance = rules.relevance_match if self.concerned(post) else rules.relevance_mismatch
            if post.author is not self and self.random.random() < relevance and post.author not in self.following:
                chosen.append(post)
        return chosen

    def read(self, post: Post, source: Account | None, now: int) -> None:
        """Read a post, which an account's act or (None) a recommendation brought, and perhaps repost it."""
        if post.author is self:
            return
        self.model.impressions += 1
        rules = self.model.config.organic
        p = self.repost_propensity * post.appeal
        p *= rules.interest_match if self.concerned(post) else rules.interest_mismatch
        if post.language != self.language:
            p *= rules.foreign_language
        if source is None:
            p *= rules.shown_by_platform
        elif source is not post.author:
            p *= rules.secondhand
        if post.topic == 0:
            p *= 1.0 - rules.agreement_weight * abs(post.stance - self.stance) / 2.0
        if self.group >= 0 and self.group == post.author.group:
            p *= self.boost
        p *= 1.0 + rules.social_proof * math.log1p(post.reposts)
        if source is not None:
            p *= math.exp(-_LN2 * (now - post.time) / (rules.novelty_half_life_hours * 3600.0))
        if self.random.random() < min(p, rules.repost_probability_max) and post not in self.reposted:
            self.reposted.add(post)
            self.model.acts.append(Act(now, self.model.step_number, self, post))

    def write(self, when: int) -> None:
        """Write a post."""
        rules = self.model.config.organic
        topic = self.interest if self.random.random() < rules.topic_loyalty else self.random.randrange(rules.topics)
        appeal = self.random.lognormvariate(-(rules.appeal_sigma**2) / 2.0, rules.appeal_sigma) * self.post_appeal
        self.model.acts.append(Act(when, self.model.step_number, self, Post(self, when, topic, appeal)))


class PublicModel(mesa.Model):  # type: ignore[misc]
    """The organic public of a world, one agent an account.

    Parameters
    ----------
    world : World
        Its organic accounts and the ties among them are taken.

    Attributes
    ----------
    impressions, posts, reposts : int
        Since the start of the run.
    """

    def __init__(self, world: World) -> None:
        super().__init__(rng=world.config.seed)
        self.config: WorldConfig = world.config
        scenario, n = self.config.scenario, self.config.scenario.n_organic
        self.step_seconds, self.step_number, self.start = scenario.step_seconds, 0, 0
        per_step = weekly_rhythm(self.config) * (scenario.step_minutes / 1440.0)
        self._chance: list[list[float]] = per_step.T.tolist()
        self.chance = self._chance[0]  # by language, at home and at work
        self.acts: list[Act] = []  # of this step
        self.impressions = self.posts = self.reposts = 0
        feed, table = self.config.feed, world.accounts
        self.lags = [int(hours * 60.0 / scenario.step_minutes) for hours in feed.lag_hours]
        self.lag_shares = list(accumulate(feed.lag_shares))
        self.trends: list[list[tuple[int, Post]]] = [[] for _ in self.config.organic.languages]
        self._usual = usual_reposts(self.config, table)  # by language and step of the week
        self.news: list[list[bool]] = news_days(self.config).tolist()  # by day and topic

        def plain(column: NDArray[Any]) -> list[float]:
            return column[:n].tolist()

        accounts = list(
            Account.create_agents(
                self, n, plain(table.session_rate), plain(table.posts_per_session), plain(table.repost_propensity),
                plain(table.language), plain(table.interest), plain(table.stance), plain(table.boost),
                plain(table.post_appeal), plain(world.truth.group),
                plain(rhythm_of(self.config, table.language, table.at_work)),
            )
        )  # fmt: skip
        for number, account in enumerate(accounts):
            followed = world.graph.following(number)
            account.following = [accounts[other] for other in followed[followed < n].tolist()]
        self.datacollector = mesa.DataCollector({"impressions": "impressions", "posts": "posts", "reposts": "reposts"})

    def step(self) -> None:
        """Let every account have its turn; what they did reaches their followers with the next step."""
        self.start = self.step_number * self.step_seconds
        self.chance = self._chance[self.step_number % len(self._chance)]
        self.agents.do("step")
        self.publish()
        self.datacollector.collect(self)
        self.step_number += 1

    def publish(self) -> None:
        """Put the step's acts before the followers, and posts that gather reposts into the recommendations."""
        reposted = Counter[Post]()
        for act in sorted(self.acts, key=lambda act: act.time):
            act.account.recent.appendleft(act)
            if act.post.author is act.account:
                self.posts += 1
            else:
                self.reposts += 1
                act.post.reposts += 1
                reposted[act.post] += 1
        self.acts = []
        feed, now = self.config.feed, self.start + self.step_seconds
        usual = self._usual[:, self.step_number % self._usual.shape[1]]
        for post, velocity in reposted.items():
            rate = feed.entries_per_hour * self.step_seconds / 3600.0 * velocity / usual[post.language]
            young = now - post.time <= feed.followed_hours * 3600.0
            if young and not post.trended and self.random.random() < -math.expm1(-rate):
                self.trends[post.language].append((self.step_number, post))
                post.trended = True
