"""Trimming of plain text: what stays, what is set aside, and that nothing of the author's is lost."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailgateway.attribution import grade_attribution, is_attribution
from mailgateway.trim import Intent, has_only_furniture, read_intent, trim

QUOTE = "\n> Who can cover the nights?\n> Bob\n"


@pytest.mark.parametrize(
    "line",
    [
        "On Mon, Oct 5, 2026 at 8:12 PM Bob <bob@x.org> wrote:",
        "On 5 Oct 2026, at 20:12, Bob wrote:",
        "Am 05.10.26 um 20:12 schrieb Bob Stone:",
        "Le 05/10/2026 à 20:12, Bob Stone a écrit :",
        "El 05/10/2026 a las 20:12, Bob Stone escribió:",
        "Il 05/10/2026 20:12, Bob Stone ha scritto:",
        "Em 05/10/2026 20:12, Bob Stone escreveu:",
        "Op 05-10-2026 om 20:12 schreef Bob Stone:",
        "Den 2026-10-05 kl. 20:12, skrev Bob Stone:",
        "5.10.2026 20.12, Bob Stone kirjoitti:",
        "W dniu 05.10.2026 o 20:12, Bob Stone pisze: <bob@x.org> napisał:",
        "Dne 05. 10. 26 v 20:12 Bob Stone napsal(a):",
        "2026. 10. 05. 20:12 keltezéssel, Bob Stone írta:",
        "În 05.10.2026 20:12, Bob Stone a scris:",
        "05.10.2026 20:12, Bob Stone пишет:",
        "Στις 05/10/2026 20:12, ο Bob Stone έγραψε:",
        "5 Eki 2026 20:12 tarihinde Bob <bob@x.org> yazdı:",
        "2026年10月5日(月) 20:12 Bob <bob@x.org>:",
        "2026/10/5 20:12、Bob <bob@x.org>のメール:",
        "于 2026年10月5日 20:12，Bob <bob@x.org> 写道：",
        "2026년 10월 5일 오후 8:12, Bob <bob@x.org>님이 작성:",
        "---- On Mon, 05 Oct 2026 20:12:50 +0200 bob@x.org wrote ----",
        '05.10.2026, 20:12, "Bob Stone" <bob@x.org>:',
    ],
)
def test_an_attribution_is_one_in_many_languages(line: str) -> None:
    assert is_attribution(line)
    assert trim(f"Fine with me.\n\n{line}\n{QUOTE}", "reply").text == "Fine with me."
    assert trim(f"Fine with me.\n\n{line}\n\nWho can cover?\n", "reply").text == "Fine with me."


@pytest.mark.parametrize(
    "line",
    [
        "On the other hand:",
        "On 5 October we meet at 9:00 in room 3:",
        "On balance, Smith wrote:",
        "The author wrote:",
        "For 12.03.2026 at 14:00 please mail Ann <ann@x.org> with three things:",
        "Two questions for Bob <bob@x.org>:",
        "2026-10-05 20:12:",
        "Dosage 3 x 5.1.2020 12:00",
    ],
)
def test_a_sentence_is_no_attribution(line: str) -> None:
    assert not is_attribution(line)
    text = f"Hello all,\n\n{line}\nand so on.\n\nAnn"
    assert trim(text, "reply").text == text


def test_an_attribution_without_time_or_address_needs_quote_marks() -> None:
    assert grade_attribution("On 5 October Bob wrote:") == 1
    assert trim("Yes.\n\nOn 5 October Bob wrote:\n> Really?", "reply").text == "Yes."
    kept = "Yes.\n\nOn 5 October Bob wrote:\nReally?"
    assert trim(kept, "reply").text == kept


def test_the_earliest_of_several_quotes_counts() -> None:
    block = "From: Bob <b@x.org>\nSent: 5 May 2026 12:00\nTo: Ann\nSubject: Q"
    text = f"Yes.\n\n{block}\n\nReally?\n\nOn 4 May 2026 at 9:00, Ann wrote:\n> Q"
    assert trim(text, "reply").text == "Yes."
    assert trim(text, "forward").text == text


def test_a_forward_stays_whole_with_its_signatures_and_quotes() -> None:
    forward = "Begin forwarded message:\n\nFrom: Bob <b@x.org>\nDate: 5 May 2026\n\nWords.\n\n-- \nBob\n\n> quoted"
    trimmed = trim(f"For you.\n\n-- \nAnn\n\n{forward}", "reply")
    assert trimmed.text.startswith("For you.")
    assert trimmed.text.endswith("> quoted")
    assert "Bob" in trimmed.text


def test_quotes_between_answers_stay_and_the_last_one_goes() -> None:
    text = "> one?\n\nYes.\n\n> two?\n\nNo.\n\n> three?\n> four?"
    trimmed = trim(text, "reply")
    assert trimmed.text == "> one?\n\nYes.\n\n> two?\n\nNo."
    assert trimmed.folded == "> three?\n> four?"


def test_a_quoted_line_wrapped_without_its_mark_belongs_to_the_quote() -> None:
    long = "> " + "this line was so long that some program on the way broke it in two, and"
    trimmed = trim(f"No.\n\nOn 5 Oct 2026 at 20:12, Bob wrote:\n{long}\nlost the mark.\n> Bob", "reply")
    assert trimmed.text == "No."


def test_words_between_quoted_lines_are_an_answer() -> None:
    text = "> Is it sterile?\nYes.\n> Is it cheap?\nNo."
    assert trim(text, "reply").text == text


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


@pytest.mark.parametrize(
    ("subject", "answers", "intent"),
    [
        ("Re: x", False, "reply"),
        ("AW: x", False, "reply"),
        ("[Cardiology] SV: x", False, "reply"),
        ("x", True, "reply"),
        ("Fwd: x", True, "forward"),
        ("WG: x", False, "forward"),
        ("TR: x", False, "forward"),
        ("Reading list", False, "new"),
        ("x", False, "new"),
    ],
)
def test_the_intent_is_read_from_subject_and_headers(subject: str, answers: bool, intent: Intent) -> None:
    assert read_intent(subject, answers=answers) == intent


@given(st.text(max_size=400), st.sampled_from(["new", "reply", "forward"]))
@settings(max_examples=300, deadline=None)
def test_each_word_is_in_the_text_or_set_aside(text: str, intent: Intent) -> None:
    trimmed = trim(text, intent)
    assert sorted(re.findall(r"\w+", f"{trimmed.text}\n{trimmed.folded}")) == sorted(re.findall(r"\w+", text))


@given(
    st.text(st.characters(categories=("Ll", "Zs")), min_size=1, max_size=200).filter(lambda text: bool(text.strip()))
)
def test_a_mail_of_plain_words_is_never_touched(text: str) -> None:
    assert trim(text, "reply").text.split() == text.split()


@pytest.mark.parametrize("wrapped", ["Bob Stone <\nbob@x.example> wrote:", "Bob Stone <bob@x.example\n> wrote:"])
def test_an_attribution_may_be_cut_in_the_middle_of_an_address(wrapped: str) -> None:
    assert trim(f"Yes.\n\nOn Mon, 5 Oct 2026 at 20:12, {wrapped}\n{QUOTE}", "reply").text == "Yes."


def test_what_one_says_of_oneself_is_no_attribution() -> None:
    for line in ("On 5 October 2026 at 9:00 we wrote to the board:", "Am 5.10.2026 um 9:00 schrieb ich dem Vorstand:"):
        text = f"{line}\n\nThe rota is not safe."
        assert trim(text, "reply").text == text


def test_a_business_card_needs_a_greeting_above_it() -> None:
    card = "Cardiology\nTel: +44 20 7946 0012\nann@x.example\nwww.x.example"
    assert trim(f"Yes.\n\nKind regards,\nAnn Lee\n{card}", "reply").text == "Yes.\n\nKind regards,\nAnn Lee"
    assert trim(f"The trial's office:\n\n{card}", "reply").text == f"The trial's office:\n\n{card}"


def test_people_may_ask_for_discretion() -> None:
    text = "The case is the one of Friday.\n\nThis message is confidential, do not forward it and delete it soon."
    assert trim(text, "reply").text == text
