"""The table of checks that a group's rules may use: what each is called, does and is for, and how its options are read.

A check that is not here cannot be chosen. What a group makes of a check (its sentence, whom it binds, how severe it is
at most) belongs to the group's rule and not here.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType, UnionType
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

from forum.rules import (
    attachments,
    contact_harvest,
    cool_down,
    cross_post,
    frequency,
    language,
    length,
    links,
    newcomer,
    over_quoted,
    patient_identifiers,
    personal_attack,
    political,
    shouting,
    solicitation,
    words,
)
from forum.rules.findings import Severity
from forum.rules.history import History
from forum.rules.matter import Matter, Sighting

Looked = TypeVar("Looked", Matter, History)


@dataclass(frozen=True)
class CheckKind(Generic[Looked]):
    """One check: its function, the type of its options, and what members and moderators read about it.

    `severity` is what a rule begins with. `example_options` are those under which all of `caught` must be seen and none
    of `passes`. A check that weighs also says score (0 to 1) and class of a text on which it sees nothing.
    """

    name: str
    check: Callable[[Looked, Any], tuple[Sighting, ...]]
    options: type[Any]
    severity: Severity
    sentence: str
    why: str
    caught: tuple[Looked, ...]
    passes: tuple[Looked, ...]
    example_options: Any
    weigh: Callable[[Looked, Any], tuple[float, str]] | None = None


_PATIENTS_CAUGHT = (
    Matter("My patient Mrs. Hollander, MRN 00482913, is back with the same rash."),
    Matter("She was born on 4/12/1951 and had the stroke last Tuesday."),
    Matter("His mother asks that you call her at (541) 555-0142 about the biopsy."),
    Matter("SSN 219-09-9999 stands on the outside record, is that even legal?"),
    Matter("A 94-year-old man with a hip fracture and no family."),
    Matter("The patient lives at 118 Alder Street and cannot climb the stairs any more."),
)
_PATIENTS_PASS = (
    Matter("A woman in her seventies with Parkinson's disease and a new tremor of the other hand."),
    Matter("The 2023 guideline puts the cut-off at 130/80, and I still treat to 140."),
    Matter("Who uses the Wells score together with D-dimer 500 in the over-eighties?"),
    Matter("Hashimoto and Graves in one family: what would you screen the third sister for?"),
    Matter("Start with 25 mg, go to 50 mg after 14 days, and check potassium 4.5 or below."),
    Matter("Lesion at C5, reflexes gone, T3 normal: what else would you image?"),
)


def _table(kinds: Iterable[CheckKind[Looked]]) -> Mapping[str, CheckKind[Looked]]:
    return MappingProxyType({kind.name: kind for kind in kinds})


CHECKS: Mapping[str, CheckKind[Matter]] = _table(
    (
        CheckKind(
            "solicitation",
            solicitation.check_solicitation,
            solicitation.SolicitationOptions,
            Severity.HOLD,
            "No recruiting, selling, surveys or fundraising without a moderator's word.",
            "Offers crowd out questions, and members leave groups that fill with them.",
            solicitation.EXAMPLES_CAUGHT,
            solicitation.EXAMPLES_PASS,
            solicitation.SolicitationOptions(),
        ),
        CheckKind(
            "contact_harvest",
            contact_harvest.check_contact_harvest,
            contact_harvest.ContactHarvestOptions,
            Severity.HOLD,
            "Do not gather members' addresses or numbers, and do not draw the talk elsewhere.",
            "Members join on the promise that their addresses stay hidden.",
            contact_harvest.EXAMPLES_CAUGHT,
            contact_harvest.EXAMPLES_PASS,
            contact_harvest.ContactHarvestOptions(),
        ),
        CheckKind(
            "links",
            links.check_links,
            links.LinksOptions,
            Severity.HOLD,
            "Link in full, to sources that this group takes, and say in a sentence what a link is for.",
            "Nobody can judge a bare or shortened link in a mail, and some sites sell what they pretend to study.",
            links.EXAMPLES_CAUGHT,
            links.EXAMPLES_PASS,
            links.EXAMPLE_OPTIONS,
        ),
        CheckKind(
            "attachments",
            attachments.check_attachments,
            attachments.AttachmentsOptions,
            Severity.RETURN,
            "Attach few and small files that everybody can open.",
            "Every file goes to every member by mail, and some files do harm.",
            attachments.EXAMPLES_CAUGHT,
            attachments.EXAMPLES_PASS,
            attachments.EXAMPLE_OPTIONS,
        ),
        CheckKind(
            "length",
            length.check_length,
            length.LengthOptions,
            Severity.RETURN,
            "Write enough to be understood, and no more than colleagues can read between two patients.",
            "A mail of one word interrupts everybody, and a very long one goes unread.",
            length.EXAMPLES_CAUGHT,
            length.EXAMPLES_PASS,
            length.EXAMPLE_OPTIONS,
        ),
        CheckKind(
            "over_quoted",
            over_quoted.check_quotes,
            over_quoted.OverQuotedOptions,
            Severity.RETURN,
            "Quote what you answer, and no more.",
            "In a post that is nearly all quotes, nobody finds what is new.",
            over_quoted.EXAMPLES_CAUGHT,
            over_quoted.EXAMPLES_PASS,
            over_quoted.EXAMPLE_OPTIONS,
        ),
        CheckKind(
            "shouting",
            shouting.check_shouting,
            shouting.ShoutingOptions,
            Severity.ADVISE,
            "Write in small letters, and one exclamation mark at a time.",
            "Capitals read as shouting, and calm questions get better answers.",
            shouting.EXAMPLES_CAUGHT,
            shouting.EXAMPLES_PASS,
            shouting.ShoutingOptions(),
        ),
        CheckKind(
            "words",
            words.check_words,
            words.WordsOptions,
            Severity.HOLD,
            "Posts with words from the group's list are read by a moderator first.",
            "Some words have gone wrong in a group so often that it wants to look first.",
            words.EXAMPLES_CAUGHT,
            words.EXAMPLES_PASS,
            words.EXAMPLE_OPTIONS,
        ),
        CheckKind(
            "language",
            language.check_language,
            language.LanguageOptions,
            Severity.HOLD,
            "Write in a language that the group reads.",
            "A question that few can read gets few answers.",
            language.EXAMPLES_CAUGHT,
            language.EXAMPLES_PASS,
            language.LanguageOptions(),
        ),
        CheckKind(
            "personal_attack",
            personal_attack.check_personal_attack,
            personal_attack.PersonalAttackOptions,
            Severity.HOLD,
            "Disagree with the matter, not with the person.",
            "Where colleagues are insulted, all but the loudest stop writing.",
            personal_attack.EXAMPLES_CAUGHT,
            personal_attack.EXAMPLES_PASS,
            personal_attack.PersonalAttackOptions(),
        ),
        CheckKind(
            "political",
            political.check_political,
            political.PoliticalOptions,
            Severity.HOLD,
            "No party politics. Health policy and the rules of our profession are welcome.",
            "Where parties are argued about, colleagues of the other side leave, and the medicine goes with them.",
            political.EXAMPLES_CAUGHT,
            political.EXAMPLES_PASS,
            political.PoliticalOptions(),
            political.weigh_political,
        ),
        CheckKind(
            "patient_identifiers",
            patient_identifiers.patient_identifiers,
            patient_identifiers.PatientIdentifierOptions,
            Severity.RETURN,
            "Tell the case so that nobody could know the patient: no names, dates, numbers or small places.",
            "A post is mail in thousands of mailboxes, and a patient's trust is not ours to spend.",
            _PATIENTS_CAUGHT,
            _PATIENTS_PASS,
            patient_identifiers.PatientIdentifierOptions(),
        ),
    )
)

# What looks at the pace and not at the words.
HISTORY_CHECKS: Mapping[str, CheckKind[History]] = _table(
    (
        CheckKind(
            "frequency",
            frequency.check_frequency,
            frequency.FrequencyOptions,
            Severity.RETURN,
            "Leave room for others: not too many posts in an hour.",
            "A few who write much are heard at the cost of the many who write little.",
            frequency.EXAMPLES_CAUGHT,
            frequency.EXAMPLES_PASS,
            frequency.EXAMPLE_OPTIONS,
        ),
        CheckKind(
            "newcomer",
            newcomer.check_newcomer,
            newcomer.NewcomerOptions,
            Severity.HOLD,
            "Everybody's first posts are read by a moderator before they go out.",
            "Whoever joins to advertise or to provoke does so in the first posts.",
            newcomer.EXAMPLES_CAUGHT,
            newcomer.EXAMPLES_PASS,
            newcomer.NewcomerOptions(),
        ),
        CheckKind(
            "cross_post",
            cross_post.check_cross_post,
            cross_post.CrossPostOptions,
            Severity.HOLD,
            "Ask in the one group that fits best.",
            "The same question in many groups scatters its answers.",
            cross_post.EXAMPLES_CAUGHT,
            cross_post.EXAMPLES_PASS,
            cross_post.CrossPostOptions(),
        ),
        CheckKind(
            "cool_down",
            cool_down.check_cool_down,
            cool_down.CoolDownOptions,
            Severity.RETURN,
            "When a few write very fast in one thread, they pause for a while.",
            "Quarrels are written in minutes, and read by everybody for days.",
            cool_down.EXAMPLES_CAUGHT,
            cool_down.EXAMPLES_PASS,
            cool_down.CoolDownOptions(),
        ),
    )
)


def read_options(name: str, mapping: Mapping[str, object]) -> Any:
    """The options of the check of this name from plain values such as JSON's; ValueError with a sentence else.

    What is not named keeps its default. Raises LookupError when there is no such check.
    """
    kind: CheckKind[Matter] | CheckKind[History] = CHECKS[name] if name in CHECKS else HISTORY_CHECKS[name]
    types = {field.name: get_type_hints(kind.options)[field.name] for field in fields(kind.options)}
    for key in mapping:
        if key not in types:
            raise ValueError(f"The check {name} has no option {key!r}. It has: {', '.join(types)}.")
    return kind.options(**{key: _read(name, key, value, types[key]) for key, value in mapping.items()})


def _read(name: str, key: str, value: object, wanted: Any) -> object:
    if get_origin(wanted) in (tuple, frozenset):
        if isinstance(value, list | tuple) and all(isinstance(each, str) for each in value):
            return get_origin(wanted)(value)
    elif isinstance(wanted, UnionType):
        (other,) = (each for each in get_args(wanted) if each is not type(None))
        return None if value is None else _read(name, key, value, other)
    # Yes and no are numbers to Python, and to nobody else.
    elif wanted is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    elif type(value) is wanted:
        return value
    raise ValueError(f"The option {key} of the check {name} is {_named(wanted)}, not {value!r}.")


def _named(wanted: Any) -> str:
    if get_origin(wanted) in (tuple, frozenset):
        return "a list of texts"
    return {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}[wanted]
