"""Letters about plans and answers to them by mail, through the real doors: said plainly, obeyed from whom they ask."""

from email import message_from_bytes, policy
from email.message import EmailMessage

from sqlalchemy import select

from forum.accounts.actions import request_sign_in_link
from forum.accounts.models import Member
from forum.db import db, transaction
from forum.groups.queries import membership_of
from forum.queue import enqueue, enqueue_each
from forum.splitting.course.places import places_of
from forum.splitting.course.questions import ask_to_join, ask_to_moderate, insert_questions, question_token
from forum.splitting.models import Answer, Asks, Plan, PlanKind
from forum.splitting.plans import keep, withdraw
from forum.work import work_once, workers
from mailgateway import notices
from mailgateway.addresses import ToPlan
from mailgateway.models import InboundMail
from tests.gateway import a_mail, addresses
from tests.people import a_group, a_member, post
from tests.plans import a_plan, a_planned_group, a_split, announced, question_to
from tests.site import Site
from tests.smtp_sink import Received


def _read(message: Received) -> EmailMessage:
    return message_from_bytes(message.content, policy=policy.default)


def _text(message: Received, kind: str = "plain") -> str:
    body = _read(message).get_body((kind,))
    assert body is not None
    return " ".join(body.get_content().split())


def _last(site: Site, member: str) -> str:
    return _text(site.mailed(f"{member}@example.org")[-1])


def _stands(member: Member, plan: Plan) -> list[str]:
    db.session.expire_all()
    return [place.name for place in places_of(question_to(member, plan)) if place.stands]


def _carry_out(site: Site) -> None:
    for _ in ("letters", "groups", "what follows"):
        work_once(site.core, workers("splitting"), "test")
    site.work()


def test_the_announcement_says_what_is_planned_and_four_ways_to_answer(site: Site) -> None:
    group = a_group()
    ann, ben, dot = (a_member(f"{name}@example.org", f"{name.title()} Lee", group) for name in ("ann", "ben", "dot"))
    seats = {"Heart North": [ann, ben], "Heart South": [ben], "Heart Quiet": [ben]}
    plan = a_plan(group, seats, why="Too many mails. See https://evil.example/x", hidden="Heart Quiet")
    with transaction():
        plan.groups[0].description = "Mostly in the north."
    announced(plan)
    site.work()
    (told,) = site.mailed("ann@example.org")
    text = _text(told)
    assert addresses().read(str(_read(told)["Reply-To"])) == ToPlan(question_to(ann, plan).id, ann.id)
    for words in (
        f"Smaller groups grow out of Cardiology on {plan.due_at:%-d %B %Y}.",
        "> Too many mails. See hxxps://evil[.]example/x",
        "Proposed for you: - 1 Heart North, 2 members: Mostly in the north. If that is fine, do nothing",
        "You can also choose: - 2 Heart South, 1 member To change it",
        "- keep: as proposed - 1 (or another number, or a name): this group and no others - parent: only Cardiology",
        "- all: all of them",
        f"/plan/answer/{question_token(question_to(ann, plan))}",
        "You are not put into a group again that you have left.",
    ):
        assert words in text
    html = _text(told, "html")
    assert "<li><b>1 Heart North</b>, 2 members: Mostly in the north.</li>" in html
    assert all("Quiet" not in each for each in (text, html))
    assert "- 3 Heart Quiet, 1 member" in _last(site, "ben")
    assert "No new group is proposed for you. Without an answer you stay in Cardiology alone." in _last(site, "dot")
    assert _stands(dot, plan) == []


