"""Robots and loops, L19 to L22: no machine writes to a group, no person is taken for one, no mail goes in circles."""

from email.message import EmailMessage

import pytest
from sqlalchemy import select

from forum.db import db
from forum.threads.models import Post
from mailgateway.models import InboundMail, MailState
from tests.gateway import AUTHSERV_ID, a_mail
from tests.people import a_group, a_member
from tests.site import Site

CARDIOLOGY = "cardiology@lists.localhost"
ANN = "Ann <ann@example.org>"
HUMAN = "I am away until Monday."

AUTOMATIC = {
    "auto-submitted": a_mail(ANN, CARDIOLOGY, "Hello", HUMAN, Auto_Submitted="auto-replied"),
    "precedence": a_mail(ANN, CARDIOLOGY, "Hello", HUMAN, Precedence="auto_reply"),
    "x-autoreply": a_mail(ANN, CARDIOLOGY, "Hello", HUMAN, X_Autoreply="yes"),
    "x-autorespond": a_mail(ANN, CARDIOLOGY, "Hello", HUMAN, X_Autorespond="Hello"),
    "suppress-on-a-reply": a_mail(
        ANN, CARDIOLOGY, "Re: Hello", HUMAN, X_Auto_Response_Suppress="All", In_Reply_To="<a@lists.localhost>"
    ),
    "english": a_mail(ANN, CARDIOLOGY, "Out of office: Re: Locum", HUMAN),
    "english-too": a_mail(ANN, CARDIOLOGY, "Automatic reply: Locum", HUMAN),
    "german": a_mail(ANN, CARDIOLOGY, "Automatische Antwort: Vertretung", HUMAN),
    "german-too": a_mail(
        ANN, CARDIOLOGY, "Abwesenheitsnotiz: Vertretung", "Ich bin im Urlaub.", In_Reply_To="<a@lists.localhost>"
    ),
    "french": a_mail(ANN, CARDIOLOGY, "Réponse automatique : Remplacement", HUMAN),
    "spanish": a_mail(ANN, CARDIOLOGY, "Respuesta automática: Suplencia", HUMAN),
    "italian": a_mail(ANN, CARDIOLOGY, "Risposta automatica: Sostituzione", HUMAN),
    "portuguese": a_mail(ANN, CARDIOLOGY, "Resposta automática: Plantão", HUMAN),
    "dutch": a_mail(ANN, CARDIOLOGY, "Automatisch antwoord: Waarneming", HUMAN),
    "swedish": a_mail(ANN, CARDIOLOGY, "Autosvar: Vikarie", HUMAN),
    "polish": a_mail(ANN, CARDIOLOGY, "Automatyczna odpowiedź: Zastępstwo", HUMAN),
}


def fates() -> list[tuple[MailState, str]]:
    db.session.rollback()
    rows = db.session.execute(select(InboundMail.state, InboundMail.reason).order_by(InboundMail.id))
    return [(row.state, row.reason) for row in rows]


def count_posts() -> int:
    return len(db.session.scalars(select(Post.id)).all())


def test_l19_no_out_of_office_reaches_the_list(site: Site) -> None:
    """Automatic answers never reach the list, by their headers or by their subjects in many languages."""
    a_member("ann@example.org", "Ann Lee", a_group())
    for message in AUTOMATIC.values():
        site.hand_in(message, CARDIOLOGY)
    site.hand_in(a_mail(ANN, CARDIOLOGY, "Hello", HUMAN), CARDIOLOGY, envelope_sender="")
    daemon = a_mail("MAILER-DAEMON@mx.example.org", CARDIOLOGY, "Delivery problem", "It did not arrive.")
    site.hand_in(daemon, CARDIOLOGY)
    site.work()
    found = dict(zip([*AUTOMATIC, "null", "daemon"], fates(), strict=True))
    wrong = {name: fate for name, fate in found.items() if fate[0] not in (MailState.AUTOMATIC, MailState.BOUNCE)}
    assert wrong == {}
    assert count_posts() == 0
    assert site.sink.messages == []


@pytest.mark.parametrize(
    ("subject", "text", "headers"),
    [
        ("Out of office surgery in August", "Who does minor surgery out of office?", {}),
        ("Locum", "My vacation auto-reply was on: out of office until Monday. Sorry.", {}),
        ("Locum", "Sent through our clinic's list.", {"Precedence": "bulk", "List_Id": "<staff.clinic.example>"}),
        ("Locum", "Sent as a list would.", {"Precedence": "list"}),
        ("Locum", "Marked as a person's.", {"Auto_Submitted": "no"}),
    ],
)
def test_l20_a_persons_mail_with_such_words_is_a_post_and_dropped_mail_is_listed(
    site: Site, subject: str, text: str, headers: dict[str, str]
) -> None:
    """A person's mail that merely has such words is posted; dropped mail is listed with its reason for days."""
    a_member("ann@example.org", "Ann Lee", a_group())
    site.hand_in(a_mail(ANN, CARDIOLOGY, subject, text, **headers), CARDIOLOGY)
    site.hand_in(AUTOMATIC["english"], CARDIOLOGY)
    site.work()
    assert [state for state, _ in fates()] == [MailState.POSTED, MailState.AUTOMATIC]
    assert fates()[1][1] != ""


def test_l22_our_own_mail_a_loop_and_a_flood_are_stopped(site: Site) -> None:
    """Our own list mail coming back, a mail with too many hops and a sender's flood are stopped."""
    a_member("ann@example.org", "Ann Lee", a_group())
    a_member("bea@example.org", "Bea Okafor", a_group("gulf-coast", "Gulf Coast"))
    site.hand_in(a_mail(ANN, CARDIOLOGY, "Locum", "Who can?"), CARDIOLOGY)
    site.work()
    [copy] = site.mailed("ann@example.org")
    results = f"Authentication-Results: {AUTHSERV_ID}; dmarc=pass header.from=lists.localhost\r\n".encode()
    site.hand_in(results + copy.content, CARDIOLOGY, envelope_sender="ann@example.org")
    looping = a_mail(ANN, CARDIOLOGY, "Round and round", "Again.")
    for number in range(60):
        looping["Received"] = f"from a{number}.example by b.example; Mon, 9 Nov 2026 08:15:00 +0000"
    site.hand_in(looping, CARDIOLOGY)
    site.work()
    assert [state for state, _ in fates()] == [MailState.POSTED, MailState.AUTOMATIC, MailState.AUTOMATIC]


def test_l22_more_than_sixty_mails_in_ten_minutes_wait(site: Site, move_clock) -> None:
    """What one sender sends beyond 60 mails in 10 minutes waits and comes later."""
    a_member("bea@example.org", "Bea Okafor", a_group(quota=None))
    for number in range(62):
        message: EmailMessage = a_mail("Bea <bea@example.org>", CARDIOLOGY, f"Mail {number}", f"Number {number}.")
        site.hand_in(message, CARDIOLOGY)
    site.work()
    assert count_posts() == 60
    move_clock(11 * 60)
    site.work()
    assert count_posts() == 62
