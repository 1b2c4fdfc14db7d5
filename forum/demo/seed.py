"""Fills an empty community with the demo: its groups, people and posts, through the real actions and the one gate.

While it runs the core's clock stands at the moment of what is being seeded, so that the code which members use makes
the dates. It makes no post, membership or group itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import func, or_, select, update

from forum.accounts.models import Member
from forum.accounts.preferences import set_digest_time
from forum.accounts.queries import member_by_email
from forum.clock import now
from forum.db import db, transaction
from forum.demo.content import DemoContent, HeldPost, Person, load
from forum.demo.content import Group as GroupContent
from forum.demo.roster import FOUNDED, facets, joined_ago, owns, roster_row
from forum.demo.standing_clock import StandingClock, standing_clock
from forum.facets.profile import write_profile
from forum.groups.actions import GroupChange, NotPossible, change_group, create_community, create_group
from forum.groups.invitations import accept_invitation, invite
from forum.groups.joining import add_to_group
from forum.groups.models import Assurance, Delivery, Group, JoinPolicy, Kind, Membership, Moderate
from forum.groups.roster import Enrolled, import_rows
from forum.log import LogEntry, record
from forum.posting.outcomes import Held, Outcome, Published
from forum.posting.submit import submit
from forum.queue import Task, finish
from forum.rulebook.actions import add_rule, change_rule
from forum.rulebook.defaults import default_terms
from forum.rulebook.models import PostingRule
from forum.rulebook.queries import rules_in_force
from forum.rules.submission import File, Submission
from forum.rules.terms import Mode
from forum.threads.actions import mark_read
from forum.threads.following import choose_tag
from forum.threads.models import Choice, Post, TextFormat, Via
from forum.threads.models import Thread as ThreadRow

SEEDED = "seed the demo"
# Mail about what is older has had its time: nobody waits for it, and 27,000 copies would only fill drawn mailboxes.
STILL_MAILED = timedelta(days=3)
# What the personas have read by now, so that not everything looks new.
READ_UNTIL = timedelta(days=2)
INVITED, ACCEPTED = timedelta(days=8), timedelta(days=6)
# The rules of the community were in shadow before they were switched on.
SWITCHED_ON = timedelta(days=9)
OFFERS_IN = "job-moves"
_FIRST_WORDS = 400

Progress = Callable[[int, int], None]


def seed(progress: Progress | None = None) -> bool:
    """Fill the community; False when it has the demo already. `progress` hears how many posts of how many are in.

    NotPossible when somebody else's members are there. It opens its own transaction, and only one: a crash then
    leaves an empty community, which the next call fills, and there is no half-made demo to find one's way about in.
    Nothing else waits for the database meanwhile, since a site is seeded before its doors open.
    """
    content = load()
    with transaction() as session:
        community = create_community(content.groups[0].name, content.groups[0].slug)
        # Two at once: on PostgreSQL the second waits here, on SQLite it waited for the transaction.
        session.scalars(select(Group.id).where(Group.id == community.id).with_for_update()).one()
        if session.scalar(select(LogEntry.id).where(LogEntry.act == SEEDED).limit(1)) is not None:
            return False
        if session.scalar(select(Member.id).limit(1)) is not None:
            raise NotPossible(
                "This community has members of its own. The demo only fills an empty one: set BANYAN_DATA_DIR "
                "to another folder, or start without --demo."
            )
        today = now()
        with standing_clock(today) as clock:
            _Seeding(content, clock, progress).run(community)
        _finish_history(today - STILL_MAILED)
        people = len(content.people)
        record(SEEDED, "group", community.id, group_id=community.id, why=f"{people} members of the demo")
    return True


class _Seeding:
    """One filling: what has been made so far, by the names that the content has for it."""

    def __init__(self, content: DemoContent, clock: StandingClock, progress: Progress | None) -> None:
        self._content = content
        self._clock = clock
        self._today = clock.moment
        self._progress = progress
        self._people = {person.key: person for person in content.people}
        self._members: dict[str, Member] = {}
        self._groups: dict[str, Group] = {}

    def run(self, community: Group) -> None:
        self._make_groups(community)
        self._make_rules(community)
        self._enroll([person for person in self._content.people if not person.newcomer])
        self._write_threads()
        for person in self._content.people:
            if person.newcomer:
                self._invite(person)
        for held in sorted(self._content.held, key=lambda held: -held.minutes_ago):
            self._hold(held)
        self._switch_on(community)
        self._read()

    def _go_to(self, ago: timedelta) -> None:
        self._clock.moment = self._today - ago

    def _make_groups(self, community: Group) -> None:
        self._go_to(FOUNDED)
        root, *others = self._content.groups
        self._groups[root.slug] = community
        change_group(community, _settings_of(root, name=root.name))
        for each in others:
            assert each.parent is not None
            group = create_group(
                each.slug,
                each.name,
                parent=self._groups[each.parent],
                kind=Kind(each.kind),
                listed=each.listed,
                join_policy=JoinPolicy(each.join),
                description=each.description,
            )
            change_group(group, _settings_of(each))
            self._groups[each.slug] = group

    def _make_rules(self, community: Group) -> None:
        """Two rules of the whole community and one of a group, in shadow: what they see is counted."""
        # A score at which the thanks and jokes of a friendly community pass.
        politics = default_terms("political", {"threshold": 0.75})
        add_rule(community, "no-politics", politics, actor_id=None)
        add_rule(community, "patients", default_terms("patient_identifiers", {}), actor_id=None)
        add_rule(self._groups[OFFERS_IN], "offers", default_terms("solicitation", {}), actor_id=None)

    def _switch_on(self, community: Group) -> None:
        """Those of the community; its posts were written before, so that none of them waits for it."""
        self._go_to(SWITCHED_ON)
        for each in rules_in_force(community):
            rule = db.session.get_one(PostingRule, each.rule_id)
            change_rule(rule, community, replace(each.terms, mode=Mode.ON), actor_id=None)

    def _enroll(self, people: Sequence[Person]) -> None:
        """Bring people in as an operator does with a roster, those first who joined first."""
        joined: dict[timedelta, list[Person]] = {}
        for person in people:
            joined.setdefault(joined_ago(person), []).append(person)
        for ago in sorted(joined, reverse=True):
            self._go_to(ago)
            for slug, group in self._groups.items():
                rows = [roster_row(person, slug) for person in joined[ago] if person.membership(slug)]
                done = import_rows(group, rows) if rows else Enrolled()
                if done.joined != len(rows):
                    raise RuntimeError(f"the roster of {slug} was not taken whole: {done}")
        for person in people:
            self._note_member(person)

    def _choose(self, member: Member, person: Person) -> None:
        """What somebody has chosen beyond the roster; said long ago, so that the first digest is due at once."""
        if person.digest_hour is not None:
            set_digest_time(member, person.digest_hour)
        for chosen in person.tags:
            choose_tag(member.id, self._groups[chosen.group].id, chosen.tag, Choice(chosen.choice))

    def _note_member(self, person: Person) -> None:
        member = member_by_email(person.email)
        assert member is not None
        self._members[person.key] = member
        self._choose(member, person)

    def _invite(self, person: Person) -> None:
        """A newcomer comes in by invitation, so that first posts wait where the group says so."""
        community = self._groups[self._content.groups[0].slug]
        owner = next(each for each in self._content.people if owns(each, community.slug))
        self._go_to(INVITED)
        invitation = invite(self._members[owner.key].id, community, person.email, person.name)
        self._go_to(ACCEPTED)
        member = accept_invitation(invitation, person.name)
        write_profile(member, {"name": person.name, **facets(person)})
        for membership in person.groups:
            delivery = Delivery(membership.delivery)
            add_to_group(member, self._groups[membership.group], delivery=delivery, newcomer=True, actor_id=member.id)
        self._note_member(person)

    def _write_threads(self) -> None:
        """All posts in the order of their moments, as they would have come."""
        threads = self._content.threads
        places = [(thread, index) for thread in range(len(threads)) for index in range(len(threads[thread].posts))]
        places.sort(key=lambda place: -threads[place[0]].posts[place[1]].minutes_ago)
        published: dict[tuple[int, int], Post] = {}
        for done, (number, index) in enumerate(places, 1):
            thread, post = threads[number], threads[number].posts[index]
            answered = published[number, post.reply_to] if post.reply_to is not None else None
            self._go_to(timedelta(minutes=post.minutes_ago))
            written = self._written(thread.group, post.author, Via(post.via), thread.subject, post.text, answered)
            files = tuple(File(file.name, file.type, file.text.encode()) for file in post.attachments)
            outcome = submit(replace(written, files=files))
            published[number, index] = _published(outcome, answered, thread.subject)
            if self._progress is not None:
                self._progress(done, len(places))

    def _hold(self, held: HeldPost) -> None:
        """Hand in what is to wait: the gate holds it, for its author is new or not proven."""
        answered = None
        if held.reply_to_subject is not None:
            found = select(ThreadRow).where(
                ThreadRow.group_id == self._groups[held.group].id, ThreadRow.subject == held.reply_to_subject
            )
            thread = db.session.scalars(found).one()
            answered = db.session.scalars(
                select(Post).where(Post.thread_id == thread.id).order_by(Post.published_no).limit(1)
            ).one()
        assurance = Assurance.CLAIMED if held.because == "claimed" else Assurance.PROVEN
        self._go_to(timedelta(minutes=held.minutes_ago))
        subject = held.reply_to_subject or held.subject
        written = self._written(held.group, held.author, Via(held.via), subject, held.text, answered)
        outcome = submit(replace(written, assurance=assurance))
        match outcome:
            case Held():
                return
            case other:
                raise RuntimeError(f"{held.subject!r} was to wait, but the gate said {other}")

    def _written(self, slug: str, author: str, via: Via, subject: str, text: str, answered: Post | None) -> Submission:
        """What somebody proven writes now, as the door has it: a form names the post it answers, a mail quotes it."""
        group, member, person = self._groups[slug], self._members[author], self._people[author]
        by_mail = via is Via.MAIL
        replied = f"Re: [{group.name}] {subject}" if by_mail else ""
        return Submission(
            group_id=group.id,
            author_id=member.id,
            byline=member.name,
            assurance=Assurance.PROVEN,
            via=via,
            subject=replied if answered is not None else subject,
            text=text,
            text_format=TextFormat.PLAIN if by_mail else TextFormat.MARKDOWN,
            folded=_quoted(answered, group) if by_mail and answered is not None else "",
            author_message_id=_message_id(person, self._clock.moment, text) if by_mail else None,
            answers=(answered.message_id,) if by_mail and answered is not None else (),
            answers_post_id=answered.id if not by_mail and answered is not None else None,
            sent_at=self._clock.moment - timedelta(seconds=40) if by_mail else None,
        )

    def _read(self) -> None:
        """Move the personas' marks to where they had read two days ago."""
        read = (
            select(Post.thread_id, ThreadRow.group_id, func.max(Post.published_no).label("last"))
            .join(ThreadRow, ThreadRow.id == Post.thread_id)
            .where(Post.created_at < self._today - READ_UNTIL)
            .group_by(Post.thread_id, ThreadRow.group_id)
        )
        rows = db.session.execute(read).all()
        for persona in self._content.personas:
            mine = {self._groups[each.group].id for each in self._people[persona.key].groups}
            for row in rows:
                if row.group_id in mine:
                    mark_read(self._members[persona.key].id, row.thread_id, row.last)