def test_an_answer_counts_from_its_member_alone_and_a_mail_says_how_it_stands(site: Site, move_clock) -> None:
    _group, plan, (ann, ben, _cy, _dot) = a_split()
    here = addresses().plan(question_to(ann, plan).id, ann.id)
    # A token for one member under another one's question is none of ours.
    forged = addresses().plan(question_to(ben, plan).id, ann.id)
    site.hand_in(a_mail("eve@example.com", here, "Re: grows", "all"), here)
    site.hand_in(a_mail("ben@example.org", here, "Re: grows", "all"), here)
    site.hand_in(a_mail("ann@example.org", here, "Re: grows", "parent", dmarc="fail"), here)
    site.hand_in(a_mail("ann@example.org", forged, "Re: grows", "all"), forged)
    away = a_mail("ann@example.org", here, "Out of office", "all", Auto_Submitted="auto-replied")
    site.hand_in(away, here)
    site.work()
    assert _stands(ann, plan) == ["Heart North"]
    assert _stands(ben, plan) == ["Heart North", "Heart South"]
    reasons = db.session.scalars(select(InboundMail.reason).order_by(InboundMail.id)).all()
    assert reasons[:4] == [
        "plan: it came from another address; nothing done",
        "plan: it came from another address; nothing done",
        "plan: the sender failed authentication; nothing done",
        "plan: there is no such question; nothing done",
    ]
    assert len(site.mailed("ann@example.org")) == 1
    # The reply quotes our own mail above and below, as programs do.
    quoted = "\n".join(f"> {line}" for line in _read(site.mailed("ann@example.org")[0]).as_string().splitlines()[:5])
    site.hand_in(a_mail("ann@example.org", here, "Re: grows", f"{quoted}\n\nheart-south\n\nAnn"), here)
    site.work()
    assert _stands(ann, plan) == ["Heart South"]
    assert "You will be in Heart South, and in Cardiology." in _last(site, "ann")
    assert "- 1 Heart North, proposed for you - 2 Heart South" in _last(site, "ann")
    for text in ("What is this about?", "I am away until 3 May."):
        site.hand_in(a_mail("ann@example.org", here, "Re: grows", text), here)
    site.work()
    assert _stands(ann, plan) == ["Heart South"]
    said = [_text(each) for each in site.mailed("ann@example.org")]
    assert len(said) == 3
    assert "Nothing has changed: your answer was not understood. You will be in Heart South" in said[-1]
    with transaction():
        withdraw(plan, actor_id=None)
    # A program that answers whatever it gets, too, is told once a day.
    for _ in range(2):
        site.hand_in(a_mail("ann@example.org", here, "Re: grows", "keep"), here)
    move_clock(86_400 + 60)
    site.hand_in(a_mail("ann@example.org", here, "Re: grows", "keep"), here)
    site.hand_in(a_mail("ann@example.org", here, "Re: grows", "I am away."), here)
    _carry_out(site)
    said = [_text(each) for each in site.mailed("ann@example.org")]
    late = [each for each in said if "Nothing has changed: The plan was withdrawn. Nothing changes for you" in each]
    assert len(late) == 1
    assert any("Nothing changes, and there is nothing for you to do." in each for each in said)
    assert _stands(ann, plan) == []


def test_after_it_is_carried_out_one_mail_a_member_names_the_groups_and_answers_act_at_once(
    site: Site, move_clock
) -> None:
    _group, plan, (_ann, ben, _cy, dot) = a_split()
    site.work()
    move_clock(15 * 86_400)
    _carry_out(site)
    told = site.mailed("ben@example.org")
    assert [_read(each)["Subject"] for each in told] == [
        "Cardiology grows: where you will be, and how to change it",
        "Your new groups, grown out of Cardiology",
    ]
    for words in ("Write to: heart-north@lists.localhost", "/g/heart-south", "heart-south-leave@lists.localhost"):
        assert words in _text(told[1])
    assert len(site.mailed("dot@example.org")) == 1
    assert "You can also choose: - 2 Heart South Not what you want? Until" in _last(site, "ann")
    db.session.expire_all()
    north = plan.groups[0].group
    here = addresses().plan(question_to(ben, plan).id, ben.id)
    site.hand_in(a_mail("ben@example.org", here, "Re: Your new groups", "2"), here)
    site.work()
    assert membership_of(ben.id, north.id) is None
    assert "You are in Heart South, and in Cardiology as before." in _last(site, "ben")
    assert _stands(dot, plan) == []


