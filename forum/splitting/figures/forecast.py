"""How many mails a day a member would get: now, after the split, and by muting tags instead; by type of member. Pure.

After the split a thread is in one group, so that nobody gets a post twice: a member gets what goes along with the own
groups, and what stays in the parent. Digests hold all groups of a member in one mail and stay as many.
"""

from dataclasses import dataclass

import numpy as np

from forum.groups.models import Delivery
from forum.splitting.figures.baselines import DIGEST_A_DAY, WEEKLY_A_DAY, Loads, is_delivered, is_single
from forum.splitting.figures.seating import Flags, Numbers, Seating, Shares, days_seen, each_once
from forum.splitting.figures.values import MailForecast
from forum.splitting.proposals.evidence import Evidence

# About a post a week, in 90 days.
WRITES_A_LOT = 12


@dataclass(frozen=True)
class Forecast:
    """By type of member, and the mean of all who get a mail for each post."""

    by_type: tuple[MailForecast, ...]
    now: float
    after: float
    mute_first: float


def after_split(evidence: Evidence, seating: Seating, homes: Numbers, groups_a_day: Shares) -> Shares:
    """For each member, the posts a day in its groups and in what stays in the parent."""
    stays = float(evidence.thread_posts_recent[homes < 0].sum()) / days_seen(evidence)
    # The last cell is nowhere.
    a_day = np.append(groups_a_day, 0.0)
    after: Shares = stays + a_day[seating.first] + a_day[seating.second]
    return after


def forecast_of(evidence: Evidence, loads: Loads, after: Shares) -> Forecast:
    """Of each type that somebody is of, in a fixed order, every member counted once."""
    single = is_single(evidence)
    posts = evidence.member_posts_recent
    by_type = [
        _singles("writes a lot", single & (posts >= WRITES_A_LOT), loads, after),
        _singles("writes now and then", single & (posts > 0) & (posts < WRITES_A_LOT), loads, after),
        _singles("only reads", single & (posts == 0), loads, after),
        _digests("gets a daily digest", is_delivered(evidence, Delivery.DIGEST), DIGEST_A_DAY, loads, after),
        _digests("gets a weekly digest", is_delivered(evidence, Delivery.WEEKLY), WEEKLY_A_DAY, loads, after),
        _followers(evidence),
        _silent(is_delivered(evidence, Delivery.SPECIALS, Delivery.NONE)),
    ]
    return Forecast(
        tuple(each for each in by_type if each.members),
        _mean(loads.now, single),
        _mean(after, single),
        _mean(loads.mute_first, single),
    )


def _singles(member_type: str, who: Flags, loads: Loads, after: Shares) -> MailForecast:
    members, now = int(who.sum()), _mean(loads.now, who)
    then, muted = _mean(after, who), _mean(loads.mute_first, who)
    sentence = (
        f"Who {member_type} and gets single mails: now {now:.1f} a day, after the split {then:.1f}, "
        f"and {muted:.1f} by muting tags that one never writes in ({_people(members)})."
    )
    return MailForecast(member_type, members, now, then, muted, sentence)


def _digests(member_type: str, who: Flags, mails: float, loads: Loads, after: Shares) -> MailForecast:
    """As many mails, with fewer posts in them; none where there is nothing to tell."""
    members, posts = int(who.sum()), _mean(after, who)
    mails_now, mails_then = min(mails, loads.posts_a_day), min(mails, posts)
    sentence = (
        f"Who {member_type}: all groups stand in one mail, with {loads.posts_a_day / mails:.1f} posts in it now "
        f"and {posts / mails:.1f} after the split ({_people(members)})."
    )
    return MailForecast(member_type, members, mails_now, mails_then, mails_now, sentence)


def _followers(evidence: Evidence) -> MailForecast:
    """Members who get only what they follow: where a thread is makes no difference to them."""
    who = is_delivered(evidence, Delivery.FOLLOWED)
    members = int(who.sum())
    threads = max(evidence.threads, 1)
    member = np.concatenate((evidence.wrote_member, evidence.follow_member)).astype(np.int64)
    pairs = member * threads + np.concatenate((evidence.wrote_thread, evidence.follow_thread))
    # By tag: every thread with a tag that the member follows.
    by_tag = _threads_by_tag(evidence, who)
    wanted = each_once(np.concatenate((pairs[who[member]], by_tag)))
    posts = float(evidence.thread_posts_recent[wanted % threads].sum()) if len(wanted) else 0.0
    mails = posts / days_seen(evidence) / members if members else 0.0
    sentence = f"Who gets only followed topics: {mails:.1f} a day, whatever is done ({_people(members)})."
    return MailForecast("gets followed topics", members, mails, mails, mails, sentence)


def _threads_by_tag(evidence: Evidence, who: Flags) -> Numbers:
    """The pairs of these members and threads with a tag that they follow, as member * threads + thread."""
    chosen = who[evidence.tag_follow_member]
    member, tag = evidence.tag_follow_member[chosen].astype(np.int64), evidence.tag_follow[chosen]
    order = np.argsort(evidence.tagged, kind="stable")
    starts = np.searchsorted(evidence.tagged[order], np.arange(len(evidence.tag_ids) + 1))
    many = (starts[1:] - starts[:-1])[tag]
    within = np.arange(int(many.sum())) - np.repeat(np.cumsum(many) - many, many)
    thread = evidence.tagged_thread[order[np.repeat(starts[tag], many) + within]]
    pairs: Numbers = np.repeat(member, many) * max(evidence.threads, 1) + thread
    return pairs


def _silent(who: Flags) -> MailForecast:
    members = int(who.sum())
    sentence = f"Who gets no mail of the group, or announcements only: as before ({_people(members)})."
    return MailForecast("gets no mail", members, 0.0, 0.0, 0.0, sentence)


def _mean(values: Shares, who: Flags) -> float:
    return float(values[who].mean()) if who.any() else 0.0


def _people(members: int) -> str:
    return "1 member" if members == 1 else f"{members:,} members"
