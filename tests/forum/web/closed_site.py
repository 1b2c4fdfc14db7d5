"""A site with three kinds of closed group, everybody who might look in, and words that only some may read.

`open` is listed: everybody in the community may know of it, its members read it. `unlisted` stands beside it under the
same parent, `circle` below it. Each holds a post with a file, a held post, an invitation - and words nobody else has.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from forum.accounts.models import LinkPurpose, Member
from forum.accounts.sign_in import link_token, make_link
from forum.clock import now
from forum.db import db, transaction
from forum.facets.models import Dimension
from forum.facets.profile import write_profile
from forum.facets.queries import facet_by_code
from forum.groups.actions import create_group
from forum.groups.invitations import invitation_token, invite
from forum.groups.models import Assurance, Group, Kind, Membership, Moderate, Role, Standing
from forum.groups.queries import community, membership_of
from forum.groups.standing import set_standing
from forum.moderation.appeals import appeal_token
from forum.moderation.flags import flag_post
from forum.moderation.models import Appeal, FlaggedPost, Restriction, Restricts
from forum.posting.models import HeldPost
from forum.posting.outcomes import Held, Published
from forum.posting.submit import submit
from forum.rulebook.actions import add_rule
from forum.rulebook.defaults import default_terms
from forum.rules.submission import File, Submission
from forum.splitting.course.questions import ask_to_join, question_token
from forum.splitting.models import Asks, Plan, PlanKind, PlanQuestion
from forum.splitting.spin_off.sources import Grown, Source, SourceKind
from forum.splitting.spin_off.spinning_off import Wanted, ask_for_spin_off
from forum.threads.models import Post, TextFormat, Via
from forum.threads.queries import post_by_id
from forum.tokens import Purpose, current_tokens
from forum.work import work_once, workers
from tests.forum.splitting.drafts import a_draft_plan, planted
from tests.people import a_member
from tests.plans import a_planned_group, question_to

PLACES = ("open", "unlisted", "circle")
# Stands in the text of every planted post: what everybody searches for.
SOUGHT = "zanderquill"
EMAIL = "hidden.mailbox@private.example"

VIEWERS = (
    "anonymous",
    "outsider",  # of the community, of none of the groups
    "applicant",  # has asked to join open and unlisted
    "member",  # of all three; wrote what is there
    "muted",  # in all three
    "banned",  # in all three
    "sibling_moderator",  # of another group under the same parent
    "moderator",  # of open, below which the circle stands
    "parent_moderator",  # of the group above open and unlisted
    "owner",  # of the community
    "circle_owner",  # of the circle alone
    "expelled",  # moderator of open and member of the others, banned in the community
)


@dataclass(frozen=True)
class Words:
    """What is written in one place and nowhere else."""

    name: str
    subject: str
    text: str
    file_name: str
    file: str
    held: str
    invited: str


WORDS: Mapping[str, Words] = {
    place: Words(
        name=f"{place.title()} Marigold Room",
        subject=f"Subject-{place}-kestrel",
        text=f"body-{place}-amaranth",
        file_name=f"file-{place}-dossier.txt",
        file=f"content-{place}-octopus",
        held=f"held-{place}-foxglove",
        invited=f"invited-{place}@private.example",
    )
    for place in PLACES
}


@dataclass(frozen=True)
class Closed:
    """Members by viewer's name, and for each place what stands for the variables of an address."""

    members: Mapping[str, int]
    addresses: Mapping[str, Mapping[str, str]]


def build(app: Flask) -> Closed:
    """Fill the site through the real actions, and index it."""
    with app.app_context():
        members = {name: _member(name) for name in VIEWERS if name != "anonymous"}
        groups = _groups()
        _belong(members, groups)
        with transaction():
            add_rule(community(), "listed", default_terms("words", {"words": [SOUGHT]}), actor_id=None)
        addresses = {place: _written_in(groups[place], WORDS[place], members) for place in PLACES}
        work_once(app, workers("index"), "test")
        ids = {name: member.id for name, member in members.items()}
        db.session.remove()
    return Closed(ids, addresses)


def _member(name: str) -> Member:
    email = EMAIL if name == "member" else f"{name}@example.org"
    return a_member(email, name.replace("_", " ").title())


def _groups() -> dict[str, Group]:
    with transaction():
        parent = create_group("medicine", "Medicine", parent=community(), kind=Kind.SPECIALTY)
        opened = create_group("cardiology", WORDS["open"].name, parent=parent, kind=Kind.SPECIALTY)
        return {
            "parent": parent,
            "sibling": create_group("surgery", "Surgery", parent=parent, kind=Kind.SPECIALTY),
            "open": opened,
            "unlisted": create_group("quiet", WORDS["unlisted"].name, parent=parent, listed=False),
            "circle": create_group("eight", WORDS["circle"].name, parent=opened, kind=Kind.CIRCLE),
        }


def _belong(members: Mapping[str, Member], groups: Mapping[str, Group]) -> None:
    three = [groups[place] for place in PLACES]
    for name in ("member", "muted", "banned", "expelled"):
        for group in three:
            _join(members[name], group)
    for group in three[:2]:
        _join(members["applicant"], group, standing=Standing.PENDING)
    for name, group, role in (
        ("sibling_moderator", "sibling", Role.MODERATOR),
        ("moderator", "open", Role.MODERATOR),
        ("parent_moderator", "parent", Role.MODERATOR),
        ("circle_owner", "circle", Role.OWNER),
    ):
        _join(members[name], groups[group], role=role)
    with transaction():
        _own(members["owner"], community()).role = Role.OWNER
        _own(members["expelled"], groups["open"]).role = Role.MODERATOR
        set_standing(_own(members["expelled"], community()), Standing.BANNED, actor_id=None)
        for group in three:
            set_standing(_own(members["banned"], group), Standing.BANNED, actor_id=None)
            until = now() + timedelta(days=3)
            set_standing(_own(members["muted"], group), Standing.MUTED, actor_id=None, until=until)


