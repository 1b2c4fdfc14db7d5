"""What a moderator's answer by mail does besides deciding: it mutes, bans, moves, and brakes threads. Says each.

It reads no mail and sends none. That who wrote moderates here is known before.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from forum.accounts.models import Member
from forum.clock import now
from forum.db import db
from forum.groups.actions import NotPossible
from forum.groups.queries import membership_of
from forum.groups.rights import viewer_of
from forum.moderation.brakes import hold_thread, lock_thread, release_thread, slow_thread, unlock_thread
from forum.moderation.models import Restriction, Restricts
from forum.moderation.moving import move_held, place_to_move
from forum.moderation.restricted import may_restrict
from forum.moderation.restrictions import SLOW_MINUTES, end_of_day, restrict
from forum.moderation.templates import worded
from forum.posting.models import HeldPost, HeldState
from forum.text.lines import one_line
from forum.threads.models import Post, Thread
from mailgateway.moderating_words import Act, Asked
from mailgateway.notice import site_url


def _mute(held: HeldPost, moderator: Member, asked: Asked) -> str:
    if Act.MUTE not in asked.lengths:
        raise NotPossible("Say for how long and why, as in: mute 7 days: the reason")
    done = _restrict(held, moderator, asked, Act.MUTE)
    return f"{held.byline} cannot post to {held.group.name}{_until(done.ends_at)}, and is told why. {_lift(held)}"


def _ban(held: HeldPost, moderator: Member, asked: Asked) -> str:
    done = _restrict(held, moderator, asked, Act.BAN)
    return f"{held.byline} is banned from {held.group.name}{_until(done.ends_at)}, and is told why. {_lift(held)}"


def _restrict(held: HeldPost, moderator: Member, asked: Asked, act: Act) -> Restriction:
    if held.pseudonym_id is not None:
        raise NotPossible("The post is anonymous. Two owners together can open the seal, with a reason.")
    viewer = viewer_of(moderator)
    membership = None if held.author_id is None else membership_of(held.author_id, held.group_id)
    if membership is None or viewer is None:
        raise NotPossible(f"Its author is not a member of {held.group.name}.")
    if not may_restrict(viewer, held.group, membership):
        raise NotPossible("Nobody acts on the own membership, and only owners act on moderators.")
    if not asked.words:
        raise NotPossible(f"Write the reason behind a colon, as in: {act} 7 days: the reason")
    return restrict(
        membership,
        Restricts(act.value),
        actor_id=moderator.id,
        reason=worded(held.group, asked.words),
        until=_end(asked, act, moderator),
    )


def _end(asked: Asked, act: Act, moderator: Member) -> datetime | None:
    """When it is over: so long from now, or when a day ends where the moderator is."""
    length = asked.lengths.get(act)
    if length is None:
        return None
    return now() + length if isinstance(length, timedelta) else end_of_day(length, moderator.time_zone)


def _until(moment: datetime | None) -> str:
    return f" until {moment:%-d %B %Y, %H:%M} UTC" if moment is not None else ""


def _lift(held: HeldPost) -> str:
    assert held.author is not None
    waits = " The post still waits for its own decision." if held.state is HeldState.WAITING else ""
    url = site_url(f"/g/{held.group.slug}/members/{held.author.public_id}")
    return f"To undo it: {url}{waits}"


def _move(held: HeldPost, moderator: Member, asked: Asked) -> str:
    viewer = viewer_of(moderator)
    if viewer is None:
        raise NotPossible("You do not belong to the community now.")
    origin, target = held.group.slug, place_to_move(viewer, held, asked.place)
    moved = move_held(held, target, actor_id=moderator.id, reason=worded(held.group, asked.words))
    if not moved.by_this:
        raise NotPossible(f"{moved.by_name} has acted already.")
    if moved.state is HeldState.APPROVED:
        return f"Moved to {target.name}, where it is out as a new thread. It can be erased on its page."
    return f"Moved to {target.name}, where it waits for a moderator. There they can undo it: move to {origin}"


def thread_of(held: HeldPost) -> Thread:
    """The thread where the post stands, or would stand."""
    post = db.session.get(Post, held.post_id or held.in_reply_to_id or 0)
    if post is not None:
        return db.session.get_one(Thread, post.thread_id)
    thread = None if held.thread_id is None else db.session.get(Thread, held.thread_id)
    if thread is None:
        raise NotPossible("This post begins a thread of its own. Answer: approve and hold thread")
    return thread


def _public_words(asked: Asked) -> str:
    """What readers of the thread are told: nothing where the same words are the author's reason for a decision."""
    if {Act.REJECT, Act.RETURN, Act.MUTE, Act.BAN} & set(asked.acts):
        return ""
    return one_line(asked.words.partition("\n\n")[0])[:500]


def _lock_thread(held: HeldPost, moderator: Member, asked: Asked) -> str:
    until = _end(asked, Act.LOCK_THREAD, moderator)
    lock_thread(thread_of(held), actor_id=moderator.id, reason=_public_words(asked), until=until)
    return f"Nobody answers in this thread{_until(until)}. To undo it, answer: unlock thread"


def _unlock_thread(held: HeldPost, moderator: Member, asked: Asked) -> str:
    unlock_thread(thread_of(held), actor_id=moderator.id)
    return "The thread is open to answers again. To undo it, answer: lock thread"


def _hold_thread(held: HeldPost, moderator: Member, asked: Asked) -> str:
    until = _end(asked, Act.HOLD_THREAD, moderator)
    hold_thread(thread_of(held), actor_id=moderator.id, reason=_public_words(asked), until=until)
    return f"Answers in this thread now wait for a moderator{_until(until)}. To undo it, answer: release thread"


def _release_thread(held: HeldPost, moderator: Member, asked: Asked) -> str:
    release_thread(thread_of(held), actor_id=moderator.id)
    return "Answers in this thread go out at once again. To undo it, answer: hold thread"


def _slow_thread(held: HeldPost, moderator: Member, asked: Asked) -> str:
    minutes = asked.minutes if asked.minutes is not None else SLOW_MINUTES
    until = _end(asked, Act.SLOW_THREAD, moderator)
    slow_thread(thread_of(held), minutes, actor_id=moderator.id, reason=_public_words(asked), until=until)
    return (
        f"Each member now answers in this thread at most once in {minutes} minutes{_until(until)}. "
        "To undo it, answer: release thread"
    )


RESTRICTS: Mapping[Act, Callable[[HeldPost, Member, Asked], str]] = {
    Act.MUTE: _mute,
    Act.BAN: _ban,
    Act.MOVE: _move,
    Act.LOCK_THREAD: _lock_thread,
    Act.UNLOCK_THREAD: _unlock_thread,
    Act.HOLD_THREAD: _hold_thread,
    Act.RELEASE_THREAD: _release_thread,
    Act.SLOW_THREAD: _slow_thread,
}
