"""What the rules may know of a submission, its author and where it goes, gathered once for them all. Reads only."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select

from forum.clock import now
from forum.db import db
from forum.groups.models import Group, Kind, Membership
from forum.groups.queries import community, memberships_in, own_groups_below
from forum.posting.anonymous import count_anonymous_since, last_anonymous_in, with_seal
from forum.posting.models import Arrival, HeldPost, HeldState
from forum.posting.moved import may_come_along
from forum.posting.placement import Placement
from forum.posting.publish import thread_url
from forum.rulebook.queries import rules_in_force
from forum.rules.submission import Facts, Submission
from forum.settings import current_settings
from forum.threads.models import Thread
from forum.threads.queries import count_posts_since, last_post_in

# So many of one's own groups are named in a sentence.
_GROUPS_NAMED = 5


def memberships_for(author_id: int | None, group: Group) -> Mapping[int, Membership]:
    """The author's memberships of the group and of the community, by group id, as `facts_of` wants them."""
    return {} if author_id is None else memberships_in(author_id, {group.id, community().id})


def facts_of(
    submission: Submission,
    group: Group,
    belongs: Mapping[int, Membership],
    placement: Placement,
    arrival: Arrival | None,
    *,
    besides: int | None = None,
) -> Facts:
    """All that the rules may know, gathered once. `arrival` is what came before under the same message id.

    `besides` is the held post that is judged anew, which the author's pace does not count.
    """
    own, in_community = belongs.get(group.id), belongs.get(community().id)
    posts_last_hour = 0
    if submission.author_id is not None and group.quota is not None:
        hour_ago = now() - timedelta(hours=1)
        # What waits counts too, or a newcomer could fill the moderators' day without limit.
        posted = count_posts_since(submission.author_id, group.id, hour_ago).scalar_subquery()
        waiting = _count_waiting_since(submission.author_id, group.id, hour_ago).scalar_subquery()
        posts_last_hour = db.session.scalar(select(posted + waiting)) or 0
        posts_last_hour += count_anonymous_since(submission.author_id, group.id, hour_ago)
    mutes = [each.muted_until for each in (own, in_community) if each is not None and each.muted_until is not None]
    thread = placement.thread
    facts = Facts(
        group_name=group.name,
        group_listed=group.listed,
        group_is_community=group.kind is Kind.COMMUNITY,
        moderate=group.moderate,
        assurance_new=group.assurance_new,
        assurance_reply=group.assurance_reply,
        quota=group.quota,
        max_size=current_settings().max_message,
        strangers=group.strangers,
        standing=own.standing if own is not None else None,
        role=own.role if own is not None else None,
        community_standing=in_community.standing if in_community is not None else None,
        muted_until=max(mutes, default=None),
        newcomer_posts=own.newcomer_posts if own is not None else 0,
        posts_last_hour=posts_last_hour,
        is_reply=placement.answers is not None,
        answers_erased=placement.answers is not None and placement.answers.erased_at is not None,
        thread_locked=thread is not None and thread.locked_at is not None,
        thread_url=thread_url(thread) if thread is not None else "",
        id_was_used_for_other_content=arrival is not None,
        trusted=own is not None and own.trusted,
        moderators_obey=group.moderators_obey,
        hold_unaddressed=group.hold_unaddressed,
        emergency=group.emergency_since is not None,
        thread_moderated=thread is not None and thread.moderated_at is not None,
        slow_seconds=thread.slow_seconds if thread is not None else None,
        last_here_ago=_last_here_ago(submission.author_id, thread),
        rules=rules_in_force(group),
        came_after_thread=own is None
        and thread is not None
        and submission.author_id is not None
        and may_come_along(submission.author_id, thread),
        thread_gone=placement.gone,
        announce_only=group.announce_only,
        write_in=_where_to_write(group, submission) if group.announce_only else (),
        anonymous_posts=group.anonymous_posts,
        lock_reason=thread.lock_reason if thread is not None else "",
        locked_until=thread.locked_until if thread is not None else None,
    )
    facts = with_seal(facts, submission, placement)
    return _with_history(submission, facts, thread, besides) if facts.rules else facts


def _where_to_write(group: Group, submission: Submission) -> tuple[str, ...]:
    """The author's own groups that grew out of this one, by name; nobody's for what must not tell whose it is."""
    if submission.author_id is None or submission.anonymous:
        return ()
    return tuple(each.name for each in own_groups_below(submission.author_id, group))[:_GROUPS_NAMED]


def _with_history(submission: Submission, facts: Facts, thread: Thread | None, besides: int | None) -> Facts:
    """The facts with the author's pace, where a rule asks for it; loads the checks only then, as `judge` does."""
    from forum.posting.history import history_for
    from forum.rules.group_rules import rules_of_pace

    rules = rules_of_pace(facts)
    return replace(facts, history=history_for(submission, thread, rules, besides=besides)) if rules else facts


def without_pace(facts: Facts) -> Facts:
    """The facts of what was judged by its pace when it came, and goes out only now."""
    if facts.history is None:
        return facts
    from forum.rules.group_rules import rules_of_pace

    of_pace = rules_of_pace(facts)
    return replace(facts, rules=tuple(rule for rule in facts.rules if rule not in of_pace), history=None)


def _last_here_ago(author_id: int | None, thread: Thread | None) -> timedelta | None:
    """How long ago somebody last answered in a slowed thread; what waits there counts, or the brake would not hold."""
    if author_id is None or thread is None or thread.slow_seconds is None:
        return None
    after = now() - timedelta(seconds=thread.slow_seconds)
    posted = last_post_in(thread.id, author_id, after)
    waiting = select(func.max(HeldPost.created_at)).where(
        HeldPost.author_id == author_id,
        HeldPost.created_at > after,
        HeldPost.thread_id == thread.id,
        HeldPost.state == HeldState.WAITING,
    )
    anonymous = last_anonymous_in(thread.id, author_id, after)
    moments = [moment for moment in (posted, db.session.scalar(waiting), anonymous) if moment is not None]
    return now() - max(moments) if moments else None


def _count_waiting_since(author_id: int, group_id: int, moment: datetime) -> Select[tuple[int]]:
    return select(func.count()).where(
        HeldPost.author_id == author_id,
        HeldPost.group_id == group_id,
        HeldPost.state == HeldState.WAITING,
        HeldPost.created_at > moment,
    )