def test_who_is_in_a_new_group_hears_of_it_also_when_it_is_kept_before_the_letter_goes(site: Site, move_clock) -> None:
    _group, plan, _members = a_split()
    site.work()
    move_clock(15 * 86_400)
    for _ in ("groups", "what follows"):
        work_once(site.core, workers("splitting"), "test")
    with transaction():
        keep(db.session.get_one(Plan, plan.id), actor_id=None)
    site.work()
    told = _last(site, "ben")
    assert "and you are in them: 1 Heart North Write to: heart-north@lists.localhost" in told
    assert "Not what you want? You can leave at any time." in told
    assert "answer to this mail" not in told


def test_the_letters_that_are_answered_with_yes_or_no(site: Site) -> None:
    group = a_group()
    ann, ben = (a_member(f"{name}@example.org", f"{name.title()} Lee", group) for name in ("ann", "ben"))
    outcome = post(ann, group, "A rare rhythm", "Who has seen it?")
    with transaction():
        plan = Plan(kind=PlanKind.SPIN_OFF, group_id=group.id, why="Rhythm needs a room.", made_by_id=ben.id)
        db.session.add(plan)
        db.session.flush()
        planned = a_planned_group(plan, 1, "Rhythm", about="All about rhythm.")
        ask_to_join(planned, [ann.id], actor_id=ben.id)
        ask_to_moderate(planned, [ann.id], actor_id=ben.id)
        consent = {"plan_id": plan.id, "member_id": ann.id, "asks": Asks.CONSENT, "proposed": [planned.id]}
        (asked,) = insert_questions([consent | {"thread_id": outcome.thread_id}])
        enqueue("notice.plan_consent", asked)
    site.work()
    letters = {str(_read(each)["Subject"]): _text(each) for each in site.mailed("ann@example.org")}
    invitation = letters["You are invited to Rhythm, grown out of Cardiology"]
    assert "Ben Lee invites you to Rhythm, a group that grows out of Cardiology. All about rhythm." in invitation
    assert "> Rhythm needs a room." in invitation
    assert "give it back at any time" in letters["Will you look after Rhythm?"]
    consent = letters["May more people read what you wrote in “A rare rhythm”?"]
    assert "could then be read by 0 more people" in consent
    assert "Without an answer the thread stays where it is." in consent
    for asks, words, answer in (
        (Asks.JOIN, "yes, please", Answer.YES),
        (Asks.MODERATE, "No, thank you", Answer.NO),
        (Asks.CONSENT, "yes, if Ben does", None),
    ):
        question = question_to(ann, plan, asks)
        here = addresses().plan(question.id, ann.id)
        site.hand_in(a_mail("ann@example.org", here, "Re: asked", words), here)
        site.work()
        db.session.expire_all()
        assert question_to(ann, plan, asks).answer is answer
    said = [_text(each) for each in site.mailed("ann@example.org")]
    assert any("You will be a member of Rhythm as soon as it is made." in each for each in said)
    assert any("You do not moderate Rhythm." in each for each in said)
    assert "your answer was not understood. You have not answered yet." in said[-1]


def test_a_link_to_sign_in_does_not_wait_behind_letters_to_everybody(site: Site) -> None:
    _group, plan, (ann, _ben, _cy, _dot) = a_split()
    with transaction():
        enqueue_each("notice.plan_announced", [question_to(ann, plan).id] * notices.BATCH)
        request_sign_in_link("ann@example.org")
    worker = notices.run("test")
    next(worker)
    worker.close()
    subjects = [str(_read(each)["Subject"]) for each in site.sink.messages]
    assert len(subjects) == notices.BATCH
    assert sum("sign in" in each.lower() for each in subjects) == 1
