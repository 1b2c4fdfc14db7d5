"""Who may post, L1 to L9, and filters that ask back (L24): mail in by LMTP, mail out by SMTP, pages by HTTP."""

from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from sqlalchemy import select

from forum.clock import now
from forum.db import db, transaction
from forum.groups.joining import admit, ask_to_join
from forum.groups.models import Moderate, Role, Standing, Strangers
from forum.groups.queries import membership_of
from forum.groups.standing import set_standing
from forum.posting.models import HeldPost, HeldState
from forum.threads.models import Post, Thread
from mailgateway.models import InboundMail, InboundRecipient
from tests.forum.web.browser import Browser
from tests.gateway import a_mail, addresses
from tests.people import a_group, a_member
from tests.site import Site

CARDIOLOGY, GULF = "cardiology@lists.localhost", "gulf-coast@lists.localhost"
ANN = "Ann <ann@example.org>"
DAY = 24 * 3600


def take(site: Site, message: EmailMessage | bytes, *recipients: str, **more: str) -> tuple[str, str]:
    """Hand a mail in, do all the work, and look at its fate: the word and the reason."""
    assert site.hand_in(message, *(recipients or (CARDIOLOGY,)), **more) == {}
    site.work()
    mail = db.session.scalars(select(InboundMail).order_by(InboundMail.id.desc())).first()
    return mail.state.value, mail.reason


def posts() -> list[Post]:
    return list(db.session.scalars(select(Post).order_by(Post.published_no)))


def waiting() -> list[HeldPost]:
    rows = select(HeldPost).where(HeldPost.state == HeldState.WAITING).order_by(HeldPost.id)
    return list(db.session.scalars(rows))


def subjects_to(site: Site, email: str) -> list[str]:
    return [read(received)["Subject"] for received in site.mailed(email)]


def read(received) -> EmailMessage:
    return message_from_bytes(received.content, policy=default)


def words_of(received) -> str:
    return " ".join(read(received).get_body(("plain",)).get_content().split())


def add_address(site: Site, browser: Browser, email: str) -> None:
    """As a member does: type it in, open the link in the mail, press the button."""
    browser.open("/me/addresses")
    browser.press("Send the link", email=email)
    site.work()
    link = next(word for word in words_of(site.mailed(email)[-1]).split() if "/verify/" in word)
    browser.open(link.removeprefix(site.settings.base_url))
    browser.press(next(button for button in browser.buttons if button.startswith("Yes, add it")))


def test_l1_every_verified_address_of_a_member_posts_under_one_name(site: Site) -> None:
    """Mail from any verified address of a member is accepted, under the member's one name."""
    ann = a_member("ann@example.org", "Ann Lee", a_group())
    work = "a.lee@hospital.example"
    assert take(site, a_mail(work, CARDIOLOGY, "From work", "Not mine yet."))[0] == "held"
    add_address(site, Browser(site.core).sign_in(ann), work)
    assert take(site, a_mail(ANN, CARDIOLOGY, "From home", "One."))[0] == "posted"
    # The mail that waited when the address was unknown can be sent again as it was.
    assert take(site, a_mail(work, CARDIOLOGY, "From work", "Not mine yet."))[0] == "posted"
    assert [(post.author_id, post.byline) for post in posts()] == [(ann.id, "Ann Lee")] * 2
    assert work.encode() not in site.mailed("ann@example.org")[-1].content


def test_l2_strangers_are_held_or_refused_and_told_only_when_proven(site: Site, move_clock) -> None:
    """Unknown addresses wait or are refused; told once a day if DMARC passed, with how to add them."""
    a_group()
    a_group("gulf-coast", "Gulf Coast", strangers=Strangers.REFUSE)
    assert take(site, a_mail("dan@example.net", CARDIOLOGY, "Hello", "One.")) == (
        "held",
        "dan@example.net is not the address of a member, and the sender is proven.",
    )
    assert take(site, a_mail("eve@example.net", GULF, "Hello", "One."), GULF)[0] == "refused"
    for stranger in ("dan@example.net", "eve@example.net"):
        [told] = site.mailed(stranger)
        assert stranger in words_of(told)
        assert "http://127.0.0.1:8000/me/addresses" in words_of(told)
        assert told.envelope_sender == ""
    # Not again on that day, and never to who is not proven: that mail waits in silence.
    take(site, a_mail("dan@example.net", CARDIOLOGY, "Hello", "Two."))
    take(site, a_mail("eve@example.net", GULF, "Hello", "Two."), GULF)
    for group in (CARDIOLOGY, GULF):
        for dmarc in (None, "none", "fail"):
            unproven = a_mail("mallory@example.net", group, f"Hello {dmarc}", "x", dmarc=dmarc)
            assert take(site, unproven, group)[0] == "held"
    counts = [len(site.mailed(f"{name}@example.net")) for name in ("dan", "eve", "mallory")]
    assert counts == [1, 1, 0]
    move_clock(DAY + 60)
    take(site, a_mail("dan@example.net", CARDIOLOGY, "Hello", "Three."))
    take(site, a_mail("eve@example.net", GULF, "Hello", "Three."), GULF)
    assert [len(site.mailed(f"{name}@example.net")) for name in ("dan", "eve")] == [2, 2]
    assert posts() == []