def _join(member: Member, group: Group, *, role: Role = Role.MEMBER, standing: Standing = Standing.ACTIVE) -> None:
    with transaction() as session:
        session.add(Membership(member_id=member.id, group_id=group.id, role=role, standing=standing))


def _own(member: Member, group: Group) -> Membership:
    found = membership_of(member.id, group.id)
    assert found is not None
    return found


def _written_in(group: Group, words: Words, members: Mapping[str, Member]) -> Mapping[str, str]:
    member = members["member"]
    post = _post(member, group, words)
    with transaction():
        group.moderate = Moderate.ALL
    held = _held(member, group, words)
    with transaction():
        flag_post(post, members["muted"], words=words.invited)  # Only moderators may read what a report says.
        flagged = db.session.scalars(select(FlaggedPost).where(FlaggedPost.post_id == post.id)).one()
        invitation = invite(member.id, group, words.invited)
        sign_in = make_link(member, LinkPurpose.SIGN_IN, EMAIL)
        restriction, appeal = _appealed(members["outsider"], group)
        write_profile(member, {"interests": "rowing"})
        facet = facet_by_code(Dimension.INTEREST, "rowing")
        assert facet is not None
        asked = _asked_by_a_plan(member, group)
        asked_for = _asked_for(member, post)
    # A circle is not split, so what grows out of it is a spin-off.
    plan = asked.plan if group.kind is Kind.CIRCLE else _split_of(group, members)
    tokens = current_tokens()
    return {
        "slug": group.slug,
        "thread": post.thread.public_id,
        "post": post.public_id,
        "attachment": post.attachments[0].public_id,
        "held": held.public_id,
        "flagged": flagged.public_id,
        "member": member.public_id,
        "applicant": members["applicant"].public_id,
        "invitation": invitation.public_id,
        "address_id": str(member.addresses[0].id),
        "sign_in_token": link_token(sign_in),
        "invitation_token": invitation_token(invitation),
        "confirm_token": tokens.make(Purpose.CONFIRM, held.id, member.id),
        "leave_token": tokens.make(Purpose.LEAVE, member.id, group.id),
        "appeal": appeal.public_id,
        "restriction_token": appeal_token(restriction),
        "facet": facet.public_id,
        "plan_token": question_token(asked),
        "plan": plan.public_id,
        "planned": plan.groups[0].public_id,
        "asked_plan": asked_for.public_id,
        "false_token": tokens.make(Purpose.BOUNCE, member.id, group.id),
    }


def _split_of(group: Group, members: Mapping[str, Member]) -> Plan:
    evidence = planted([members[name].id for name in ("member", "muted", "outsider", "banned")], 2, answers=20)
    return a_draft_plan(group, evidence, f"{group.slug} north", f"{group.slug} south")


def _asked_by_a_plan(member: Member, group: Group) -> PlanQuestion:
    """An invitation to what is to grow out of a group."""
    plan = Plan(kind=PlanKind.SPIN_OFF, group_id=group.id, why="It is asked for.")
    db.session.add(plan)
    db.session.flush()
    ask_to_join(a_planned_group(plan, 1, f"{group.slug} young", listed=False), [member.id], actor_id=None)
    return question_to(member, plan, Asks.JOIN)


def _asked_for(member: Member, post: Post) -> Plan:
    """A group that a member asks for, to grow from a thread."""
    wanted = Wanted(name=f"{post.subject} more", slug=f"{post.thread.group.slug}-more", why="It is asked for.")
    source = Source(SourceKind.THREAD, post.thread.public_id)
    return ask_for_spin_off(
        post.thread.group, wanted, source, Grown([member.id], [post.thread_id], "a thread"), member_id=member.id
    )


def _appealed(member: Member, group: Group) -> tuple[Restriction, Appeal]:
    """A mute, against which its member has appealed."""
    restriction = Restriction(group_id=group.id, kind=Restricts.MUTE, member_id=member.id, reason="Three warnings.")
    db.session.add(restriction)
    db.session.flush()
    appeal = Appeal(group_id=group.id, restriction_id=restriction.id, words="It was somebody else.")
    db.session.add(appeal)
    db.session.flush()
    return restriction, appeal


def _submit(member: Member, group: Group, subject: str, text: str, files: tuple[File, ...]) -> Published | Held:
    with transaction():
        outcome = submit(
            Submission(
                group_id=group.id,
                author_id=member.id,
                byline=member.name,
                assurance=Assurance.PROVEN,
                via=Via.WEB,
                subject=subject,
                text=text,
                text_format=TextFormat.MARKDOWN,
                files=files,
            )
        )
    assert isinstance(outcome, Published | Held)
    return outcome


def _post(member: Member, group: Group, words: Words) -> Post:
    file = File(words.file_name, "text/plain", words.file.encode())
    outcome = _submit(member, group, words.subject, f"{SOUGHT} {words.text}", (file,))
    assert isinstance(outcome, Published)
    post = post_by_id(outcome.post_id)
    assert post is not None
    return post


def _held(member: Member, group: Group, words: Words) -> HeldPost:
    outcome = _submit(member, group, words.held, f"{SOUGHT} {words.held}", ())
    assert isinstance(outcome, Held)
    return db.session.get_one(HeldPost, outcome.held_id)