def _settings_of(group: GroupContent, name: str | None = None) -> GroupChange:
    return GroupChange(name=name, description=group.description, moderate=Moderate(group.moderate))


def _published(outcome: Outcome, answered: Post | None, subject: str) -> Post:
    """The post that the gate made, where the content says it belongs."""
    match outcome:
        case Published(post_id):
            post = db.session.get_one(Post, post_id)
        case other:
            raise RuntimeError(f"a post to {subject!r} was not published: {other}")
    if answered is not None and (post.thread_id, post.in_reply_to_id) != (answered.thread_id, answered.id):
        raise RuntimeError(f"an answer in {subject!r} went to another thread")
    return post


def _message_id(person: Person, moment: datetime, text: str) -> str:
    """What the author's mail program might have called the mail."""
    local = sha256(f"{person.key} {text}".encode()).hexdigest()[:20]
    return f"<{moment:%Y%m%d%H%M}.{local}@{person.email.rpartition('@')[2]}>"


def _quoted(answered: Post, group: Group) -> str:
    """What a mail program puts under an answer, and the gateway folds away."""
    words = answered.text[:_FIRST_WORDS].rpartition(" ")[0] if len(answered.text) > _FIRST_WORDS else answered.text
    lines = "\n".join(f"> {line}".rstrip() for line in words.strip().splitlines())
    return f"On {answered.created_at:%-d %b %Y, at %H:%M}, {answered.byline} via {group.name} wrote:\n{lines}"


def _finish_history(before: datetime) -> None:
    """Mark the mail of long ago as done, as it is in a community that has been running. What is newer goes out."""
    mail = or_(Task.kind == "fan_out", Task.kind.startswith("notice."))
    over = select(Task.id).where(mail, Task.due_at < before)
    finish(Task, db.session.scalars(over).all())
    # Digests of years would be of no use to anybody: the first one holds what still goes out to the others.
    last = db.session.scalar(select(func.max(Post.published_no)).where(Post.created_at < before)) or 0
    db.session.execute(update(Membership).where(Membership.digest_no < last).values(digest_no=last))