def test_what_a_stranger_sent_waits_once_and_cannot_be_posted(site: Site) -> None:
    group = a_group()
    moe = a_member("moe@example.org", "Moe Vance", group, role=Role.MODERATOR)
    message = a_mail("dan@example.net", CARDIOLOGY, "Hello", "One.", dmarc=None)
    assert [take(site, message)[0] for _ in range(2)] == ["held", "duplicate"]
    [held] = waiting()
    browser = Browser(site.core).sign_in(moe)
    browser.open(f"/held/{held.public_id}")
    browser.press("Approve: send to Cardiology")
    assert "The sender is not a member" in browser.text
    assert posts() == []


def test_l3_several_authors_senders_tags_and_cases_are_no_strangers(site: Site) -> None:
    """Several addresses in From, another Sender, plus-tags and upper case are all handled."""
    ann = a_member("ann@example.org", "Ann Lee", a_group())
    by_secretary = a_mail(ANN, CARDIOLOGY, "Rota", "Dictated.", Sender="Sec <sec@hospital.example>")
    assert take(site, by_secretary)[0] == "posted"
    assert take(site, a_mail("Ann+lists@Example.ORG", CARDIOLOGY, "Tagged", "One."))[0] == "posted"
    assert take(site, a_mail("ANN@example.org", CARDIOLOGY, "Loud", "One."))[0] == "posted"
    assert {post.author_id for post in posts()} == {ann.id}
    two = a_mail("x@example.net", CARDIOLOGY, "Together", "We both.", dmarc=None)
    two.replace_header("From", "Dan <dan@example.net>, Ann <ann@example.org>")
    two["Sender"] = "ann@example.org"
    state, reason = take(site, two, envelope_sender="ann@example.org")
    # DMARC proves one author; of two, the member is asked.
    assert (state, "proves its sender" in reason) == ("held", True)
    assert waiting()[-1].author_id == ann.id
    assert subjects_to(site, "ann@example.org")[-1] == "Did you write this? Together"


def test_l4_what_fails_dmarc_is_held_with_the_reason_also_of_moderators(site: Site) -> None:
    """Mail that claims a member and fails DMARC waits with its reason, moderators' own too."""
    group = a_group()
    a_member("ann@example.org", "Ann Lee", group)
    moe = a_member("moe@example.org", "Moe Vance", group, role=Role.OWNER)
    for sender in (ANN, "Moe <moe@example.org>"):
        state, reason = take(site, a_mail(sender, CARDIOLOGY, f"Urgent {sender}", "Pay here.", dmarc="fail"))
        assert (state, "DMARC" in reason) == ("held", True)
    assert posts() == []
    browser = Browser(site.core).sign_in(moe)
    for held in waiting():
        browser.open(f"/held/{held.public_id}")
        assert "failed the check (DMARC)" in browser.text


def test_l5_mail_that_claims_to_be_from_the_list_is_refused(site: Site) -> None:
    """Mail whose From is the list's own address is refused."""
    a_member("ann@example.org", "Ann Lee", a_group())
    for sender in (CARDIOLOGY, "Cardiology <CARDIOLOGY@LISTS.LOCALHOST>", "banyan@lists.localhost"):
        state, reason = take(site, a_mail(sender, CARDIOLOGY, "News", "x", dmarc="pass"))
        assert (state, reason) == ("refused", "it claims to come from an address of ours")
    assert (posts(), site.sink.messages) == ([], [])


