"""Members and groups for tests, made through the real actions, one transaction each."""

from forum.accounts.actions import add_member
from forum.accounts.models import Member
from forum.db import transaction
from forum.groups.actions import create_group
from forum.groups.joining import add_to_group
from forum.groups.models import Assurance, Group, Kind, Membership, Moderate, Role, Standing, Strangers
from forum.groups.queries import community, membership_of
from forum.posting.outcomes import Outcome
from forum.posting.submit import submit
from forum.rules.submission import Facts, File, Submission
from forum.threads.models import TextFormat, Via


def a_group(slug: str = "cardiology", name: str = "Cardiology", **settings: object) -> Group:
    """A group under the community: open=..., listed=..., moderate=... as keyword settings of the row."""
    with transaction():
        group = create_group(slug, name, parent=community(), kind=settings.pop("kind", Kind.SPECIALTY))  # type: ignore[arg-type]
        for key, value in settings.items():
            setattr(group, key, value)
    return group


def a_member(email: str, name: str, *groups: Group, role: Role = Role.MEMBER, newcomer: bool = False) -> Member:
    with transaction():
        member = add_member(email, name, why="test")
        for group in groups or (community(),):
            add_to_group(member, group, role=role, newcomer=newcomer)
    return member


def its(member: Member, group: Group) -> Membership:
    """The membership that somebody has in a group."""
    found = membership_of(member.id, group.id)
    assert found is not None
    return found


def a_crowd(count: int, group: Group, stem: str = "m", domain: str = "example.org") -> list[Member]:
    """Members m0@example.org, m1@example.org, ... of a group, made in one transaction: one each takes twice as long."""
    with transaction():
        members = [add_member(f"{stem}{number}@{domain}", f"M {number}", why="test") for number in range(count)]
        for member in members:
            add_to_group(member, group, role=Role.MEMBER, newcomer=False)
    return members


def post(
    author: Member,
    group: Group,
    subject: str = "Locum cover in August",
    text: str = "Who can cover two weeks?",
    *,
    answers: int | None = None,
    assurance: Assurance = Assurance.PROVEN,
    via: Via = Via.WEB,
    files: tuple[File, ...] = (),
) -> Outcome:
    """Submit one post as the web door does."""
    with transaction():
        return submit(
            Submission(
                group_id=group.id,
                author_id=author.id,
                byline=author.name,
                assurance=assurance,
                via=via,
                subject=subject,
                text=text,
                text_format=TextFormat.MARKDOWN,
                answers_post_id=answers,
                files=files,
            )
        )


# What the gate knows of an ordinary member's answer in an ordinary group.
FACTS = Facts(
    group_name="Cardiology",
    group_listed=True,
    group_is_community=False,
    moderate=Moderate.NONE,
    assurance_new=Assurance.PROVEN,
    assurance_reply=Assurance.TOKEN,
    quota=20,
    max_size=25_000_000,
    strangers=Strangers.HOLD,
    standing=Standing.ACTIVE,
    role=Role.MEMBER,
    community_standing=Standing.ACTIVE,
    muted_until=None,
    newcomer_posts=0,
    posts_last_hour=0,
    is_reply=True,
    answers_erased=False,
    thread_locked=False,
    thread_url="",
    id_was_used_for_other_content=False,
    trusted=False,
    moderators_obey=False,
    hold_unaddressed=False,
    emergency=False,
    thread_moderated=False,
    slow_seconds=None,
    last_here_ago=None,
)
