"""A batch of digests as letters: who may still have them, which spans of posts are due, and what each one settles.

Asked for a hundred members together at the moment when theirs are sent, so that a change of mind, of standing or of
address counts. Reads only; `digest_choice` chooses the posts, `digest_content` writes, `digest` sends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Row, func, select

from forum.accounts.models import Address, DigestFormat, Member
from forum.accounts.preferences import zone_of
from forum.db import db
from forum.groups.choices import DIGESTS
from forum.groups.models import READS, Membership
from forum.groups.models import Delivery as Mode
from forum.groups.queries import community
from forum.queue import Task
from forum.threads.models import Post
from mailgateway.addresses import ALL_DIGESTS
from mailgateway.digest_catch_up import choose_topics
from mailgateway.digest_choice import Batch, Chosen, Span
from mailgateway.digest_content import Form, Letter
from mailgateway.models import Digest, DigestKind

_FORMS: Mapping[DigestFormat, Form] = {
    DigestFormat.HTML: "html",
    DigestFormat.PLAIN: "plain",
    DigestFormat.RFC1153: "rfc1153",
}


@dataclass(frozen=True, slots=True)
class Covered:
    """What is settled once a digest is on its way, or had nothing to say.

    `marks` are the numbers up to which memberships are covered; the rest is as in `Chosen`.
    """

    digest_id: int
    member_id: int
    from_no: int
    marks: tuple[tuple[int, int], ...]
    settled: tuple[int, ...]
    passed: tuple[int, ...]
    elsewhere: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Gathered:
    """Digests with something to say, and what each settles - also those that have nothing to say. Whose id is in
    neither may not have one now.
    """

    letters: Sequence[Letter] = ()
    covered: Mapping[int, Covered] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A digest and whom it is for."""

    digest: Digest
    member: Member
    address: Address


def gather(digest_ids: Sequence[int]) -> Gathered:
    """What these digests say now. Nothing for a member without standing, with paused mail or on vacation."""
    limit = _fanned_out_no()
    asked = _asked(digest_ids)
    memberships = _memberships({each.member.id for each in asked})
    root_id = community().id
    due: list[tuple[_Asked, Sequence[Span]]] = []
    for each in asked:
        own = memberships.get(each.member.id, {})
        if root_id in own and each.member.away_until is None:
            through = each.digest.through_no if limit is None else min(each.digest.through_no, limit)
            due.append((each, [span for row in own.values() if (span := _span(each.digest, row, through)) is not None]))
    batch = Batch([span for each, spans in due for span in spans if each.digest.kind is not DigestKind.CATCH_UP])
    letters: list[Letter] = []
    covered: dict[int, Covered] = {}
    for each, spans in due:
        own = memberships[each.member.id]
        if each.digest.kind is DigestKind.CATCH_UP:
            chosen = choose_topics(each.member.id, spans)
            marks = [span for span in spans if _digested(own[span.group_id])]
        else:
            chosen = batch.choose(each.member.id, spans)
            closing = {row.id for row in own.values() if row.digest_until_no is not None}
            marks = [span for span in spans if span.membership_id in closing or batch.has_posts(span)]
        covered[each.digest.id] = Covered(
            digest_id=each.digest.id,
            member_id=each.member.id,
            from_no=min((span.after_no for span in spans), default=each.digest.through_no),
            marks=tuple((span.membership_id, span.up_to_no) for span in marks),
            settled=chosen.settled,
            passed=chosen.passed,
            elsewhere=chosen.elsewhere,
        )
        if chosen.sections:
            letters.append(_letter(each, chosen, root_id))
    return Gathered(letters, covered)


def spans_of(digest: Digest) -> Sequence[Span]:
    """What a digest that went out had to cover, for whoever asks about it later: by its numbers, not by the marks."""
    assert digest.from_no is not None
    own = _memberships({digest.member_id}).get(digest.member_id, {}).values()
    after, up_to = digest.from_no, digest.through_no
    return [
        Span(row.id, row.member_id, row.group_id, after, up_to, row.own_copy, row.topics_only)
        for row in own
        if _digested(row)
    ]


def _fanned_out_no() -> int | None:
    """What is published up to here has its single copies as rows; None when that is everything.

    A digest goes no further, since it is not known yet who gets the later posts singly. Posts of one mail to several
    groups count together.
    """
    waiting = (
        select(Post.fan_out_key)
        .join(Task, Task.target_id == Post.id)
        .where(Task.kind == "fan_out", Task.done_at.is_(None), Task.set_aside_at.is_(None))
    )
    first = db.session.scalar(select(func.min(Post.published_no)).where(Post.fan_out_key.in_(waiting)))
    return None if first is None else first - 1


def _asked(digest_ids: Sequence[int]) -> Sequence[_Asked]:
    """The digests that are still open, of members whose mail is not paused, in the order of their ids."""
    rows = (
        select(Digest, Member, Address)
        .join(Member, Member.id == Digest.member_id)
        .join(Address, (Address.member_id == Member.id) & Address.is_primary & Address.bouncing_since.is_(None))
        .where(Digest.id.in_(digest_ids), Digest.done_at.is_(None))
        .order_by(Digest.id)
    )
    return [_Asked(*row) for row in db.session.execute(rows)]


_Own = Row[tuple[int, int, int, Mode, bool, bool, int, int | None]]


def _memberships(member_ids: set[int]) -> Mapping[int, Mapping[int, _Own]]:
    """The memberships in good standing, by member and group."""
    found: dict[int, dict[int, _Own]] = {}
    rows = select(
        Membership.id,
        Membership.member_id,
        Membership.group_id,
        Membership.delivery,
        Membership.topics_only,
        Membership.own_copy,
        Membership.digest_no,
        Membership.digest_until_no,
    ).where(Membership.member_id.in_(member_ids), Membership.standing.in_(READS))
    for row in db.session.execute(rows):
        found.setdefault(row.member_id, {})[row.group_id] = row
    return found


def _digested(row: _Own) -> bool:
    """Whether digests cover the membership now, or one is still owed after a change to single mails."""
    return row.delivery in DIGESTS or (row.digest_until_no is not None and row.delivery is not Mode.NONE)


def _span(digest: Digest, row: _Own, through: int) -> Span | None:
    """What this digest has of one group; None when nothing."""
    after, up_to = row.digest_no, through
    if row.delivery is Mode.NONE:
        return None
    if digest.kind is DigestKind.CATCH_UP:
        assert digest.from_no is not None
        after = min(digest.from_no, row.digest_no) if _digested(row) else digest.from_no
    elif row.delivery not in DIGESTS:
        if row.digest_until_no is None:
            return None
        up_to = min(through, row.digest_until_no)
    elif row.delivery is Mode.WEEKLY and digest.kind is not DigestKind.WEEKLY:
        return None
    return Span(row.id, row.member_id, row.group_id, after, max(up_to, after), row.own_copy, row.topics_only)


def _letter(asked: _Asked, chosen: Chosen, root_id: int) -> Letter:
    catch_up = asked.digest.kind is DigestKind.CATCH_UP
    of_several = root_id if catch_up else ALL_DIGESTS
    only = chosen.sections[0].group_id if len(chosen.sections) == 1 else of_several
    return Letter(
        digest_id=asked.digest.id,
        member_id=asked.member.id,
        name=asked.member.name,
        email=asked.address.email,
        address_id=asked.address.id,
        zone=zone_of(asked.member).key,
        form=_FORMS[asked.member.digest_format],
        catch_up=catch_up,
        leaves_group_id=only,
        sections=chosen.sections,
        post_ids=chosen.post_ids,
    )