def test_l6_a_leaked_reply_address_lets_nobody_else_post(site: Site) -> None:
    """The reply address works for its member alone; a leaked one posts nothing in that name."""
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    bea = a_member("bea@example.org", "Bea Okafor", group)
    take(site, a_mail("Bea <bea@example.org>", CARDIOLOGY, "Locum", "Who can?"))
    leaked = read(site.mailed("ann@example.org")[0])["Reply-To"].addresses[0].addr_spec
    # Ann herself needs no more than the address and her own name in From.
    assert take(site, a_mail(ANN, leaked, "Re: Locum", "I can.", dmarc=None), leaked)[0] == "posted"
    for sender, dmarc in (
        ("eve@example.net", "pass"),
        ("eve@example.net", None),
        (ANN, "fail"),
        ("bea@example.org", None),
    ):
        assert (
            take(site, a_mail(sender, leaked, "Re: Locum", f"By {sender}, {dmarc}.", dmarc=dmarc), leaked)[0] == "held"
        )
    # Who is proven and a member writes as who that is.
    assert take(site, a_mail("bea@example.org", leaked, "Re: Locum", "As myself."), leaked)[0] == "posted"
    assert [post.author_id for post in posts()] == [bea.id, ann.id, bea.id]


def test_l7_blind_copies_and_crowds_wait_for_a_moderator(site: Site) -> None:
    """Mail to more than 20 addresses waits for a moderator, and by setting mail that names the group nowhere."""
    a_member("ann@example.org", "Ann Lee", a_group(hold_unaddressed=True))
    blind = a_mail(ANN, "friends@example.net", "Psst", "In blind copy.")
    state, reason = take(site, blind)
    assert (state, "neither in To nor in Cc" in reason) == ("held", True)
    crowd = ", ".join([CARDIOLOGY, *(f"colleague{number}@example.net" for number in range(20))])
    state, reason = take(site, a_mail(ANN, crowd, "To the world", "All of you."))
    assert (state, "21 addresses" in reason) == ("held", True)
    twenty = a_mail(ANN, crowd.rpartition(",")[0], "To some", "Twenty of you.")
    assert take(site, twenty)[0] == "posted"
    in_copy = a_mail(ANN, "dan@example.net", "In copy", "Openly.", Cc=f"The list <{CARDIOLOGY.upper()}>")
    assert take(site, in_copy)[0] == "posted"
    assert [held.findings[0]["rule"] for held in waiting()] == ["implicit_destination", "many_recipients"]


def test_l7_a_cross_post_is_a_thread_in_each_list_and_one_copy_for_each_reader(site: Site) -> None:
    """A cross-post is a thread in each list, and one copy for each reader, with both named."""
    both = a_group(), a_group("gulf-coast", "Gulf Coast")
    a_member("ann@example.org", "Ann Lee", *both)
    a_member("bea@example.org", "Bea Okafor", *both)
    a_member("chen@example.org", "Chen Wei", both[1])
    cross = a_mail(ANN, f"{CARDIOLOGY}, {GULF}", "Congress", "Who goes?")
    assert take(site, cross, CARDIOLOGY, GULF)[0] == "posted"
    groups = db.session.scalars(select(Thread.group_id).order_by(Thread.group_id)).all()
    assert groups == [group.id for group in both]
    for reader in ("ann@example.org", "bea@example.org", "chen@example.org"):
        [copy] = site.mailed(reader)
        assert {each.addr_spec for each in read(copy)["To"].addresses} == {CARDIOLOGY, GULF}


def test_l8_standing_probation_and_quota_hold_for_mail_as_for_the_web(site: Site) -> None:
    """Muted, banned, on probation, over quota: the same by mail as on the web, with a mail saying so."""
    group = a_group(moderate=Moderate.NEWCOMERS, quota=2)
    people = {name: a_member(f"{name}@example.org", name.title(), group) for name in ("muted", "banned", "busy")}
    people["new"] = a_member("new@example.org", "New", group, newcomer=True)
    with transaction():
        muted, banned = (membership_of(people[name].id, group.id) for name in ("muted", "banned"))
        set_standing(muted, Standing.MUTED, actor_id=None, until=now() + timedelta(days=3))
        set_standing(banned, Standing.BANNED, actor_id=None)
    for number in range(2):
        assert take(site, a_mail("busy@example.org", CARDIOLOGY, f"Number {number}", "x"))[0] == "posted"
    expected = {"muted": "returned", "banned": "refused", "busy": "returned", "new": "held"}
    sentences = {"muted": "You cannot post to", "banned": "no longer post to", "busy": "takes 2 posts an hour"}
    sentences["new"] = "reads a new member's first posts"
    for name, state in expected.items():
        mail = a_mail(f"{name}@example.org", CARDIOLOGY, "Hello", f"From {name}.")
        assert take(site, mail)[0] == state, name
        assert sentences[name] in words_of(site.mailed(f"{name}@example.org")[-1])
        browser = Browser(site.core).sign_in(people[name])
        browser.open("/g/cardiology/write")
        if name in ("muted", "banned"):
            assert "Send to Cardiology" not in browser.buttons or browser.press(
                "Send to Cardiology", subject="Hello", text=f"On the web from {name}."
            ).count("cannot" if name == "muted" else "no longer")
        else:
            browser.press("Send to Cardiology", subject="Hello again", text=f"On the web from {name}.")
            assert sentences[name] in browser.text, browser.text
    assert len(posts()) == 2


