"""Content, L25 to L34: the right words of each mail arrive once, clean and readable, and nothing dangerous does."""

import html
import io
import json
import zipfile
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from sqlalchemy import select

from forum import blobs
from forum.accounts.queries import member_by_email
from forum.db import db
from forum.threads.models import Attachment, Post
from mailgateway.compose import LARGEST_FILE
from mailgateway.models import InboundMail, MailState
from tests.forum.posting.images import a_jpeg, a_png
from tests.forum.web.browser import Browser
from tests.gateway import a_mail, addresses
from tests.people import a_group, a_member
from tests.site import Site

MAILS = Path(__file__).parent.parent / "mail"
CARDIOLOGY = "cardiology@lists.localhost"
ANN = "Ann Lee <ann@example.org>"
BEA = "bea@example.org"


@pytest.fixture
def pair(site: Site) -> Site:
    """A site with a group of two: Ann, who writes, and Bea, who reads."""
    group = a_group()
    a_member("ann@example.org", "Ann Lee", group)
    a_member(BEA, "Bea Okafor", group)
    return site


def take(site: Site, message: EmailMessage | bytes) -> None:
    assert site.hand_in(message, CARDIOLOGY, envelope_sender="ann@example.org") == {}
    site.work()


def take_file(site: Site, name: str) -> None:
    """Hand in one of the mails of tests/mail as if our own MTA had proven Ann."""
    raw = (MAILS / f"{name}.eml").read_bytes().replace(b"ann.lee@example.org", b"ann@example.org")
    raw = raw.replace(b"cardiology@lists.example.net", CARDIOLOGY.encode())
    proof = b"Authentication-Results: mx.banyan.test; dmarc=pass header.from=example.org\r\n"
    take(site, proof + raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))


def the_post() -> Post:
    db.session.rollback()
    found = db.session.scalars(select(Post).order_by(Post.id.desc())).first()
    assert found is not None
    return found


def the_files() -> list[Attachment]:
    return list(db.session.scalars(select(Attachment).order_by(Attachment.id)))


def copy_for(site: Site, email: str = BEA) -> EmailMessage:
    found = message_from_bytes(site.mailed(email)[-1].content, policy=default)
    assert isinstance(found, EmailMessage)
    return found


def as_ann(site: Site) -> Browser:
    ann = member_by_email("ann@example.org")
    assert ann is not None
    return Browser(site.core).sign_in(ann)


