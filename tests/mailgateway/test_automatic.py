"""Programs are told from people by what programs write, never by words that people use too."""

import pytest

from mailgateway.automatic import find_reason, is_from_button
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
        ("X-Apple-Action", "VACATION"),
        ("X-Precedence", "auto_reply"),
        ("X-Auto-Response", "yes"),
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
        "[Auto-Reply] Rota",
        "【自動返信】当直",
        "Out of Office AutoReply: Rota",
        "Vacation auto-reply: Rota",
        "Automatiskt svar: Schema",
        "Réponse automatique d'absence : Planning",
        "Reponse automatique: Planning",
        "Automatische Abwesenheitsnotiz: Dienstplan",
        "Risponditore automatico: Turni",
        "Contestador automático: Turnos",
        "Odpowiedź automatyczna: Grafik",
        "Raspuns automat: Gărzi",
        "Sjálfvirkt svar: Vaktir",
        "Автоответчик: График",
        "Аутоматски одговор: Распоред",
        "การตอบกลับอัตโนมัติ: เวร",
        "پاسخ خودکار: کشیک",
        "स्वचालित उत्तर: ड्यूटी",
        "Balasan automatik: Jadual",
        "Thư trả lời tự động: Lịch trực",
        "AUTO: Ann Lee is out of the office (until 3 July)",
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
        ("Urlaub: Dienstplan", "Ich bin bis zum 5. nicht erreichbar."),
        ("Elternzeit", "Ich bin in Elternzeit."),
        ("Absent : planning", "Je serai de retour lundi."),
        ("Vacaciones: turnos", "Regresaré el lunes."),
        ("Assente: turni", "Rientro lunedì."),
        ("Férias: escala", "Estou de férias."),
        ("Fraværsmelding: vagtplan", "Jeg er ikke på kontoret."),
        ("Poissa: vuorot", "Palaan töihin maanantaina."),
        ("Dovolená: rozpis", "Jsem mimo kancelář."),
        ("Szabadság: beosztás", "Szabadságon vagyok."),
        ("Yıllık izin: nöbet", "Yıllık izindeyim."),
        ("Απουσία: πρόγραμμα", "Επιστρέφω τη Δευτέρα."),
        ("У відпустці: графік", "Я у відпустці."),
        ("Odsutan: raspored", "Na godišnjem sam odmoru."),
        ("休暇のお知らせ", "休暇をいただいております。"),
        ("부재중: 당직", "휴가 중입니다."),
        ("خارج المكتب: جدول", "أنا في إجازة."),
        ("Ann Lee is out of the office", "I will return on 3 July."),
        (
            "Away until 3 July",
            "I will be back then. Urgent? Please call the ward: the number stands on the page of our clinic, and "
            "somebody answers there day and night, also at weekends and on all holidays of the year, for everybody "
            "who calls from outside.",
        ),
    ],
)
def test_a_likely_subject_counts_only_for_an_answer_that_says_the_same(subject: str, text: str) -> None:
    assert reason(("Subject", subject), REPLY, text=text)
    assert reason(("Subject", subject), text=text) == ""
    assert reason(("Subject", subject), REPLY, text="Who writes the new rules on this?") == ""


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Automatic replies in the clinic", "Should we set one?"),
        ("Auto reply: does the mail program do it?", "I cannot find it. How?"),
        ("Message automatique sur le répondeur", "Le mien est vieux."),
        ("Absent pulse after the cast", "I am on leave from Monday, please call Bob."),
        ("Absence seizures and driving", "I will answer when I am back in the office."),
        ("On leave next week", "I am on leave next week, please send me the minutes."),
        ("Semesterplan", "Jag är tillbaka på måndag."),
        ("Urlaubsplanung", "Ich bin im Urlaub, bitte ohne mich."),
    ],
)
def test_a_person_may_write_of_absence_and_of_answering_programs(subject: str, text: str) -> None:
    assert reason(("Subject", subject), text=text) == ""
    if "?" not in text:
        assert reason(("Subject", subject), REPLY, text=text) == ""


def test_a_question_in_an_answer_about_absence_is_a_persons() -> None:
    text = "I am out of the office in July. Who covers?"
    assert reason(("Subject", "Out of office: who covers July?"), REPLY, text=text) == ""


def test_the_button_of_a_mail_program_asks_to_unsubscribe() -> None:
    marks = (("Auto-Submitted", "auto-replied"), ("Subject", "unsubscribe"))
    assert reason(*marks, text="I am away.")
    assert reason(*marks, ("X-Apple-Unsubscribe", "true"), text="Sent to unsubscribe.") == ""
    assert is_from_button(Headers([]), "This message was automatically generated by Gmail.")
    assert not is_from_button(Headers([]), "This message was automatically generated by Gmail. Or was it?")


def test_words_of_absence_in_a_persons_answer_do_not_count() -> None:
    text = "I am out of the office until Monday, but I can take Tuesday night."
    assert reason(("Subject", "Re: Rota"), REPLY, text=text) == ""


def test_an_answer_that_suppresses_answers_is_automatic_and_a_new_mail_is_not() -> None:
    suppressed = ("X-Auto-Response-Suppress", "All")
    assert reason(("Subject", "Re: Rota"), REPLY, suppressed, text="I am away.")
    assert reason(("Subject", "Rota"), suppressed, text="Who can?") == ""


@pytest.mark.parametrize("value", ["OOF", "DR, OOF, AutoReply", "DR, RN, NRN, OOF, AutoReply"])
def test_a_company_that_suppresses_automatic_answers_to_its_people_employs_people(value: str) -> None:
    suppressed = ("X-Auto-Response-Suppress", value)
    assert reason(("Subject", "Re: Rota"), REPLY, suppressed, text="I take Tuesday.") == ""
    assert reason(("Subject", "Away: Rota"), REPLY, suppressed, text="I am out of the office.")
    assert reason(("Subject", "Re: Rota"), REPLY, suppressed, text="")


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
