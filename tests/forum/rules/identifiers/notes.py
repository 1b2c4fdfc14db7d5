"""Made-up notes about patients, with every kind of identifier at a known place; the same seed gives the same notes.

A template marks what must be found with `[[ ]]`; slots in `{ }` are filled from the vocabulary. These templates were
written before the check, those in `held_out.py` are looked at only when its figures are stated.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from tests.forum.rules.identifiers.vocabulary import SLOTS

TEMPLATES: Mapping[str, Sequence[str]] = {
    "name": (
        "pt is [[Mrs. {surname}]], known diabetic, off her metformin.",
        "I saw [[Mr {surname}]] in clinic again with the same rash.",
        "My patient [[{first} {surname}]] has failed three agents.",
        "Patient: [[{first} {surname}]]. Presents with chest pain.",
        "Patient name: [[{surname}, {first}]]",
        "[[{first} {surname}]] is a {age}-year-old man with new onset AF.",
        "[[{first} {surname}]], {age}F, came in with melena.",
        "This is a {age} yo woman named [[{first}]] with refractory migraine.",
        "Her daughter [[{first}]] gives most of the history.",
        "[[Ms. {first} {surname}]] was started on apixaban.",
        "[[{first}]] presented with three days of fever and a stiff neck.",
        "Name: [[{first} {initial}. {surname}]]",
        "The {age}-year-old, [[{first} {surname}]], was admitted overnight.",
        "Frau [[{surname}]] was transferred to us on a heparin drip.",
        "Pt [[{surname}]] still has a potassium of 6.1 after two rounds of insulin.",
        "Called to bedside for [[Mr. {surname}]], hypotensive on two pressors.",
        "[[{first} {surname}]] (MRN {d7}) needs a second opinion on the MRI.",
        "We discharged [[Miss {surname}]] on a prednisone taper.",
        "[[{first}]] is a {age} year old with Crohn disease.",
        "His wife, [[{first} {surname}]], found him on the floor.",
    ),
    "date": (
        "She was admitted on [[{us_date}]] with sepsis.",
        "Seen in the ED [[{short_date}]] for syncope.",
        "Surgery was on [[{month} {ordinal}]] and he went home two days later.",
        "He was discharged [[{month} {day}, {year}]] on warfarin.",
        "The patient died on [[{day} {month} {year}]].",
        "Biopsy [[{iso_date}]] showed a poorly differentiated carcinoma.",
        "Aufnahme am [[{dotted_date}]] wegen Dyspnoe.",
        "CT on [[{dashed_date}]] read as normal.",
        "LMP [[{us_date}]], G2P1, spotting since yesterday.",
        "Symptoms began on the [[{ordinal} of {month}]] after a long flight.",
        "Last seen in clinic [[{mon} {day}, {year}]], stable then.",
        "DOS: [[{us_date}]]",
        "Her chemo started [[{mon} {day}]] and she has had two cycles.",
        "Extubated [[{short_date}]], reintubated two days later.",
        "Diagnosed [[{day}-{mon}-{year}]], on rituximab since.",
    ),
    "birth_date": (
        "DOB [[{short_date}/{born_yy}]], on home oxygen.",
        "DOB: [[{short_date}/{born}]]",
        "born on the [[{ordinal} of {month} {born}]], never smoked",
        "She was born on [[{month} {day}, {born}]] at 31 weeks.",
        "Date of birth [[{born}-03-{day}]].",
        "geb. [[{day}.04.{born}]], wohnhaft allein",
        "d.o.b. [[{day}/{mon}/{born}]], lives alone",
        "birthdate [[{short_date}/{born}]] per the chart",
        "Patient's birthday is [[{month} {day}, {born}]].",
        "{age}F (DOB [[{day}-{mon}-{born}]]) with recurrent UTI.",
        "Birth date: [[{day} {month} {born}]]",
    ),
    "age": (
        "A [[{old}-year-old]] woman with a hip fracture.",
        "[[{old} yo]] M with aortic stenosis, not a surgical candidate.",
        "[[{old}yo]] lady from home, UTI and delirium.",
        "Consult for [[{old}M]] with urinary retention.",
        "The patient is [[{old} years old]] and still drives.",
        "My patient, [[aged {old}]], wants the valve replaced.",
        "[[{old} y/o]] F on apixaban with a subdural.",
        "Age: [[{old}]], frail, clear DNR.",
        "She just turned [[{old}]] and takes no medicines.",
        "A [[ninety-four-year-old]] man with a pacemaker.",
        "At [[{old} years of age]] he still plays tennis.",
        "[[{old}-jährige]] Patientin mit Schenkelhalsfraktur.",
    ),
    "place": (
        "He lives in [[{us_city}]] with his brother.",
        "Patient is from [[{us_city_state}]] and has no primary care.",
        "She moved from [[{world_city}]] last year and has no records.",
        "A farmer from [[{us_city}]] with a tick bite, {age} years old.",
        "Pt resides in [[{us_city_state}]] {zip}.",
        "Home address zip code [[{zip}]], drives two hours to dialysis.",
        "Her postcode is [[{uk_postcode}]] so she falls to the other trust.",
        "The patient comes from [[{world_city}]] originally.",
        "He is a resident of [[{us_city}]] and works at a mill.",
        "Patient lives near [[{us_city}]], two hours from the nearest cath lab.",
        "She grew up in [[{world_city}]] and had rheumatic fever there.",
        "Postal code [[{ca_postcode}]], on the family's list.",
    ),
    "street": (
        "He lives at [[{house} {street}]].",
        "Address: [[{house} {street}]], Apt 4, {us_city_state} {zip}",
        "EMS picked her up at [[{house} {street}]] after a fall.",
        "Her home is [[{house} North {street}]] and there are stairs.",
        "wohnhaft [[Hauptstraße 12]], keine Angehörigen",
        "Patient address [[PO Box {d4}]], {us_city_state}",
        "lives at [[{house} W {street}]] apt 3B with three cats",
        "The family moved to [[Unit 5, {house} {street}]].",
        "Adresse: [[Lindenstr. 48a]], {plz} Bochum",
    ),
    "phone": (
        "Her number is [[{us_phone}]].",
        "Patient phone: [[{us_phone}]]",
        "Daughter can be reached at [[{us_phone}]] after five.",
        "Call him back on [[{world_phone}]] with the troponin.",
        "cell [[{us_phone}]], ok to leave a message",
        "Tel. [[{world_phone}]] (husband)",
        "He texted from [[{us_phone}]] about his wound.",
        "NOK: son, [[{world_phone}]]",
        "pt ph# [[{us_phone}]]",
        "mobile [[{world_phone}]], please ring before visiting",
    ),
    "fax": (
        "Patient's home fax is [[{us_phone}]].",
        "Fax: [[{us_phone}]]",
        "Fax her records to [[{us_phone}]] please.",
        "She asked us to fax it to [[{world_phone}]].",
        "fax no. [[{us_phone}]]",
        "Telefax [[{world_phone}]]",
    ),
    "email": (
        "Her email is [[{email}]].",
        "Patient e-mail: [[{email}]]",
        "He wrote from [[{email}]] asking for a refill.",
        "send the results to [[{email}]] (patient)",
        "The mother ([[{email}]]) wants copies.",
        "contact: [[{email}]]",
    ),
    "record_number": (
        "MRN [[{d7}]]",
        "MRN#[[{d8}]] seen for follow-up.",
        "mr no [[{d6}]], chest pain",
        "Medical record number: [[{d3_4}]]",
        "Chart # [[{d6}]], please look at the ECG.",
        "Pt ID [[{l2}{d6}]] has a QTc of 520.",
        "Hospital number [[{l1}{d7}]], on the stroke unit.",
        "Accession number [[{yy}-{d6}]], second read wanted.",
        "Encounter [[{d9}]] from yesterday.",
        "MRN: [[{d3}-{d3b}-{d4}]]",
        "Specimen no. S[[{yy}-{d5}]] shows clear cells.",
        "UR number [[{d7}]] at the other campus.",
        "Fallnummer [[{d8}]]",
        "medical record no [[{d7}]] if anyone here has access",
    ),
    "account_number": (
        "Account number [[{d8}]] is past due.",
        "acct [[{d7}]]",
        "Acct #: [[{d4}-{d4}]]",
        "Her bank account no. is [[{d10}]].",
        "Billing account [[{l1}{d8}]] was sent to collections.",
        "They charged the card [[{card}]] twice.",
        "guarantor account [[{d6}]]",
        "a/c no {l2} [[{d8}]]",
    ),
    "ssn": (
        "SSN [[{ssn}]]",
        "Social security number [[{ssn}]] on the form.",
        "his ss# is [[{ssn}]]",
        "SSN: [[{d9}]]",
        "The face sheet says [[{ssn}]] and nothing else.",
        "last four of social [[{d4}]]",
        "SIN [[{sin}]], new to Ontario.",
        "National Insurance number [[QQ 12 34 56 C]]",
        "NI no [[AB{d6}D]]",
    ),
    "insurance_number": (
        "NHS number [[{nhs}]]",
        "NHS no. [[{nhs}]], referred by the GP.",
        "Medicare [[{mbi}]] is active.",
        "Member ID [[{l3}{d9}]]",
        "Policy number [[{d8}]] lapsed in spring.",
        "Medicaid ID [[{d8}{l2}]]",
        "Versichertennummer [[{kvnr}]]",
        "Medicare card [[{au_medicare}]], bulk billed.",
        "health card [[{d4}-{d3}-{d3b}]] {l2}",
        "insurance ID# [[{l1}{d8}]], group {d5}",
        "Subscriber no [[{d9}]]",
        "OHIP [[{d10}]]",
    ),
    "licence_number": (
        "Driver's license [[{l1}{d7}]] was all he carried.",
        "DL# [[{d8}]]",
        "Passport no. [[{l2}{d7}]]",
        "driving licence number [[{l1}{d3}-{d4}-{d4}]]",
        "passport [[{l1}{d8}]] shows her name",
        "Her nursing license no. [[RN{d6}]] was suspended.",
        "Death certificate number [[{year}-{d6}]]",
        "Führerschein Nr. [[{l1}{d8}]]",
    ),
    "url": (
        "Her blog at [[https://www.{first_url}journey.com/diary]] tells the whole story.",
        "The patient's page is [[https://www.facebook.com/{first_url}.{d4}]].",
        "Family updates: [[https://www.caringbridge.org/visit/{first_url}{d4}]]",
        "[[https://portal.example.com/chart?mrn={d7}]] has the images.",
        "His fundraiser is [[gofundme.com/f/help-{first_url}-walk]].",
        "The mother posts on [[www.instagram.com/{first_url}_{d4}]].",
    ),
    "ip": (
        "Patient logged in from [[{ip}]].",
        "the portal message came from IP [[{ip}]]",
        "IP address: [[{ip}]]",
        "her home router is [[{ip}]] and the CPAP uploads from there",
        "access from [[2001:db8:85a3::8a2e:370:7334]] to the chart",
    ),
    "device": (
        "Pacemaker serial number [[{l3}{d6}]]",
        "ICD S/N [[{l2}{d7}]], interrogated today.",
        "The pump, serial no. [[{d8}]], was recalled.",
        "Implant SN: [[{d4}-{d5}]]",
        "Device ID [[{l3}-{d6}]] stopped transmitting.",
        "UDI [[(01)00844588003288(17)141120(21){d8}]]",
        "IMEI [[{d8}{d7}]] of his glucose phone",
        "Seriennummer [[{l2}{d6}]]",
        "the CPAP has MAC [[00:1B:44:11:3A:B7]]",
    ),
    "vehicle": (
        "VIN [[{vin}]]",
        "He was found in a car, license plate [[{l3} {d4}]].",
        "plate no. [[{d3}-{l3}]]",
        "Vehicle identification number: [[{vin}]]",
        "Kennzeichen [[B-{l2} {d4}]]",
        "rego [[{l3}{d3}]] left in the ambulance bay",
        "tag number [[{l3}{d4}]] per the police report",
    ),
}

_FILLER = (
    "Exam was otherwise benign.",
    "Has anybody seen this before?",
    "Creatinine is 1.4 and the lactate has cleared.",
    "I would value a second opinion.",
    "We gave fluids and broad antibiotics.",
    "Echo shows an EF of 35 percent.",
    "No family history of note.",
    "Thanks for any thoughts on this one.",
    "Vitals are stable on two litres.",
    "The radiologist favours a benign lesion.",
)
_SLOT = re.compile(r"\{(\w+)\}")
_MARK = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)


@dataclass(frozen=True)
class Note:
    """A made-up note, what kind of identifier it holds and where that stands."""

    text: str
    kind: str
    start: int
    end: int
    template: str


def notes(templates: Mapping[str, Sequence[str]], count: int, seed: int) -> Iterator[Note]:
    """`count` notes of every kind; one in six is typed on a phone, one in twelve has odd digits or wraps."""
    chance = Random(seed)
    for kind, sentences in templates.items():
        for number in range(count):
            template = sentences[number % len(sentences)]
            yield _note(chance, kind, template)


def _note(chance: Random, kind: str, template: str) -> Note:
    sentence = _SLOT.sub(lambda slot: _filled(slot[1], chance), template)
    before = " ".join(chance.sample(_FILLER, chance.randint(0, 2)))
    after = " ".join(chance.sample(_FILLER, chance.randint(0, 2)))
    text = chance.choice((" ", "\n\n")).join(part for part in (before, sentence, after) if part)
    style = chance.randrange(12)
    if style < 2:
        text = text.lower()
    elif style == 2 and kind not in ("email", "url", "ip", "device"):
        text = text.translate({ord("0") + value: 0xFF10 + value for value in range(10)})
    elif style == 3:
        text = _wrapped(text)
    return replace(marked(kind, text), template=template)


def marked(kind: str, text: str) -> Note:
    """The note that a text with one mark is."""
    found = _MARK.search(text)
    assert found is not None
    plain = text[: found.start()] + found[1] + text[found.end() :]
    return Note(plain, kind, found.start(), found.start() + len(found[1]), text)


def _filled(slot: str, chance: Random) -> str:
    if slot == "first_url":
        return SLOTS["first"](chance).lower().encode("ascii", "ignore").decode()
    if slot in ("d3", "d3b"):
        return SLOTS["d4"](chance)[:3]
    if slot == "d3_4":
        return SLOTS["d7"](chance)
    return SLOTS[slot](chance)


def _wrapped(text: str) -> str:
    """Each third space is the end of a line, as some mail programs wrap."""
    words = text.split(" ")
    return "".join(word + ("\n" if number % 3 == 2 else " ") for number, word in enumerate(words)).rstrip()