def plain(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def fate() -> tuple[MailState, str]:
    db.session.rollback()
    mail = db.session.scalars(select(InboundMail).order_by(InboundMail.id.desc())).first()
    assert mail is not None
    return mail.state, mail.reason


def told(site: Site, email: str = "ann@example.org") -> str:
    return "\n".join(plain_of(each.content) for each in site.mailed(email))


def plain_of(content: bytes) -> str:
    found = message_from_bytes(content, policy=default)
    assert isinstance(found, EmailMessage)
    return plain(found)


# --- L25 to L28: what mail programs send ---


def test_l25_a_calendar_invitation_becomes_lines_and_a_file(pair: Site) -> None:
    """A calendar invitation says what, when (with its zone), where and who, and the .ics is kept as a file."""
    take_file(pair, "calendar-invitation-alone")
    text = plain(copy_for(pair))
    assert "Invitation: Journal club\nWhen: Thursday, 9 July 2026, 18:00 to 19:00 (Europe/Berlin, UTC+0200)" in text
    assert "Where: Room 3, first floor\nFrom: Bob Stone" in text
    assert "bob.stone@example.org" not in text
    assert [(file.name, file.type) for file in the_files()] == [("invitation.ics", "text/calendar")]


def test_l26_the_right_words_appear_once(pair: Site) -> None:
    """HTML only, alternatives, related, nested forwards, several text parts: the right words, once."""
    for name in [
        "html-only",
        "alternative",
        "related-with-inline-image",
        "apple-mail-several-text-parts",
        "forward-as-attachment",
    ]:
        expected = json.loads((MAILS / f"{name}.expected.json").read_text())
        take_file(pair, name)
        sent = " ".join(plain(copy_for(pair)).split())
        wanted = expected.get("text_has", expected.get("text", ""))
        for piece in [wanted] if isinstance(wanted, str) else wanted:
            for line in piece.split("\n"):
                assert len(line) < 8 or sent.count(" ".join(line.split())) == 1


def test_l27_no_charset_or_encoding_garbles_a_post(pair: Site) -> None:
    """Flowed lines, soft breaks, base64 and wrongly labelled charsets arrive as they were meant, subjects too."""
    for name in [
        "format-flowed-delsp",
        "quoted-printable-soft-breaks",
        "base64-text",
        "latin1-that-is-windows-1252",
        "latin1-called-utf8",
        "subject-in-8-bit",
        "iso-2022-jp",
        "koi8-r",
    ]:
        take_file(pair, name)
        expected = json.loads((MAILS / f"{name}.expected.json").read_text(encoding="utf-8"))
        post, copy = the_post(), copy_for(pair)
        assert " ".join(expected.get("text", "").split()) in " ".join(plain(copy).split())
        assert str(copy["Subject"]).endswith(post.subject)
        assert expected.get("subject", post.subject) == post.subject


def test_l27_file_names_arrive_as_they_were_meant(pair: Site) -> None:
    """File names in every encoding (RFC 2231, RFC 2047, continued) arrive as they were meant."""
    take_file(pair, "attachment-names")
    names = [part.get_filename() for part in copy_for(pair).iter_attachments()]
    assert names == [file.name for file in the_files()]
    assert names
    assert not any("%" in str(name) or "=?" in str(name) for name in names)


def test_l28_winmail_dat_is_opened(pair: Site) -> None:
    """Outlook's winmail.dat is opened: its files arrive under their names, its words as the post."""
    take_file(pair, "winmail-with-the-words")
    assert the_post().text == "The rota for July is attached."
    [file] = copy_for(pair).iter_attachments()
    assert (file.get_filename(), file.get_payload(decode=True)) == ("Rota July.csv", b"day,name\r\n9,Ann\r\n")


def test_l28_signatures_that_must_break_are_removed_openly(pair: Site) -> None:
    """S/MIME and PGP signatures, which a list must break, are taken off, and the trimmed part says so."""
    for name in ["smime-signed", "pgp-mime-signed"]:
        take_file(pair, name)
        post = the_post()
        assert "A cryptographic signature was taken off" in post.folded
        assert not the_files()
        assert b"pkcs7" not in copy_for(pair).as_bytes()
        assert b"pgp-signature" not in copy_for(pair).as_bytes()


def test_l28_encrypted_mail_comes_back_with_help(pair: Site) -> None:
    """Encrypted mail is not sent to people who cannot read it; its author gets it back with what to do."""
    mail = a_mail(ANN, CARDIOLOGY, "Rota", "x")
    mail.clear_content()
    mail.set_content(b"0\x80", maintype="application", subtype="pkcs7-mime", filename="smime.p7m")
    take(pair, mail)
    assert fate()[0] is MailState.RETURNED
    assert not pair.mailed(BEA)
    assert "Turn off encryption" in " ".join(told(pair).replace("> ", "").split())


# --- L29 to L31: trimming ---


def test_l29_the_authors_words_stay_and_the_rest_is_one_click_away(pair: Site) -> None:
    """Top and bottom posting, interleaved answers and one-word mails arrive whole; "show trimmed" has the rest."""
    for name, kept, gone in (
        ("gmail-hungarian-name-first", "A második hét jó nekem", "július második"),
        ("outlook-htmlborder-czech", "Druhý týden mi vyhovuje", "červencovém týdnu"),
        ("bottom-posting-with-signature", "The second week suits me", "Who can cover"),
        ("interleaved-french", "> Et jeudi ?", ""),
        ("own-ok", "ok", ""),
        ("forward-yahoo", "Who can cover the ward?", ""),
    ):
        take_file(pair, name)
        post, text = the_post(), plain(copy_for(pair))
        assert kept in text
        if gone:
            assert gone not in text
            assert gone in post.folded
            page = as_ann(pair).fetch(f"/t/{post.thread.public_id}").get_data(as_text=True)
            assert "<details" in page
            assert gone in html.unescape(page)


def test_l30_footers_and_signatures_are_folded(pair: Site) -> None:
    """Confidentiality footers, "Sent from my iPhone" and signatures are folded."""
    mail = a_mail(ANN, CARDIOLOGY, "Rota", "Friday is fine.\n\nSent from my iPhone\n\n-- \nAnn Lee\nWard 5\n")
    take(pair, mail)
    post = the_post()
    assert (post.text, "Ward 5" in post.folded, "iPhone" in post.folded) == ("Friday is fine.", True, True)


def test_l30_a_line_turns_the_folding_off_for_one_mail(pair: Site) -> None:
    """A first line "#keep" turns the folding off for one mail."""
    take(pair, a_mail(ANN, CARDIOLOGY, "Rota", "#keep\nFriday is fine.\n\n-- \nAnn Lee\nWard 5\n"))
    text = plain(copy_for(pair))
    assert text.startswith("Friday is fine.\n\n--\nAnn Lee\nWard 5")
    assert "#keep" not in text


def test_l31_our_own_footer_and_tokens_come_back_in_no_part(pair: Site) -> None:
    """Our footer and every token are taken out of quoted text, HTML and attached mails."""
    for name in ["own-list-footer-in-the-quote", "own-tokens-in-an-attached-mail", "html-own-tokens"]:
        take_file(pair, name)
        post = the_post()
        everything = "\n".join((post.text, post.folded, post.html, str(copy_for(pair))))
        assert "aeraqaibmfzhk3dmn4qho33snrsa" not in everything
        assert "Mail settings, or leave" not in post.text + post.folded + post.html


def test_l31_a_real_copy_that_is_quoted_gives_no_token_away(pair: Site) -> None:
    """A reader who quotes a whole copy, headers and all, gives no address with a token to others."""
    take(pair, a_mail(ANN, CARDIOLOGY, "Rota", "Who can?"))
    copy = copy_for(pair)
    headers = "\n".join(f"> {name}: {value}" for name, value in copy.items())
    quoted = "\n".join(f"> {line}" for line in plain(copy).split("\n"))
    whole = f"I can.\n\n{headers}\n>\n{quoted}\n\nMe.\n"
    reply = a_mail("Bea <bea@example.org>", CARDIOLOGY, "Re: Rota", whole, In_Reply_To=str(copy["Message-ID"]))
    pair.hand_in(reply, CARDIOLOGY)
    pair.work()
    with pair.core.app_context():
        domain = addresses().domain
    sent = [message_from_bytes(each.content, policy=default) for each in pair.mailed("ann@example.org")][-1]
    assert isinstance(sent, EmailMessage)
    body = plain(sent)
    assert "I can." in body
    for name in ("reply+", "author+", "leave+", "bounce+", "/u/"):
        assert name not in body, (name, domain)


# --- L32: files ---


def test_l32_a_large_file_becomes_a_link_behind_sign_in(pair: Site) -> None:
    """An attachment over the limit goes as a link that asks for sign-in."""
    mail = a_mail(ANN, CARDIOLOGY, "Scan", "Here it is.")
    mail.add_attachment(b"x" * (LARGEST_FILE + 1), maintype="application", subtype="pdf", filename="scan.pdf")
    take(pair, mail)
    copy = copy_for(pair)
    assert not list(copy.iter_attachments())
    [link] = [word for word in plain(copy).split() if "/a/" in word]
    answer = pair.client.get(link.partition("127.0.0.1:8000")[2] or link)
    assert answer.status_code in (302, 303)
    assert "sign-in" in answer.headers["Location"]


def test_l32_programs_and_scripts_are_refused_with_the_reason(pair: Site) -> None:
    """Programs and scripts are refused; their author gets the mail back with the file's name."""
    for name in ["setup.exe", "photo.jpg.scr", "login.js", "run.vbs", "go.bat", "x.ps1", "a.lnk", "b.iso"]:
        mail = a_mail(ANN, CARDIOLOGY, "Tool", "Try this.")
        mail.add_attachment(b"MZ...", maintype="application", subtype="octet-stream", filename=name)
        take(pair, mail)
        assert fate()[0] is MailState.RETURNED
        assert name in told(pair)
        assert not pair.mailed(BEA)


def test_l32_a_program_inside_an_archive_is_refused_too(pair: Site) -> None:
    """A program inside a zip is found in the archive's listing, which is read without unpacking."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tools/readme.txt", "x")
        archive.writestr("tools/setup.exe", b"\x00" * 50_000_000)
    mail = a_mail(ANN, CARDIOLOGY, "Tool", "Try this.")
    mail.add_attachment(packed.getvalue(), maintype="application", subtype="zip", filename="tools.zip")
    take(pair, mail)
    assert fate()[0] is MailState.RETURNED
    assert "tools.zip: setup.exe" in told(pair)


def test_l32_the_place_an_image_was_made_at_is_removed(pair: Site) -> None:
    """The place where a picture was made is taken out before it is stored; the picture stays as it is."""
    for image, kind in ((a_jpeg(turned=6), "jpeg"), (a_png(), "png")):
        assert b"GPS-52.5200" in image
        mail = a_mail(ANN, CARDIOLOGY, f"ECG {kind}", "Look.")
        mail.add_attachment(image, maintype="image", subtype=kind, filename=f"ecg.{kind}")
        take(pair, mail)
        stored = blobs.content_of(the_files()[-1].digest)
        assert stored is not None
        assert b"GPS-52.5200" not in stored
        assert (b"PIXELS" if kind == "jpeg" else b"IDAT") in stored
        [sent] = copy_for(pair).iter_attachments()
        assert sent.get_payload(decode=True) == stored


def test_l32_the_place_is_removed_from_what_is_held_as_well(pair: Site) -> None:
    """An image in a mail that is held is cleaned before it is stored as well."""
    mail = a_mail(ANN, CARDIOLOGY, "ECG", "Look.", dmarc="fail")
    mail.add_attachment(a_jpeg(), maintype="image", subtype="jpeg", filename="ecg.jpg")
    take(pair, mail)
    assert fate()[0] is MailState.HELD
    stored = blobs.content_of(the_files()[0].digest)
    assert stored is not None
    assert b"GPS-52.5200" not in stored


# --- L33: what comes back ---

LONG_QUOTE = "\n".join(f"> Line {number} of the guideline, which everybody has read before." for number in range(60))


def test_l33_an_over_quoted_mail_comes_back_with_help(pair: Site) -> None:
    """A mail of nine tenths quotes that cannot be folded comes back with what to do; a bare "Agreed." does not."""
    mail = a_mail(ANN, CARDIOLOGY, "Re: Rota", f"Hm.\n\n{LONG_QUOTE}\n\nNo.\n", In_Reply_To="<a@b.example>")
    take(pair, mail)
    assert fate()[0] is MailState.RETURNED
    assert "quoted text" in told(pair)
    agreed = f"Agreed.\n\nOn Mon, 6 Jul 2026 at 18:40, Bob <bob@x.example> wrote:\n{LONG_QUOTE}\n"
    take(pair, a_mail(ANN, CARDIOLOGY, "Re: Rota", agreed, In_Reply_To="<a@b.example>"))
    assert fate()[0] is MailState.POSTED


def test_l33_an_empty_mail_comes_back_with_help(pair: Site) -> None:
    """A mail without words or files comes back with what to do."""
    quote = "On Mon, 6 Jul 2026 at 18:40, Bob <bob@x.example> wrote:\n> Who can cover the ward?\n"
    take(pair, a_mail(ANN, CARDIOLOGY, "Re: Rota", quote, In_Reply_To="<a@b.example>"))
    assert fate()[0] is MailState.RETURNED
    assert "We found no words in your post beyond the quoted text" in " ".join(told(pair).replace("> ", "").split())


def test_l33_an_over_long_mail_comes_back_or_goes_as_a_file(pair: Site) -> None:
    """Words longer than any post are kept whole as a file, and the post is cut."""
    take(pair, a_mail(ANN, CARDIOLOGY, "Log", "one line of the log\n" * 30_000))
    assert len(the_post().text) <= 500_000
    assert [file.name for file in the_files()] == ["message.txt"]


def test_l33_unsubscribe_sent_to_the_list_is_caught(pair: Site) -> None:
    """ "unsubscribe" or "remove me" in many wordings, sent to the whole list, is obeyed and not distributed."""
    for words in [
        "unsubscribe",
        "Please remove me from this mailing list. Thanks, Ann",
        "Take me off this list!",
        "I no longer wish to receive these emails.",
        "How do I unsubscribe?",
        "Stop sending me mails",
        "Bitte nehmen Sie mich aus dem Verteiler.",
        "Merci de me désabonner",
        "Quiero darme de baja",
        "Ta bort mig från listan",
        "Proszę usunąć mnie z listy",
        "Отпишите меня",
        "取消订阅",
    ]:
        take(
            pair,
            a_mail(
                ANN,
                CARDIOLOGY,
                "Re: Rota",
                f"{words}\n\nOn Mon, 6 Jul 2026 at 18:40, Bob <b@x.example> wrote:\n> Rota?\n",
            ),
        )
        assert fate()[0] is MailState.COMMAND
        assert not pair.mailed(BEA)


# --- L34: HTML ---

HOSTILE = (
    "<p>Look at this.</p><script>alert(1)</script><img src='https://tracker.example/pixel.gif?id=7' width=1>"
    "<p style=\"background:url('https://tracker.example/b.png')\" onclick='x()'>Second <b>line</b></p>"
    "<iframe src='https://evil.example'></iframe><a href='javascript:alert(1)'>click</a>"
    "<link rel=stylesheet href='https://tracker.example/c.css'><svg><image href='https://tracker.example/d'/></svg>"
    "<table background='https://tracker.example/e.png'><tr><td>cell</td></tr></table><video poster='https://tracker.example/f'>"
)


def test_l34_html_is_clean_and_loads_nothing_from_elsewhere(pair: Site) -> None:
    """HTML is sanitised for web and mail, and no image of a post is loaded from a reader's mailbox."""
    mail = a_mail(ANN, CARDIOLOGY, "Look", "x")
    mail.set_content(HOSTILE, subtype="html")
    take(pair, mail)
    part = copy_for(pair).get_body(("html",))
    assert part is not None
    post = the_post()
    sent = str(part.get_content())
    page = as_ann(pair).fetch(f"/t/{post.thread.public_id}").get_data(as_text=True)
    for shown in (sent, post.html, page):
        assert "Second <b>line</b>" in shown
        assert "tracker.example" not in shown
        assert "javascript:" not in shown
    assert "<img" not in sent
    assert "<script" not in sent
    assert "onclick" not in sent
