"""Programs are told from people by what programs write, never by words that people use too."""

import pytest

from mailgateway.automatic import find_reason
from mailgateway.command_words import find_command
from mailgateway.headers import Headers

REPLY = ("In-Reply-To", "<a@lists.example.net>")


def reason(*fields: tuple[str, str], text: str = "I agree.") -> str:
    headers = Headers([("From", "Ann <ann@example.org>"), *fields])
    return find_reason(headers, headers.text("subject"), text)


@pytest.mark.parametrize(
    "field",
    [
        ("Auto-Submitted", "auto-replied"),
        ("Auto-Submitted", "auto-generated (vacation)"),
        ("Auto-Submitted", "Auto-Replied; owner-email=x@y"),
        ("Precedence", "auto_reply"),
        ("X-Autoreply", "yes"),
        ("X-Autorespond", "Re: x"),
        ("Return-Path", "<>"),
        ("X-Mailer", "vacation 1.2"),
    ],
)
def test_a_header_that_only_programs_write_is_enough(field: tuple[str, str]) -> None:
    assert reason(field, ("Subject", "Rota"))


@pytest.mark.parametrize(
    "field",
    [
        ("Auto-Submitted", "no"),
        ("Precedence", "bulk"),
        ("Precedence", "list"),
        ("List-Id", "<other.example.com>"),
        ("List-Unsubscribe", "<mailto:x@example.com>"),
        ("Return-Path", "<ann@example.org>"),
        ("X-Autoreply", "no"),
    ],
)
def test_headers_that_people_mails_carry_too_prove_nothing(field: tuple[str, str]) -> None:
    assert reason(field, ("Subject", "Re: Rota"), REPLY) == ""


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Rota",
        "Auto-Reply: Rota",
        "Automatische Antwort: Dienstplan",
        "Réponse automatique : Planning",
        "Respuesta automática: Turnos",
        "Risposta automatica: Turni",
        "Resposta automática: Escala",
        "Automatisch antwoord: Rooster",
        "Automatisk svar: Vagtplan",
        "Autosvar: Vaktplan",
        "Automaattinen vastaus: Vuorot",
        "Automatyczna odpowiedź: Grafik",
        "Автоматический ответ: График",
        "Automatická odpověď: Rozpis",
        "Automatikus válasz: Beosztás",
        "Otomatik yanıt: Nöbet",
        "Αυτόματη απάντηση: Πρόγραμμα",
        "自動返信: 当直",
        "自动回复: 值班",
        "자동 회신: 당직",
    ],
)
def test_the_subject_of_an_answering_program_is_known_in_many_languages(subject: str) -> None:
    assert reason(("Subject", subject))
    assert reason(("Subject", f"Re: {subject}"), REPLY) == ""


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Out of office: Rota", "I am away until Monday."),
        ("Abwesenheitsnotiz", "Ich bin im Urlaub und am 3. wieder erreichbar."),
        ("Absence : planning", "Je suis en congé, de retour lundi."),
        ("Fuera de la oficina", "Estoy de vacaciones."),
        ("Frånvaro", "Jag är tillbaka på måndag."),
        ("Вне офиса", "Я в отпуске до понедельника."),
    ],
)
def test_a_likely_subject_counts_only_for_an_answer_that_says_the_same(subject: str, text: str) -> None:
    assert reason(("Subject", subject), REPLY, text=text)
    assert reason(("Subject", subject), text=text) == ""
    assert reason(("Subject", subject), REPLY, text="Who writes the new rules on this?") == ""


def test_words_of_absence_in_a_persons_answer_do_not_count() -> None:
    text = "I am out of the office until Monday, but I can take Tuesday night."
    assert reason(("Subject", "Re: Rota"), REPLY, text=text) == ""


def test_an_answer_that_suppresses_answers_is_automatic_and_a_new_mail_is_not() -> None:
    suppressed = ("X-Auto-Response-Suppress", "All")
    assert reason(("Subject", "Re: Rota"), REPLY, suppressed, text="I am away.")
    assert reason(("Subject", "Rota"), suppressed, text="Who can?") == ""


def test_a_filter_that_asks_for_proof_is_automatic_and_a_person_who_tells_of_one_is_not() -> None:
    text = "Please click this link to confirm that you are human: http://filter.example.com/1"
    headers = Headers([("From", "challenge@filter.example.com"), ("Subject", "Re: Rota"), REPLY])
    assert "challenge" in find_reason(headers, "Re: Rota", text)
    assert reason(("Subject", "Re: Rota"), REPLY, text=text) == ""


@pytest.mark.parametrize(
    ("subject", "text", "command"),
    [
        ("unsubscribe", "", "unsubscribe"),
        ("Re: [Cardiology] Rota", "Unsubscribe.", "unsubscribe"),
        ("", "Please remove me from this list!\n\nThank you\nAnn Lee", "please remove me from this list"),
        ("Rota", "take me off the list please", "take me off the list please"),
        ("Abmelden", "", "abmelden"),
        ("", "désinscription", "désinscription"),
        ("help", "", "help"),
        ("", "LEAVE", "leave"),
        ("Help", "help", "help"),
        ("Re: Rota", "How do I unsubscribe?", "how do i unsubscribe"),
        ("", "I no longer wish to receive these emails.", "i no longer wish to receive these emails"),
        ("", "Bitte nehmen Sie mich aus dem Verteiler", "bitte nehmen sie mich aus dem verteiler"),
        ("", "Merci de me désabonner", "merci de me désabonner"),
    ],
)
def test_a_mail_that_is_only_a_request_is_a_command(subject: str, text: str, command: str) -> None:
    assert find_command(subject, text) == command


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("unsubscribe", "The unsubscribe link of the society's newsletter is broken. Who can mend it?"),
        ("Tachycardia at three", "help"),
        ("Leave", "Who covers my parental leave in May?"),
        ("Help with a rota", ""),
        ("Join", "Join us on Thursday for the journal club."),
        ("Rota", "Remove me from the rota of May, I am at the congress."),
        ("Rota", "I want to be removed from the on-call list for July"),
        ("Rota", "Please stop the infusion"),
        ("Rota", "How do patients unsubscribe from the recall letters?"),
    ],
)
def test_a_mail_with_other_words_is_no_command(subject: str, text: str) -> None:
    assert find_command(subject, text) == ""
