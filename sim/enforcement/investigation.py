"""The investigation: analysts who work slowly from leads to the core, and a takedown wave at the end.

Beside the automatic route, which sees one account at a time, a team examines accounts by hand. It starts from leads
(the accounts that the automatic route finds most suspect, readers' reports, a tip from another company) and expands
from what it has confirmed along shared infrastructure (the same exit of a VPN, the same block of addresses), along
common dates of registration, and along behaviour (accounts that the suspended reposted). Innocent people share these
too, so an account's priority is the *share* of confirmed accounts among all that share the trait. Each examination
costs hours and errs at given rates. When nothing new is found for some days the case is closed; a wave then suspends
all confirmed accounts at once. The case ends with an attribution and its confidence. If the confidence is high enough,
the platform tips off the second platform, bars the state's advertising, and refers the evidence to law enforcement.
The archive is published.

The analysts' verdicts are drawn from the truth with errors, so this module may read the truth; the order of
examination depends only on what the platform can see.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.config.investigation import InvestigationConfig
from sim.core.rng import Purpose, stream, uniforms
from sim.events.records import REPORT, REPOST
from sim.population.accounts import Access, Status
from sim.population.truth import Layer
from sim.state import RunState

_DAY = 86_400
_REPOST_DAYS = 14  # that the analysts search: an account that waits for its check is suspended after a week
_TIPPED = 1.0  # evidence against an account named by another company


@dataclass(frozen=True)
class Referral:
    """A referral to law enforcement and its evidence.

    Attributes
    ----------
    time : int
        Seconds from the start of the run.
    accounts : int
        Confirmed and taken down.
    mainland, vpn : int
        Of these, accounts that connect from unblocked mainland addresses, and through VPNs.
    shared_networks : int
        Networks that two or more of them use.
    batch_days : int
        Days on which two or more of them were registered.
    confidence : float
        Of the attribution, in [0, 1].
    """

    time: int
    accounts: int
    mainland: int
    vpn: int
    shared_networks: int
    batch_days: int
    confidence: float


@dataclass
class CaseReport:
    """How the case went; times in seconds from the start of the run, None for events that did not happen.

    Attributes
    ----------
    opened, closed, wave : int or None
    leads : dict of str to int
        Accounts by the source that named them first: `score`, `report`, `tip`, `network`, `batch`, `behaviour`.
    examined, confirmed, wrongly_confirmed : int
    analyst_hours : float
    confidence : float
        That the network is the state's; NaN before the wave.
    tipped_second_platform, advertising_barred, published : bool
    referral : Referral or None
    """

    opened: int | None = None
    closed: int | None = None
    wave: int | None = None
    leads: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("score", "report", "tip", "network", "batch", "behaviour"), 0)
    )
    examined: int = 0
    confirmed: int = 0
    wrongly_confirmed: int = 0
    analyst_hours: float = 0.0
    confidence: float = math.nan
    tipped_second_platform: bool = False
    advertising_barred: bool = False
    published: bool = False
    referral: Referral | None = None


class Investigation:
    """The analysts and their case.

    Parameters
    ----------
    state : RunState
    config : InvestigationConfig
    on : bool
        Whether the platform acts at all.

    Attributes
    ----------
    confirmed, examined : bool (accounts,)
        Accounts attributed to the operation, rightly or not; accounts examined, or known from the start (state media).
    report : CaseReport
    """

    def __init__(self, state: RunState, config: InvestigationConfig, *, on: bool) -> None:
        self.state, self.config = state, config
        n, seed = len(state.accounts), state.config.seed
        scale = state.config.scenario.scale
        self.confirmed, self.examined = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
        self.examined[state.world.truth.state_media] = True  # state media declare themselves: nothing to examine
        self.report = CaseReport()
        self._reports = np.zeros(n, np.int32)
        self._reposts: list[NDArray[np.int32]] = []  # of the last days, one entry a step: rows of reposter and author
        self._tipped = np.zeros(n, np.bool_)
        self._hours_a_day = config.analysts * scale * config.hours_per_day if on else 0.0
        self._hours_left = 0.0
        self._top, self._named = round(config.top_scores * scale), max(1, round(config.tip_accounts * scale))
        self._least = max(1, round(config.least_accounts * scale))
        self._last_finding = 0
        first = self._day_name(0)  # a date before it has passed: it belongs to another scenario
        self._tip_date, self._wave_by = (
            day if day and day >= first else None for day in (config.tip_date, config.wave_by)
        )
        self._verdict = stream(seed, Purpose.EXAMINATION)
        self._tip = stream(seed, Purpose.PEER_TIP)

    @property
    def active(self) -> bool:
        """Whether there are analysts and the takedown wave is still to come."""
        return self._hours_a_day > 0.0 and self.report.wave is None

    def step(self, scores: NDArray[np.float64]) -> NDArray[np.int64]:
        """Take in the current step; at the end of a day, work.

        Parameters
        ----------
        scores : float64 (accounts,)
            The automatic route's last ones, NaN = unscored.

        Returns
        -------
        int64 (accounts of the wave,)
            To be suspended now; empty but once.
        """
        nobody = np.empty(0, np.int64)
        if not self.active:
            return nobody
        self._collect_reports()
        self._note_reposts()
        scenario = self.state.config.scenario
        end = self.state.end
        if (scenario.start_epoch + end) % _DAY:
            return nobody
        day = end // _DAY
        if self.report.closed is None:
            self._take_tip(end)
            self._work(scores, end)
        return self._wave(end) if self._is_time(end, day) else nobody

    def _collect_reports(self) -> None:
        """Note whose posts readers report in this step."""
        reports = self.state.reports
        np.add.at(self._reports, reports["author"][reports["kind"] == REPORT], 1)

    def _note_reposts(self) -> None:
        """Record reposters and authors of this step; drop entries older than `_REPOST_DAYS`."""
        reposts = self.state.events[self.state.events["kind"] == REPOST]
        authors = self.state.timeline.posts(reposts["post"])["author"]
        self._reposts.append(np.stack([reposts["account"], authors]).astype(np.int32))
        del self._reposts[: -max(1, _REPOST_DAYS * _DAY // self.state.config.scenario.step_seconds)]

    def _company(self) -> NDArray[np.float64]:
        """Return how far an account keeps company with accounts known to be bad: float64 (accounts,).

        The share of its reposts that are of such accounts, or of the reposts that it got that come from them, whichever
        is more; three of either kind that are innocent are added, so that one repost proves little.
        """
        who, author = np.concatenate([np.empty((2, 0), np.int32), *self._reposts], axis=1)
        # People mostly pass the check within hours: whom it holds is bad company too.
        bad = self.confirmed | (self.state.accounts.status != Status.ACTIVE)
        made, got = (np.bincount(rows, minlength=bad.size) for rows in (who, author))
        of_bad = np.bincount(who[self.confirmed[author]], minlength=bad.size)
        by_bad = np.bincount(author[bad[who]], minlength=bad.size)
        return np.maximum(of_bad / (made + 3.0), by_bad / (got + 3.0))

    def _take_tip(self, end: int) -> None:
        """Learn of accounts that another company has found: core accounts, drawn at random, on the day of the tip."""
        if self._tip_date is None or self._tipped.any() or not self.config.tip_accounts:
            return
        if self._day_name(end - 1) < self._tip_date:
            return
        core = self.state.world.truth.accounts(Layer.CORE)
        core = core[self._registered(end)[core]]
        self._tipped[core[np.argsort(uniforms(self._tip, core), kind="stable")[: self._named]]] = True

    def _work(self, scores: NDArray[np.float64], end: int) -> None:
        """Examine the accounts with most against them, as far as the day's hours go."""
        config, report = self.config, self.report
        evidence, source = self.evidence(scores, end)
        evidence[self.examined | ~self._registered(end)] = 0.0
        due = np.flatnonzero(evidence >= max(config.least_evidence, 1e-9))
        due = due[np.lexsort((due, -evidence[due]))]
        # Unused hours do not accumulate: the analysts spent them on other work.
        self._hours_left = min(self._hours_left, config.hours_per_account) + self._hours_a_day
        who = due[: int(self._hours_left / config.hours_per_account)]
        hours = who.size * config.hours_per_account
        self._hours_left -= hours
        report.analyst_hours += hours
        if who.size and report.opened is None:
            report.opened, self._last_finding = end, end
        guilty = self.state.world.truth.operation[who]
        draw = uniforms(self._verdict, who)
        found = who[np.where(guilty, draw >= config.miss_rate, draw < config.false_alarm_rate)]
        self.examined[who] = True
        self.confirmed[found] = True
        for index, name in enumerate(report.leads):
            report.leads[name] += int(np.count_nonzero(source[who] == index))
        report.examined += who.size
        report.confirmed += found.size
        report.wrongly_confirmed += int(np.count_nonzero(~self.state.world.truth.operation[found]))
        if found.size:
            self._last_finding = end
        idle = report.opened is not None and end - self._last_finding >= config.idle_days * _DAY
        late = self._wave_by is not None and self._day_name(end + config.wave_after_days * _DAY) >= self._wave_by
        if report.confirmed >= self._least and (idle or late):
            report.closed = end

    def evidence(self, scores: NDArray[np.float64], end: int) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
        """Return what there is against each account, and which source says most.

        Parameters
        ----------
        scores : float64 (accounts,)
        end : int
            Seconds from the start of the run.

        Returns
        -------
        evidence : float64 (accounts,)
            In [0, 1], the largest of: 1 where named by a tip; the score, for the highest of the day; r / (r + 10) for r
            reports; the share of confirmed accounts among those on the same shared network, and among those
            registered on the same day; how far it reposts or is reposted by accounts that are confirmed or suspended.
        source : int8 (accounts,)
            Index into `CaseReport.leads`.
        """
        table = self.state.accounts
        best, source = np.zeros(len(table)), np.zeros(len(table), np.int8)
        exists = self._registered(end) & (table.status == Status.ACTIVE)
        leading = np.where(exists & ~self.examined, scores, np.nan)
        ranked = np.argsort(np.where(np.isnan(leading), -1.0, leading), kind="stable")[::-1][: self._top]
        ranked = ranked[~np.isnan(leading[ranked])]
        parts: list[NDArray[np.float64]] = [np.zeros(len(table))]
        parts[0][ranked] = leading[ranked]
        parts.append(self._reports / (self._reports + 10.0))
        parts.append(np.where(self._tipped, _TIPPED, 0.0))
        parts.append(self._share_of_confirmed(table.network, (table.access != Access.RESIDENTIAL) & exists))
        parts.append(self._share_of_confirmed(table.created // _DAY, exists))
        parts.append(self._company())
        for index, part in enumerate(parts):
            more = part > best
            best[more], source[more] = part[more], index
        return best, source

    def _share_of_confirmed(self, trait: NDArray[np.integer], among: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the share of confirmed accounts among the others with the same trait: float64 (accounts,)."""
        share = np.zeros(trait.size)
        known = np.flatnonzero(self.confirmed)
        rows = np.flatnonzero((among | self.confirmed) & np.isin(trait, np.unique(trait[known])))
        if not rows.size:
            return share
        _, place = np.unique(trait[rows], return_inverse=True)
        members = np.bincount(place)
        guilty = np.bincount(place, weights=self.confirmed[rows])
        own = self.confirmed[rows].astype(np.float64)
        share[rows] = (guilty[place] - own) / np.maximum(members[place] - 1, 1)
        return share

    def _is_time(self, end: int, day: int) -> bool:
        """Whether the closed case's wave is due."""
        closed = self.report.closed
        return closed is not None and end - closed >= self.config.wave_after_days * _DAY

    def _wave(self, end: int) -> NDArray[np.int64]:
        """Suspend the confirmed accounts and attribute the network; notify others if confidence suffices."""
        report, table = self.report, self.state.accounts
        who = np.flatnonzero(self.confirmed)
        report.wave, report.confidence, report.published = end, self._confidence(who), True
        if report.confidence >= self.config.attribution_least:
            report.tipped_second_platform, report.advertising_barred = True, self.config.bars_advertising
            access = table.access[who]
            _, users = np.unique(table.network[who[access != Access.RESIDENTIAL]], return_counts=True)
            _, registered = np.unique(table.created[who] // _DAY, return_counts=True)
            report.referral = Referral(
                time=end, accounts=who.size, mainland=int(np.count_nonzero(access == Access.MAINLAND)),
                vpn=int(np.count_nonzero(access == Access.VPN)), shared_networks=int(np.count_nonzero(users > 1)),
                batch_days=int(np.count_nonzero(registered > 1)), confidence=report.confidence,
            )  # fmt: skip
        return who[table.status[who] != Status.SUSPENDED]

    def _confidence(self, who: NDArray[np.int64]) -> float:
        """Return the probability that the network is the state's, by Bayes' rule on the share of mainland access.

        The rate among the network's accounts is set against that among all others. Accounts of one network are not
        independent witnesses: together they count as many as they have networks.
        """
        table, prior = self.state.accounts, self.config.prior
        if not who.size:
            return prior
        inside = table.access[who] == Access.MAINLAND
        outside = np.delete(table.access, who) == Access.MAINLAND
        rate_in = (inside.sum() + 0.5) / (inside.size + 1.0)
        rate_out = (outside.sum() + 0.5) / (outside.size + 1.0)
        # Per witness, the mean log of the likelihood ratio: the divergence of the two rates.
        each = rate_in * math.log(rate_in / rate_out) + (1.0 - rate_in) * math.log((1.0 - rate_in) / (1.0 - rate_out))
        witnesses = np.unique(table.network[who]).size
        logit = math.log(prior / (1.0 - prior)) + math.copysign(witnesses * each, rate_in - rate_out)
        return 1.0 / (1.0 + math.exp(-min(max(logit, -700.0), 700.0)))

    def _registered(self, end: int) -> NDArray[np.bool_]:
        return np.asarray(self.state.accounts.created < self.state.config.scenario.start_epoch + end)

    def _day_name(self, seconds: int) -> str:
        epoch = self.state.config.scenario.start_epoch + seconds
        return str(np.datetime64(epoch, "s").astype("datetime64[D]"))
