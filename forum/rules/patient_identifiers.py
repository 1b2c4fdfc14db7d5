"""Words that may tell who a patient is (45 CFR 164.514(b)(2)); what it finds nothing in may tell it all the same.

It answers with at most two sightings: what the author has to change or confirm one by one, and what deserves a look.
What is too long to be read goes back, for nobody has seen its end.
Quoted lines count too, as they would go out again. Numbers of the author's signature, of colleagues and of hotlines
are no patient's.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from forum.rules.findings import Field, Passage, Severity
from forum.rules.identifiers.ages import find_ages
from forum.rules.identifiers.contacts import find_contacts
from forum.rules.identifiers.context import signature
from forum.rules.identifiers.dates import find_dates
from forum.rules.identifiers.found import Found, without_overlaps
from forum.rules.identifiers.links import find_links
from forum.rules.identifiers.names import find_names
from forum.rules.identifiers.numbers import find_numbers
from forum.rules.identifiers.photographs import find_in_photographs
from forum.rules.identifiers.places import find_places
from forum.rules.identifiers.plain import Plain, plain
from forum.rules.matter import Asks, Matter, Sighting
from forum.rules.submission import File

# Which of two that overlap is meant: the sooner a finder stands here.
_FINDERS: tuple[Callable[[Plain, str], Iterator[Found]], ...] = (
    find_links,
    find_numbers,
    find_contacts,
    find_dates,
    find_ages,
    find_places,
    find_names,
)
# What an author's own lines at the end of a mail hold; who asks "DOB" there asks about a patient all the same.
_OF_SIGNATURE = frozenset({"phone", "fax", "email", "url", "street", "place"})
# So many passages say enough; a text with more is a table of patients.
MOST_PASSAGES = 200
# Code points of one field that are read, some 25,000 words: whoever writes more has no post in mind.
MOST_READ = 150_000
KIND_WORDS = {
    "name": "a name",
    "date": "a date",
    "birth_date": "a date of birth",
    "age": "an age of 90 or more",
    "place": "a place",
    "street": "a street address",
    "phone": "a phone number",
    "fax": "a fax number",
    "email": "a mail address",
    "record_number": "a record number",
    "account_number": "an account number",
    "ssn": "a social security number",
    "insurance_number": "an insurance number",
    "licence_number": "a licence number",
    "url": "a link",
    "ip": "an internet address",
    "device": "a device number",
    "vehicle": "a vehicle number",
    "photo_metadata": "data inside a picture",
}
KINDS = tuple(KIND_WORDS)


@dataclass(frozen=True)
class PatientIdentifierOptions:
    """`country` (ISO 3166, two letters) is where numbers without a country code are dialled.

    `allowed` are the community's own words in small letters, such as the number of its office or the name of its town:
    a passage that is one of them is not seen, however it is written.
    """

    country: str = "US"
    allowed: frozenset[str] = frozenset()


def patient_identifiers(matter: Matter, options: PatientIdentifierOptions) -> tuple[Sighting, ...]:
    fields: tuple[tuple[Field, str], ...] = (("subject", matter.subject), ("text", matter.text))
    hard: list[Passage] = []
    soft: list[Passage] = []
    for field, text in fields:
        for found in _found_in(text, options):
            passages = hard if found.hard else soft
            if len(passages) < MOST_PASSAGES:
                passages.append(Passage(found.start, found.end, found.kind, field))
    pictures = tuple(find_in_photographs(matter.files))
    names = tuple(_found_in_names(matter.files, options))
    # A file has no place in the words: its passage is empty.
    soft += [Passage(0, 0, "photo_metadata") for _ in pictures]
    soft += [Passage(0, 0, kind) for _, kind in names]
    unread = any(len(text) > MOST_READ for _, text in fields)
    sightings: list[Sighting] = []
    if hard:
        sightings.append(_to_change(hard, unread=unread))
    elif unread:
        sightings.append(
            Sighting(
                Severity.RETURN,
                "It is too long to be looked through for what may tell who a patient is. Send it in parts.",
                "Too long to be looked through for what may tell who a patient is.",
                (),
                label="unread",
            )
        )
    if soft:
        numbers = dict.fromkeys(number for number, _ in names)
        renamed = [f"The name of file {number} holds it: rename the file, or leave it out." for number in numbers]
        told = "".join(f" {each}" for each in (*pictures[:3], *renamed[:3]))
        sightings.append(
            Sighting(
                Severity.ADVISE,
                f"Look once more whether this could tell who a patient is: {_listed(soft)}.{told}",
                f"Could tell who a patient is: {_listed(soft)}.",
                tuple(soft),
                label="soft",
            )
        )
    return tuple(sightings)


def _to_change(hard: list[Passage], *, unread: bool) -> Sighting:
    # What is read only up to some place may go on so: nobody can speak for what was not marked.
    is_list = len(hard) == MOST_PASSAGES or unread
    do = (
        "There is too much of it to be looked at piece by piece. Take it out, and send what is left."
        if is_list
        else "Change the marked words, or say of each that it is not a patient's."
    )
    return Sighting(
        Severity.RETURN,
        f"This may tell who a patient is: {_listed(hard)}. {do}",
        f"May tell who a patient is: {_listed(hard)}.",
        tuple(hard),
        label="hard",
        asks=Asks.CHANGE if is_list else Asks.CONFIRM,
    )


def _found_in(text: str, options: PatientIdentifierOptions) -> Iterator[Found]:
    """What all finders see in one field, with places in the text as it was written."""
    if not text:
        return
    words = plain(text[:MOST_READ])
    own = signature(words.lines)
    seen = (found for find in _FINDERS for found in find(words, options.country))
    for found in without_overlaps(seen):
        if found.start >= own and found.kind in _OF_SIGNATURE:
            continue
        if options.allowed and words.lower[found.start : found.end].strip() in options.allowed:
            continue
        yield Found(words.place(found.start), words.place(found.end - 1) + 1, found.kind, found.hard)


def _found_in_names(files: Sequence[File], options: PatientIdentifierOptions) -> Iterator[tuple[int, str]]:
    """Which file has what in its name, of what tells one person from all others."""
    for number, file in enumerate(files, 1):
        words = file.name.rpartition(".")[0] or file.name
        yield from ((number, found.kind) for found in _found_in(words.replace("_", " "), options) if found.hard)


def _listed(passages: list[Passage]) -> str:
    kinds = [KIND_WORDS[kind] for kind in dict.fromkeys(passage.kind for passage in passages)]
    return kinds[0] if len(kinds) == 1 else f"{', '.join(kinds[:-1])} and {kinds[-1]}"
