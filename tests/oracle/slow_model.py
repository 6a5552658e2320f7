"""The slow model: the simulator once more, in plain Python. Read it to learn what a run does.

It is the readable specification of the compiled model, and the tests here hold the two to the same result, event by
event. Start with `SlowModel.step`, which gives the order of a step; then read the parts in that order:

- `records`: accounts, posts and acts, as plain objects;
- `operation`: personas write and repost, the operator gives orders, amplifiers carry them out;
- `behaviour`: people log in, read, repost and write; `feed`: what they are shown;
- `reports`: what people report, and whom they block;
- `promotion`: posts that state media pay for;
- `platform`: scores, decisions and actions.

The slow model takes a built world (graph, accounts, truth). It shares the keyed draws of `sim.core.rng` and the names
of kinds, layers and origins with the simulator, and no other code. It keeps no index and no cache: whatever it needs it
looks up by going through a list. That is slow, and enough for a few hundred accounts.
"""

from __future__ import annotations

from sim.config import EnforcementConfig
from sim.core.rng import Purpose, stream, uniform
from sim.events.records import REPOST
from sim.population.truth import Layer
from sim.population.world import World
from tests.oracle.behaviour import sessions
from tests.oracle.feed import update_trends
from tests.oracle.news import days_in_the_news
from tests.oracle.operation import Operation
from tests.oracle.platform import Platform, SlowDetector
from tests.oracle.promotion import promote
from tests.oracle.records import Account, Act, Post, accounts_of


class SlowModel:
    """One run of a world, without or with a detector and an enforcement.

    Attributes
    ----------
    log : list of Act
        All acts, in order of time.
    impressions : list of (time, reader, author, post time, source)
        Each time that a person read a campaign post: by step, then by reader, then in the order of reading.
    reports : list of (time, reader, kind, author, post time)
        Reports and blocks, in order of time.
    passed_over : int
        Items that were not read since the reader had blocked their author, or who showed them.
    organic_impressions : int
        How often people read organic posts.
    trends : dict of language to list of (step of entry, post)
        The recommendations, in the order in which they entered.
    news : dict of topic to set of day
        The days on which a topic is everybody's.
    """

    def __init__(self, world: World, enforcement: EnforcementConfig, detector: SlowDetector | None = None) -> None:
        self.config = world.config
        self.accounts = accounts_of(world)
        self.step_number = 0
        self.log: list[Act] = []
        self.posts: list[Post] = []  # all posts, forgotten ones too, step by step
        self.impressions: list[tuple[int, int, int, int, int]] = []
        self.reports: list[tuple[int, int, int, int, int]] = []
        self.passed_over = 0
        self.organic_impressions = 0
        self.trends: dict[int, list[tuple[int, Post]]] = {}
        self.online: list[tuple[Account, int]] = []  # the people who log in during the step, and when
        self.news = {topic: days_in_the_news(topic, self.config) for topic in range(self.config.organic.topics)}
        self.state_media = [self.accounts[number] for number in world.truth.state_media.tolist()]
        self.operation = Operation(self)
        self.platform = Platform(self, detector, enforcement)
        self.oldest_shown = 0  # the first step whose acts followers are still shown

    def run(self) -> SlowModel:
        """Run all steps."""
        while self.step_number < self.config.scenario.n_steps:
            self.step()
        return self

    def step(self) -> None:
        """Run one step, in the order of `sim.model.InfluenceModel.step`."""
        self.platform.start_step()
        self.online, reported = [], len(self.reports)
        acts = self.operation.step() + sessions(self)
        acts += promote(self.online, acts, self)
        self.posts += [act.post for act in acts if act.kind != REPOST]
        order = stream(self.config.seed, Purpose.ORDER)  # of acts in the same second: a draw of the account
        acts.sort(key=lambda act: (act.time, int(uniform(order, act.account.number, 0, 0) * 2**32)))
        self.reports[reported:] = sorted(
            self.reports[reported:], key=lambda row: (row[0], int(uniform(order, row[1], 0, 0) * 2**32))
        )
        for act in acts:
            self._enter(act)
        update_trends(acts, self)
        self.platform.step(acts)
        self.step_number += 1
        self._forget(self.step_number * self.config.scenario.step_seconds)

    def _enter(self, act: Act) -> None:
        """Add an act to the log. A repost counts towards its post with probability 1 - limit of the reposter."""
        act.step, act.place = self.step_number, len(self.log)
        self.log.append(act)
        act.account.acts.append(act)
        act.account.acted_on.add(act.post)
        if act.kind == REPOST:
            draw = uniform(
                stream(self.config.seed, Purpose.LIMIT_REPOST),
                act.account.number,
                act.post.author.number,
                act.post.time,
            )
            act.post.reposts += draw >= act.account.limit / 255

    def _forget(self, now: int) -> None:
        """Forget posts of steps that ended long enough ago: `feed.kept_hours` if they were recommended."""
        length, feed = self.config.scenario.step_seconds, self.config.feed
        self.oldest_shown = int((now - feed.followed_hours * 3600.0) // length)
        for post in self.posts:
            hours = feed.kept_hours if post.recommended else feed.unlisted_hours
            post.forgotten = post.time // length < int((now - hours * 3600.0) // length)

    def activity(self) -> list[tuple[int, ...]]:
        """Return the activity log's rows: time, account, kind, author, post time, source, topic, language."""
        key, share = stream(self.config.seed, Purpose.LOG_SAMPLE), self.config.scenario.organic_log_share
        return [
            (
                act.time,
                act.account.number,
                act.kind,
                act.post.author.number,
                act.post.time,
                act.source,
                act.post.topic,
                act.post.language,
            )
            for act in self.log
            if act.account.layer != Layer.ORGANIC or uniform(key, act.account.number, 0, 0) < share
        ]

    def suspensions(self) -> dict[int, int]:
        """Return the time of each suspension, seconds from the start of the run, by account."""
        return {account.number: account.suspended_at for account in self.accounts if account.suspended_at is not None}
