"""What mail would be without a split: as it is now, and if people muted the tags that they never write in. Pure.

Both are always shown beside a proposal: following may do what a split is meant for, and costs nobody a place.
"""

from dataclasses import dataclass

import numpy as np

from forum.groups.models import Delivery
from forum.splitting.figures.seating import Numbers, Shares, days_seen, each_once
from forum.splitting.proposals.evidence import Evidence

_DELIVERIES = list(Delivery)
DIGEST_A_DAY, WEEKLY_A_DAY = 1.0, 1 / 7


@dataclass(frozen=True)
class Loads:
    """For each member, posts a day that reach it in mails of its own; and the sum of the group as it is."""

    now: Shares
    mute_first: Shares
    posts_a_day: float
    # The share of recent posts in threads with a tag: only those can be muted by tag.
    tagged: float


def loads_of(evidence: Evidence) -> Loads:
    """Doing nothing and muting first, for every member whose choice is a mail for each post; nothing for the others.

    Muting first: a member mutes all tags but those of threads that it has written in or follows. What has no tag
    still comes. Who has written and followed nothing mutes as many as the others do in the mean. A thread with
    several tags counts under the one that is used most.
    """
    days = days_seen(evidence)
    posts = evidence.thread_posts_recent.astype(np.float64)
    everything = float(posts.sum()) / days
    main = main_tags(evidence)
    tags = len(evidence.tag_ids)
    by_tag = np.bincount(main[main >= 0], posts[main >= 0], tags) / days
    untagged = float(posts[main < 0].sum()) / days
    member = np.concatenate((evidence.wrote_member, evidence.follow_member)).astype(np.int64)
    tag = main[np.concatenate((evidence.wrote_thread, evidence.follow_thread))]
    pairs = (member * max(tags, 1) + tag)[tag >= 0]
    chosen = evidence.tag_follow_member.astype(np.int64) * max(tags, 1) + evidence.tag_follow
    wanted = each_once(np.concatenate((pairs, chosen)))
    followed = np.bincount(wanted // max(tags, 1), by_tag[wanted % max(tags, 1)], evidence.members)
    speaks = np.zeros(evidence.members, dtype=np.bool_)
    speaks[np.concatenate((member, evidence.tag_follow_member))] = True
    # Nobody speaks: nobody can be asked what they would mute.
    usual = float(followed[speaks].mean()) if speaks.any() else everything - untagged
    single = is_single(evidence)
    return Loads(
        np.where(single, everything, 0.0),
        np.where(single, untagged + np.where(speaks, followed, usual), 0.0),
        everything,
        1 - untagged / everything if everything else 0.0,
    )


def main_tags(evidence: Evidence) -> Numbers:
    """Of each thread the tag that stands on most threads, the earlier of two; -1 without a tag."""
    used = np.bincount(evidence.tagged, minlength=len(evidence.tag_ids))
    order = np.lexsort((-evidence.tagged.astype(np.int64), used[evidence.tagged], evidence.tagged_thread))
    main = np.full(evidence.threads, -1, dtype=np.int64)
    # The last of a thread stands.
    main[evidence.tagged_thread[order]] = evidence.tagged[order]
    return main


def is_single(evidence: Evidence) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Who gets a mail for each post."""
    return np.asarray(evidence.member_delivery == _DELIVERIES.index(Delivery.SINGLE)).reshape(-1)


def is_delivered(evidence: Evidence, *deliveries: Delivery) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Who has chosen one of these."""
    return np.isin(evidence.member_delivery, [_DELIVERIES.index(each) for each in deliveries])
