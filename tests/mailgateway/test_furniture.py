"""Signatures and footers: what is one, in the words of programs and employers, and what only resembles one."""

import pytest

from mailgateway.trim import has_only_furniture, trim


@pytest.mark.parametrize(
    "signature",
    [
        "Sent from my iPhone",
        "Sent from Yahoo Mail on Android",
        "Get Outlook for Android<https://x.example>",
        "Von meinem iPhone gesendet",
        "Gesendet mit der GMX Mail App",
        "Envoyé de mon iPhone",
        "Envoyé depuis mon téléphone",
        "Enviado desde mi iPhone",
        "Enviado do meu iPhone",
        "Inviato da iPhone",
        "Verzonden vanaf mijn iPhone",
        "Sendt fra min iPhone",
        "Skickat från min iPhone",
        "Lähetetty iPhonesta",
        "Wysłane z iPhone'a",
        "Отправлено с iPhone",
        "Odesláno z iPhonu",
        "iPhoneから送信",
        "从我的iPhone发送",
        "나의 iPhone에서 보냄",
        "iPhone'umdan gönderildi",
    ],
)
def test_the_signature_of_a_phone_is_set_aside(signature: str) -> None:
    trimmed = trim(f"Agreed.\n\n{signature}\n", "reply")
    assert (trimmed.text, trimmed.folded) == ("Agreed.", signature)


@pytest.mark.parametrize(
    "text",
    [
        "Please disclose nothing.",
        "The disclaimer on our letters is out of date, and nobody reads it. Should we drop it?",
        "-- \n",
        "1) yes\n2) no\n--\n" + "3) maybe, but only if the committee agrees with it and says so in writing " * 2,
        "Results\n-------\n\nAll well.\n\n=====",
        "Sent from the lab to the ward",
        "K > 5\n> 6 is too high, I think",
        "Ring me.\n\nAnn\n0123 456",
    ],
)
def test_what_looks_a_little_like_a_footer_stays(text: str) -> None:
    assert trim(text, "new").text == (text.strip() if text != "-- \n" else "")


def test_a_mail_that_is_only_a_footer_keeps_it_as_its_words() -> None:
    text = "If you are not the intended recipient of our newsletter, please notify the sender and we will delete you."
    assert trim(text, "new").text == text


def test_a_list_footer_after_the_quote_hides_neither() -> None:
    text = (
        "Yes.\n\nOn 5 Oct 2026 at 20:12, Bob wrote:\n> Really?\n\n_____________\nX mailing list\nx@lists.example.net\n"
    )
    trimmed = trim(text, "reply")
    assert trimmed.text == "Yes."
    assert "mailing list" in trimmed.folded
    assert has_only_furniture("_____________\nX mailing list\nx@lists.example.net")
    assert not has_only_furniture("And one more thing.")


def test_a_business_card_needs_a_greeting_above_it() -> None:
    card = "Cardiology\nTel: +44 20 7946 0012\nann@x.example\nwww.x.example"
    assert trim(f"Yes.\n\nKind regards,\nAnn Lee\n{card}", "reply").text == "Yes.\n\nKind regards,\nAnn Lee"
    assert trim(f"The trial's office:\n\n{card}", "reply").text == f"The trial's office:\n\n{card}"


def test_people_may_ask_for_discretion() -> None:
    text = "The case is the one of Friday.\n\nThis message is confidential, do not forward it and delete it soon."
    assert trim(text, "reply").text == text


def test_the_sender_is_known_by_name_on_a_card() -> None:
    card = "Ann Lee, MD\nCardiology\nTel: +44 20 7946 0012\nann@x.example"
    assert trim(f"Yes.\n\n{card}", "reply", "Lee, Ann").text == "Yes.\n\nAnn Lee, MD"
    for words, author in (
        (f"Yes.\n\n{card}", "Bob Stone"),
        (f"For tickets ask:\n\n{card}", "Ann Lee"),
        (card, "Ann Lee"),
    ):
        assert trim(words, "new", author).text == words


@pytest.mark.parametrize(
    "words",
    [
        "Sent via mail to all members yesterday.",
        "Sent by post to the front office.",
        "From my phone I cannot see the image, sorry.",
        "Sent from our own mail server, so it should arrive.",
    ],
)
def test_what_was_sent_by_mail_is_no_signature(words: str) -> None:
    assert trim(f"Yes.\n\n{words}", "reply").text == f"Yes.\n\n{words}"


@pytest.mark.parametrize(
    ("words", "is_kept"),
    [
        ("The blood was checked for virus and bacteria.", True),
        ("This e-mail was checked for viruses by the gateway.", False),
        ("The pump is intended for use by trained staff.", True),
        ("This message is intended for the use of the person named above.", False),
        ("—\nWhat about the second patient?", True),
        ("—\nAnn Lee\nWard 5", False),
        ("> 6.0 mmol/l: treat\n> 7.0 mmol/l: ring", True),
        ("> 1. Who reads the films?\n> 2. Where?", False),
    ],
)
def test_medicine_is_told_from_furniture(words: str, is_kept: bool) -> None:
    text = f"Two things on the ward.\n\n{words}"
    assert trim(text, "reply").text == (text if is_kept else "Two things on the ward.")
