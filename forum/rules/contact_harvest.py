"""Sees who asks for, or offers, members' addresses and numbers, or draws the talk to another platform.

Somebody who gives only an own address is not meant.
"""

from dataclasses import dataclass

from forum.rules.cues import cues, find_cues, kinds_of
from forum.rules.findings import Severity
from forum.rules.matter import Matter, Sighting

_CONTACT = (
    r"(e-?mails?|e-?mail address(es)?|phone numbers?|cell numbers?|mobile numbers?|cell|mobile|whatsapp( number)?|"
    r"contact (details|info|information)|home address(es)?|personal (e-?mails?|numbers?))"
)
_WHOSE = (
    "((your|all|everyone's|everybody's|members'|the members'|people's|their|personal|private|best|preferred) ){1,3}"
)
_APP = "(whatsapp|telegram|signal|discord|wechat|viber|slack|facebook|messenger|line|groupme)"
_CUES = cues(
    list_of_addresses=(
        r"(list|sheet|spreadsheet|directory|database|roster|file|export|csv)( of| with)…((all|the|our|members'|members|"
        r"physicians'|physician|doctors'|everyone's) ){0,3}(e-?mails?|e-?mail address(es)?|phone numbers|"
        r"contact (details|info|information)|addresses of (members|physicians|doctors|everyone))",
        r"(member|membership|physician|doctor|e-?mail|mailing|contact) (list|directory|roster|database) (for sale|"
        r"available|to share|is attached|attached)",
        r"(share|send|give|sell|export|download|compile|collect|scrape|gather)…(the|a|our|your|all) ((full|whole|"
        r"complete|entire) )?(member|membership|physician|e-?mail|mailing|contact) (list|directory|roster|database)",
        r"(collecting|gathering|compiling|scraping)…(e-?mails|e-?mail addresses|phone numbers|contact (details|info|"
        r"information))",
    ),
    your_address=(
        rf"(send|give|text|dm|pm|message|share|drop|post|leave|reply with|comment|tell|put|add|e-?mail)( (me|us|to me|"
        rf"here|below|in|with))? ?{_WHOSE}{_CONTACT}",
        r"(what is|what's) your (e-?mail|e-?mail address|cell|number|phone number)[?.,!\s]+(i|i'd|so|and|please|to|if|"
        r"thanks|we|let)",
        rf"(can i (have|get)|could i (have|get)|may i (have|get)|i need|i'll need) {_WHOSE}{_CONTACT}",
        r"(send|give|text|dm|pm|message) (me|us) your (number|cell|digits)",
        rf"(drop|post|leave|put|comment|add|write) {_WHOSE}{_CONTACT} (below|here|in the comments)",
    ),
    elsewhere=(
        rf"(join|created|started|set up|made|have)…(us|me|our|my|a|the|this) (new |private |separate )?{_APP} (group|"
        rf"channel|chat|server|community)",
        rf"(move|continue|take|talk|chat|discuss|meet|carry on|find me|add me|message me|text me|reach me|ping me|"
        rf"contact me|hit me up)( this| it| the (talk|discussion|conversation)| me| us| over| there)?…(on|to|over|via|"
        rf"through) {_APP}",
        rf"(add|message|text|ping|contact|call|reach) me (on|via|through|over) {_APP}",
        r"(chat\.whatsapp\.com|wa\.me|t\.me|discord\.gg|discord\.com/invite|join\.slack\.com|line\.me|"
        r"signal\.group)/\w+",
    ),
)


@dataclass(frozen=True)
class ContactHarvestOptions:
    """Whether invitations to other platforms count too; a list of addresses and a call for them always do."""

    elsewhere: bool = True


def check_contact_harvest(matter: Matter, options: ContactHarvestOptions) -> tuple[Sighting, ...]:
    wanted = {kind: pattern for kind, pattern in _CUES.items() if kind != "elsewhere" or options.elsewhere}
    passages = find_cues(matter, wanted)
    if not passages:
        return ()
    kinds = kinds_of(passages)
    return (
        Sighting(
            Severity.HOLD,
            "The marked words ask for addresses or numbers, offer them, or lead away from this group. Members have"
            " joined on the promise that their addresses stay hidden. Leave the marked words out; whoever wants to"
            " reach you can answer you privately from here.",
            f"May gather members' contacts: {kinds}.",
            passages,
            label=kinds,
        ),
    )


EXAMPLES_CAUGHT = tuple(
    map(
        Matter,
        (
            "Interesting idea. DM me your email and I will add you to something.",
            "Whoever wants the slides, drop your email below.",
            "Send me your number and we can talk tonight.",
            "Does somebody have a spreadsheet of all members' emails that I could use for the reunion?",
            "I am collecting phone numbers for a call tree among us.",
            "I started a private WhatsApp group for this, it is faster there.",
            "Let's continue this discussion over on Telegram where nobody moderates.",
            "Come and talk: https://chat.whatsapp.com/AbCdEf123",
        ),
    )
)
EXAMPLES_PASS = tuple(
    map(
        Matter,
        (
            "What is your number needed to treat for statins in primary prevention?",
            "My office takes calls until five if you want to refer him.",
            "Is a photo sent by WhatsApp in line with the privacy rules? Our clinic is split on it.",
            "The signal on the second echo is bright over the whole caudate.",
            "The patient gave a wrong phone number and the culture is now positive. How far do you go?",
            "Please never post your phone number here, the archive stays.",
            "Send me your thoughts when you have slept on it.",
            "> DM me your email\nI would rather answer here, so that all can read it.",
        ),
    )
)
