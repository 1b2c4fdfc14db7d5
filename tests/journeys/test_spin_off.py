"""A group grows out of another: letters out, answers by mail in, an old reply address afterwards, and all put back."""

from email import message_from_bytes, policy
from email.message import EmailMessage

from forum.accounts.models import Member
from forum.db import db, transaction
from forum.groups.actions import GroupChange, change_group
from forum.groups.models import Role
from forum.groups.queries import community, group_by_slug, membership_of
from forum.groups.rights import viewer_of
from forum.posting.outcomes import Published
from forum.splitting.models import Plan, PlanState
from forum.splitting.plans import undo
from forum.splitting.spin_off.sources import Source, SourceKind, gather
from forum.splitting.spin_off.spinning_off import Wanted, ask_for_spin_off, decline, grant, source_of, spin_off
from forum.threads.models import Post
from forum.work import work_once, workers
from tests.gateway import a_mail
from tests.people import a_group, a_member, post
from tests.site import Site


def _read(site: Site, member: Member, subject: str) -> EmailMessage:
    """The last mail to a member whose subject has these words."""
    mails = [message_from_bytes(each.content, policy=policy.default) for each in site.mailed(member.addresses[0].email)]
    found = [mail for mail in mails if subject in str(mail["Subject"])]
    assert found, [str(mail["Subject"]) for mail in mails]
    return found[-1]


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


def _answer(site: Site, member: Member, mail: EmailMessage, words: str) -> None:
    here = str(mail["Reply-To"]).rpartition("<")[2].rstrip(">")
    site.hand_in(a_mail(member.addresses[0].email, here, f"Re: {mail['Subject']}", words), here)
    _work(site)


def _work(site: Site) -> None:
    work_once(site.core, workers("splitting"), "test")
    site.work()


def _belongs(member: Member, slug: str) -> bool:
    group = group_by_slug(slug)
    assert group is not None
    return membership_of(member.id, group.id) is not None


def test_a_spin_off_by_mail_from_asking_to_the_way_back(site: Site) -> None:
    group = a_group()
    mod, ann, ben, cy = (
        a_member(f"{name}@example.org", name.title(), group, role=Role.MEMBER if name != "mod" else Role.OWNER)
        for name in ("mod", "ann", "ben", "cy")
    )
    begun = post(ben, group, "Night work", "How do you sleep?")
    assert isinstance(begun, Published)
    thread = db.session.get_one(Post, begun.post_id).thread
    answered = post(cy, group, "Re: Night work", "With a mask.", answers=begun.post_id)
    assert isinstance(answered, Published)
    source = Source(SourceKind.THREAD, thread.public_id)
    wanted = Wanted("Nights", "nights", why="We all work at night. https://evil.example/x")
    viewer = viewer_of(ann)
    with transaction():
        first = ask_for_spin_off(group, wanted, source, gather(group, source, viewer), member_id=ann.id)
        second = ask_for_spin_off(group, wanted, source, gather(group, source, viewer), member_id=ann.id)
    site.work()
    letter = _text(_read(site, mod, "Ann asks for a group out of Cardiology"))
    for words in (
        "Nights",
        "grown out of Cardiology from a thread",
        "> We all work at night. hxxps://evil[.]example/x",
    ):
        assert words in letter
    assert f"/g/cardiology/spin-off/{second.public_id}" in letter
    with transaction():
        decline(second, actor_id=mod.id, why="One is enough.")
        wanted = Wanted("Nights", "nights", why="We all work at night.", moderator_ids=(cy.id,))
        grant(first, wanted, gather(group, source_of(first), viewer), actor_id=mod.id)
    _work(site)

    assert "The moderators have said no: > One is enough." in _text(_read(site, ann, "Nights: not for now"))
    assert "Write to it: nights@lists.localhost" in _text(_read(site, ann, "Nights: your group is made"))
    assert [_belongs(each, "nights") for each in (ann, ben, cy, mod)] == [True, False, False, False]
    _answer(site, cy, _read(site, cy, "Will you look after Nights?"), "Yes")
    assert _belongs(cy, "nights")
    # Of those invited one comes, and answers in the thread by the address from before it moved.
    old = _read(site, ben, "Night work")
    _answer(site, ben, _read(site, ben, "You are invited to Nights"), "yes")
    assert _belongs(ben, "nights")
    _answer(site, ben, old, "And earplugs.")
    newest = db.session.query(Post).order_by(Post.id.desc()).first()
    assert newest is not None
    assert (newest.thread_id, newest.thread.group.slug, newest.text) == (thread.id, "nights", "And earplugs.")

    with transaction():
        undo(db.session.get_one(Plan, first.id), actor_id=mod.id)
    _work(site)
    plan = db.session.get_one(Plan, first.id)
    assert (plan.state, plan.trouble) == (PlanState.UNDONE, "")
    assert db.session.get_one(Post, newest.id).thread.group_id == group.id
    _answer(site, cy, old, "Still works.")


def test_who_is_moved_gets_one_letter_and_leaves_by_answering_it(site: Site) -> None:
    group = a_group()
    mod, ann, ben = (a_member(f"{name}@example.org", name.title(), group) for name in ("mod", "ann", "ben"))
    with transaction():
        change_group(community(), GroupChange(members_may_be_moved=True))
        grown = gather(group, Source(SourceKind.MEMBERS, "mod@example.org ann@example.org ben@example.org"), None)
        spin_off(group, Wanted("North", "north", moves_members=True, moderator_ids=(mod.id,)), grown, actor_id=mod.id)
    _work(site)
    _work(site)
    assert [len(site.mailed(f"{name}@example.org")) for name in ("mod", "ann", "ben")] == [0, 1, 1]
    assert [_belongs(each, "north") for each in (mod, ann, ben)] == [True, True, True]
    letter = _read(site, ann, "You are now in North")
    assert "north@lists.localhost" in _text(letter)
    _answer(site, ann, letter, "parent")
    assert [_belongs(each, "north") for each in (mod, ann, ben)] == [True, False, True]
