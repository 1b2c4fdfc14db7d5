"""Mutes, locks, moves and ready reasons by mail, and the clock that ends what was for a time."""

from collections.abc import Callable

from forum.clock import now
from forum.db import db, transaction
from forum.groups.joining import add_to_group
from forum.groups.models import Group, Moderate, Role, Standing
from forum.moderation.templates import add_template
from forum.posting.models import HeldState
from forum.threads.models import Post
from forum.work import work_once, workers
from tests.gateway import a_mail, do_mail_work
from tests.listserv.test_moderating import ANN, BEA, LIST, MIA, MO, Ward, flat
from tests.people import a_group, a_member
from tests.site import Site


def a_ward(site: Site) -> tuple[Ward, Group]:
    """The ward where every post is read first, and a group beside it to which Bea and Mo belong."""
    group, er = a_group(moderate=Moderate.ALL, quota=None), a_group("er", "ER")
    people = {email: a_member(email, name, group) for email, name in ((ANN, "Ann Lee"), (BEA, "Bea Ruiz"))}
    for email, name in ((MO, "Mo Dee"), (MIA, "Mia Moss")):
        people[email] = a_member(email, name, group, role=Role.MODERATOR)
    with transaction():
        for email in (BEA, MO):
            add_to_group(people[email], er)
        add_template(group, "off-topic", "This room is for hearts.", actor_id=None)
    return Ward(site, group, people), er


def test_a_mute_by_mail_holds_for_its_time_and_says_so(site: Site, move_clock: Callable[[float], None]) -> None:
    ward, _er = a_ward(site)
    held = ward.write("Too loud")
    asked = ward.notice(MO)
    ward.answer(asked, "mute 7 days")
    assert "behind a colon" in flat(ward.mails(MO)[-1])
    assert ward.membership(ANN).standing is Standing.ACTIVE
    ward.answer(asked, "Mute 7 days: Heated in two threads.")
    muted = ward.membership(ANN)
    assert (muted.standing, round((muted.muted_until - now()).total_seconds() / 86400)) == (Standing.MUTED, 7)
    assert "The post still waits for its own decision." in flat(ward.mails(MO)[-1])
    told = ward.notice(ANN, "You cannot post to Cardiology")
    assert "> Heated in two threads." in flat(told)
    assert f"until {muted.muted_until:%-d %B %Y, %H:%M} UTC" in flat(told)
    ward.write("Again")
    assert "You cannot post to Cardiology until" in flat(ward.mails(ANN)[-1])
    # A moderator is muted by owners alone.
    ward.write("From Mia", sender=MIA)
    with transaction():
        ward.group.moderators_obey = True
    ward.write("From Mia too", sender=MIA)
    ward.answer(ward.notice(MO, "From Mia too"), "ban: Nonsense.")
    assert "only owners act on moderators" in flat(ward.mails(MO)[-1])
    assert ward.membership(MIA).standing is Standing.ACTIVE

    move_clock(7 * 86400 + 60)
    work_once(site.core, {"housekeeping": workers("housekeeping")["housekeeping"]}, "test")
    do_mail_work(site.core)
    db.session.expire_all()
    assert ward.membership(ANN).standing is Standing.ACTIVE
    assert "You can post to Cardiology again." in flat(ward.notice(ANN, "again"))
    ward.answer(asked, "return off-topic")
    db.session.refresh(held)
    assert (held.state, held.reason) == (HeldState.RETURNED, "This room is for hearts.")


def test_a_post_is_moved_by_mail_and_a_thread_locked_for_a_time(site: Site) -> None:
    ward, er = a_ward(site)
    held = ward.write("Shifts in August", sender=BEA)
    ward.answer(ward.notice(MO), "move to nowhere: Elsewhere.")
    assert "Nothing has changed: It cannot be moved to" in flat(ward.mails(MO)[-1])
    ward.answer(ward.notice(MO), "Move to er: The emergency room plans shifts.")
    db.session.refresh(held)
    assert (held.state, held.group_id) == (HeldState.APPROVED, er.id)
    assert db.session.get_one(Post, held.post_id).thread.group_id == er.id
    moved = flat(ward.notice(BEA, "Moved to ER"))
    assert "from Cardiology to ER, where it is out as a thread of its own." in moved
    assert "> The emergency room plans shifts." in moved
    assert "Mo Dee has moved it to ER." in flat(ward.notice(MIA, "Re: To decide in Cardiology"))

    ward.write("Locum cover")
    ward.answer(ward.notice(MO, "Locum"), "Approve and lock thread for 2 days: All has been said.")
    assert ward.posts()[-1] == "Locum cover"
    copy = ward.notice(BEA, "Locum cover")
    answer = a_mail(BEA, LIST, "Re: Locum cover", "I can.", In_Reply_To=copy["Message-ID"])
    ward.site.hand_in(answer, LIST)
    ward.site.work()
    returned = flat(ward.mails(BEA)[-1])
    assert "This thread is closed to answers until" in returned
    assert "The moderators say: All has been said." in returned
