"""The line that says whose words follow: which lines are one, and when quote marks must prove it."""

import pytest

from mailgateway.attribution import grade_attribution, is_attribution
from mailgateway.trim import trim

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


@pytest.mark.parametrize("wrapped", ["Bob Stone <\nbob@x.example> wrote:", "Bob Stone <bob@x.example\n> wrote:"])
def test_an_attribution_may_be_cut_in_the_middle_of_an_address(wrapped: str) -> None:
    assert trim(f"Yes.\n\nOn Mon, 5 Oct 2026 at 20:12, {wrapped}\n{QUOTE}", "reply").text == "Yes."


def test_what_one_says_of_oneself_is_no_attribution() -> None:
    for line in ("On 5 October 2026 at 9:00 we wrote to the board:", "Am 5.10.2026 um 9:00 schrieb ich dem Vorstand:"):
        text = f"{line}\n\nThe rota is not safe."
        assert trim(text, "reply").text == text


@pytest.mark.parametrize(
    "line",
    [
        "On 10/5/26 8:12 PM, Bob Stone via groups.io wrote:",
        "bob@x.org wrote:",
        "Bob Stone <bob@x.org> wrote:",
        "Bob Stone via Hospital Forum wrote:",
        "Quoting Bob Stone <bob@x.org>:",
        "On Monday, October 5, 2026, Bob Stone wrote:",
        "Bob Stone a écrit le 05/10/2026 à 20:12 :",
        "Am 05.10.2026 um 20:12 schrieben Sie:",
        "---- Bob Stone wrote ----",
        "In message <q@x.org>, Bob Stone <bob@x.org> writes",
    ],
)
def test_an_attribution_that_only_programs_write_needs_no_quote_marks(line: str) -> None:
    assert trim(f"Fine with me.\n\n{line}\n\nWho can cover?\n", "reply").text == "Fine with me."


@pytest.mark.parametrize(
    "line",
    [
        "As Bob Stone <bob@x.org> wrote:",
        "On Monday, October 5, 2026, the board wrote:",
        "The board wrote on 05.10.2026:",
        "Once more I wrote:",
        "2026/10/5 Ward 5",
        "a list of what the committee for the ward writes",
    ],
)
def test_what_people_write_of_others_needs_quote_marks(line: str) -> None:
    text = f"Fine with me.\n\n{line}\n\nWho can cover?"
    assert trim(text, "reply").text == text


def test_words_and_attribution_on_one_line_are_parted_but_no_quoted_line_is() -> None:
    attribution = "On Wed, Apr 4, 2026 at 3:59 PM, bob@x.org wrote:"
    assert trim(f"Fine--- {attribution}\n> Q?", "reply").text == "Fine"
    assert trim(f"Fine.\n\n> He said {attribution}", "reply").folded == f"> He said {attribution}"
