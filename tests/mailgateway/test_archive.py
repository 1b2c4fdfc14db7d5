"""Reading a mail of an old archive: who wrote it, when it came, and which words are in it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.archives.mail import ArchivedMail, Sender, Unreadable
from forum.threads.models import TextFormat
from mailgateway.archive import read


def a_mail(*headers: str, text: str = "Who can?") -> ArchivedMail:
    fields = "\n".join(("Date: Thu, 7 Mar 2019 12:00:01 +0000", *headers))
    mail = read(f"{fields}\n\n{text}\n".encode())
    assert isinstance(mail, ArchivedMail)
    return mail


@pytest.mark.parametrize(
    ("headers", "sender"),
    [
        (("From: Ann Lee <ann@x.org>",), Sender("Ann Lee", "ann@x.org")),
        (("From: ann at x.org (Ann Lee)",), Sender("Ann Lee", "ann@x.org")),
        (("From: ann.lee at mail.x.org",), Sender("", "ann.lee@mail.x.org")),
        (("From: Ann Lee",), Sender("Ann Lee", "")),
        (("From: Ann Lee <ab...@gmail.com>",), Sender("Ann Lee", "ab...@gmail.com")),
        ((), Sender("", "")),
        (
            ("From: Ann Lee via Locums <locums@old.org>", "List-Post: <mailto:locums@old.org>"),
            Sender("Ann Lee", ""),
        ),
        (
            (
                "From: 'Ann Lee' via Locums <locums@old.org>",
                "X-Original-From: Ann Lee <ann@x.org>",
                "List-Post: <mailto:locums@old.org>",
            ),
            Sender("Ann Lee", "ann@x.org"),
        ),
        (
            (
                "From: Ann Lee via Locums <locums@old.org>",
                "Reply-To: Ann Lee <ann@x.org>, locums@old.org",
                "List-Id: Locums <locums.old.org>",
            ),
            Sender("Ann Lee", "ann@x.org"),
        ),
        (
            (
                "From: Ann Lee via Locums <locums@old.org>",
                "Reply-To: ann@x.org, bea@x.org",
                "List-Post: <mailto:locums@old.org>",
            ),
            Sender("Ann Lee", ""),
        ),
        (("From: Genoa via Milan <genoa@x.org>",), Sender("Genoa via Milan", "genoa@x.org")),
    ],
)
def test_the_author_is_who_the_mail_says_and_never_a_guess(headers: tuple[str, ...], sender: Sender) -> None:
    assert a_mail(*headers).sender == sender


def test_the_clocks_on_the_way_are_read() -> None:
    mail = a_mail(
        "Received: from a by b; Thu, 7 Mar 2019 14:00:00 +0100",
        "Received: from pc by a (a; b)\n\tid 1;\n\tThu, 7 Mar 2019 12:30:00 +0000",
        "Received: broken",
        "X-List-Received-Date: Thu, 07 Mar 2019 13:05:00 -0000",
    )
    assert mail.sent_at == datetime(2019, 3, 7, 12, 0, 1, tzinfo=UTC)
    assert mail.received == (datetime(2019, 3, 7, 13, tzinfo=UTC), datetime(2019, 3, 7, 12, 30, tzinfo=UTC))
    assert mail.listed_at == datetime(2019, 3, 7, 13, 5, tzinfo=UTC)


def test_what_it_answers_comes_nearest_first() -> None:
    mail = a_mail("From: a@x.org", "In-Reply-To: <c@x>", "References: <a@x> <b@x>", "Message-ID: <d@x>")
    assert (mail.message_id, mail.answers) == ("<d@x>", ("<c@x>", "<b@x>", "<a@x>"))


def test_a_mail_without_an_id_has_one_made_of_its_content() -> None:
    one, same, other = a_mail("From: a@x.org"), a_mail("From: a@x.org"), a_mail("From: a@x.org", text="Me")
    assert one.message_id == same.message_id != other.message_id


def test_history_is_not_judged() -> None:
    mail = a_mail("From: a@x.org", "Auto-Submitted: auto-generated", "Subject: Duty list", text="Monday: Ann")
    assert (mail.subject, mail.text) == ("Duty list", "Monday: Ann")
    assert a_mail("From: a@x.org", "Subject: unsubscribe", text="unsubscribe").text == "unsubscribe"


def test_quotes_and_signatures_are_folded_as_in_live_mail() -> None:
    mail = a_mail("From: a@x.org", "Subject: Re: x", text="I can.\n\n-- \nAnn\n\nOn Monday, Bea wrote:\n> Who can?")
    assert mail.text == "I can."
    assert "Who can?" in mail.folded


def test_html_is_safe_and_says_that_it_was_html() -> None:
    mail = a_mail("From: a@x.org", "Content-Type: text/html", text="<p onclick=x>Who <b>can</b>?<script>x</script>")
    assert mail.text_format is TextFormat.HTML
    assert "<b>can</b>" in mail.html.replace("strong", "b")
    assert "script" not in mail.html
    assert "onclick" not in mail.html


def test_bytes_that_are_no_mail_are_named() -> None:
    unreadable = read(b"\x00\x01\x02")
    assert isinstance(unreadable, Unreadable)
    assert unreadable.reason


def test_html_that_claims_to_be_our_own_export_is_cleaned_like_any_other() -> None:
    mail = a_mail(
        "From: a@x.org",
        "X-Banyan-Post: html",
        "X-Banyan-Part: html",
        "Content-Type: text/html",
        text="<script>x</script><p>y",
    )
    assert "script" not in mail.html
    assert "y" in mail.html


@given(
    st.lists(
        st.sampled_from(
            [
                b"From: ",
                b"X-Banyan-Post: html\n",
                b"X-Banyan-Part: text\n",
                b"X-Banyan-Part: file\n",
                b"Content-Type: multipart/mixed; boundary=b\n",
                b"Content-Type: message/rfc822\n",
                b"Content-Transfer-Encoding: base64\n",
                b"Reply-To: a via b <a@x.org>\n",
                b"Received: x; y\n",
                b"\n",
                b"--b\n",
                b"\xff\xfe",
                b"a via b <a@x.org>\n",
            ]
        ),
        max_size=14,
    )
)
def test_nothing_breaks_it(pieces: list[bytes]) -> None:
    assert isinstance(read(b"".join(pieces)), ArchivedMail | Unreadable)