def test_l9_what_comes_before_admission_waits_and_goes_out_with_it(site: Site) -> None:
    """A post while the membership is pending waits, and goes out when it is approved."""
    group = a_group()
    moe = a_member("moe@example.org", "Moe Vance", group, role=Role.MODERATOR)
    ann = a_member("ann@example.org", "Ann Lee")
    with transaction():
        asked = ask_to_join(ann, group)
    assert asked.standing is Standing.PENDING
    state, reason = take(site, a_mail(ANN, CARDIOLOGY, "May I?", "My first question."))
    assert (state, "not admitted yet" in reason) == ("held", True)
    assert "waits with it and is not lost" in words_of(site.mailed("ann@example.org")[-1])
    with transaction():
        admit(membership_of(ann.id, group.id), actor_id=moe.id)
    site.work()
    assert [(post.author_id, post.text.strip()) for post in posts()] == [(ann.id, "My first question.")]
    assert "[Cardiology] May I?" in subjects_to(site, "moe@example.org")


def test_l24_a_challenge_is_dropped_and_its_member_told_once(site: Site) -> None:
    """Challenge-response mail is dropped, and the member behind that filter is told once."""
    group = a_group()
    a_member("ann@example.org", "Ann Lee", group)
    bea = a_member("bea@example.org", "Bea Okafor", group)
    take(site, a_mail(ANN, CARDIOLOGY, "Locum", "Who can?"))
    returns_to = site.mailed("bea@example.org")[0].envelope_sender
    replies_to = read(site.mailed("bea@example.org")[0])["Reply-To"].addresses[0].addr_spec
    asks = "Please click here to prove that you are human: http://filter.example/verify\nThen your mail is delivered."
    for number, address in enumerate((returns_to, replies_to, returns_to)):
        challenge = a_mail("challenge@filter.example", address, f"Re: Locum {number}", asks)
        state, reason = take(site, challenge, address)
        assert (state, "challenge-response" in reason) == ("automatic", True)
    told = [words_of(each) for each in site.mailed("bea@example.org") if "filter" in read(each)["Subject"]]
    assert len(told) == 1
    assert "let all mail from lists.localhost through" in told[0]
    assert len(posts()) == 1
    # To a group itself nobody can tell whose filter it is; a false token names nobody.
    forged = f"bounce+{'a' * 24}@lists.localhost"
    assert forged in site.hand_in(a_mail("challenge@filter.example", forged, "Re: x", asks), forged)
    assert addresses().bounce(bea.addresses[0].id, now()) == returns_to


def test_a_forger_cannot_fill_a_members_mailbox_through_us(site: Site, move_clock) -> None:
    """Help and links for who is not proven go out once a day, however many mails ask."""
    a_member("ann@example.org", "Ann Lee", a_group())
    for number in range(5):
        for address in ("cardiology-help@lists.localhost", "cardiology-leave@lists.localhost"):
            take(site, a_mail(ANN, address, f"{number}", "x", dmarc=None), address)
    assert len(site.mailed("ann@example.org")) == 2
    take(site, a_mail(ANN, "cardiology-help@lists.localhost", "proven", "x"), "cardiology-help@lists.localhost")
    assert len(site.mailed("ann@example.org")) == 3
    move_clock(DAY + 60)
    again = a_mail(ANN, "cardiology-help@lists.localhost", "the next day", "x", dmarc=None)
    take(site, again, "cardiology-help@lists.localhost")
    assert len(site.mailed("ann@example.org")) == 4


def test_the_fate_of_each_recipient_is_listed(site: Site) -> None:
    gulf = a_group("gulf-coast", "Gulf Coast")
    ann = a_member("ann@example.org", "Ann Lee", a_group(), gulf)
    with transaction():
        set_standing(membership_of(ann.id, gulf.id), Standing.MUTED, actor_id=None, until=now() + timedelta(days=3))
    take(site, a_mail(ANN, f"{CARDIOLOGY}, {GULF}", "Both", "One post, one that comes back."), CARDIOLOGY, GULF)
    states = db.session.execute(select(InboundRecipient.address, InboundRecipient.state)).all()
    assert {row.address: row.state.value for row in states} == {CARDIOLOGY: "posted", GULF: "returned"}
