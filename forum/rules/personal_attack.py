"""Sees insults and threats aimed at a person: at the reader, or at a colleague who is named.

Not meant: what people say of themselves, what they quote, hard words about a drug, a study or an insurer, and clinical
words that only sound rude (idiopathic, retarded growth, bipolar).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from forum.rules.cues import MOST_PASSAGES, cues, cues_in, kinds_of, own_fields
from forum.rules.findings import Field, Passage, Severity
from forum.rules.matter import Matter, Sighting

_NOUN = (
    "(idiots?|morons?|imbeciles?|fools?|jerks?|quacks?|clowns?|liars?|frauds?|hacks?|charlatans?|assholes?|arseholes?|"
    "bastards?|bitch|bitches|dumbass|dimwits?|losers?|scum|scumbags?|cowards?|hypocrites?|crooks?|butchers?|disgrace|"
    "pigs?|trolls?|bigots?|racists?|nazis?|fascists?|creeps?|psychos?|lunatics?|twits?|dolts?|pricks?|cunts?|"
    "douchebags?|cretins?|dunces?|buffoons?|ignoramus|nitwits?|simpletons?|pill[ -]pushers?|joke|retards?|"
    "waste of space|piece of (shit|garbage|crap|trash)|sorry excuse for a (doctor|physician|human|surgeon|colleague))"
)
# After a bare "you", what is also a verb ("if you hack the record") is none.
_NO_VERB = _NOUN
for _noun in ("fools?", "clowns?", "hacks?", "butchers?", "disgrace", "trolls?", "creeps?", "joke"):
    _NO_VERB = _NO_VERB.replace(f"{_noun}|", "")
# A capital begins the names of programs and firms too, which may well be a fraud.
_NO_FIRM = _NO_VERB
for _noun in ("frauds?", "pigs?", "crooks?", "liars?", "scum", "losers?", "waste of space"):
    _NO_FIRM = _NO_FIRM.replace(f"{_noun}|", "")
_ADJECTIVE = (
    "(stupid|dumb|incompetent|pathetic|ignorant|clueless|idiotic|moronic|disgusting|worthless|brainless|brain-?dead|"
    "despicable|contemptible|unfit to (practice|practise|be a (doctor|physician))|full of (shit|crap|it)|a disgrace|"
    "arrogant|insufferable|delusional|spineless|dishonest|uneducated|illiterate|beneath contempt|shameless)"
)
# Only what strengthens may stand between: "you are making me feel like a fool" is no insult.
_VERY = (
    "((such|just|really|so|all|an?|the|absolute|absolutely|complete|completely|total|totally|utter|utterly|truly|"
    "clearly|obviously|simply|nothing but|being|acting like|behaving like|sounding like|kind of|sort of|pretty|very|"
    "incredibly|unbelievably|fucking|damn|goddamn|bloody|freaking|bunch of|pack of|either|too|still|always|lazy|little|"
    "old|arrogant|stupid|ignorant|incompetent|pompous|pathetic|worthless|dishonest|of you|guys|people) ){0,5}"
)
_BARELY = (
    "((absolute|complete|total|utter|fucking|damn|goddamn|bloody|bunch of|pack of|stupid|ignorant|incompetent|pompous|"
    "pathetic|lazy|little|old|arrogant|dishonest|worthless|poor excuse for an?) ){0,3}"
)
_CUES = cues(
    insult=(
        rf"(you are|you're|youre|ur|you were|you sound like|you must be|you look like|are you|"
        rf"were you) {_VERY}({_NOUN}|{_ADJECTIVE})",
        rf"you (people|guys|all|lot|folks|two|three|sir|madam|doctor)( who [a-z]+)? are {_VERY}({_NOUN}|{_ADJECTIVE})",
        rf"you {_BARELY}{_NO_VERB}",
        r"your ((own|sheer|utter|total|complete|usual) )?(stupidity|idiocy|incompetence|ignorance|arrogance|"
        r"dishonesty)",
        rf"(how|what) ((a|an) )?(stupid|dumb|ignorant|incompetent|{_NOUN}) (are you|you are|can you be|"
        rf"do you have to be)",
        r"(shut up (and|you|already)|(just|please|oh) shut up|shut your mouth|go to hell|screw you|fuck (you|off)|"
        r"piss off)",
        r"(call|calls) (yourself|yourselves) (a|an)? ?(doctor|doctors|physician|physicians|surgeon|colleague)",
        r"nobody (likes|cares about|wants) you",
        r"you (people )?((make|made) me sick|disgust me|sicken me)",
        rf"what (a|an) ([a-z]+ )?({_NOUN}|ass) you are",
        r"(about|that|this|it|up|off|me|out|say|again), (moron|idiot|imbecile|dumbass|asshole)",
        rf"of you to be (so|this|that|such|as) (an? )?({_NOUN}|{_ADJECTIVE})",
        r"(you are|you're|you must be) (a|such a|an) (terrible|horrible|awful|lousy|dangerous|worthless)"
        r" (doctor|physician|surgeon|colleague|person|human being)",
        rf"(stop|quit) being {_VERY}({_NOUN}|{_ADJECTIVE})",
        r"i hope you (get sued|die|rot|suffer|burn|choke|lose your)",
        rf"(dr\.?|doctor|prof\.?|professor) [a-z'-]+( [a-z'-]+)? (is|was|must be) {_VERY}({_NOUN}|{_ADJECTIVE})",
        rf"(that|this|the) {_NOUN} (dr\.?|doctor|prof\.?|professor) [a-z'-]+",
    ),
    threat=(
        r"(i will|i'll|i am going to|i'm going to|we will|we'll) (hurt|kill|destroy|ruin|crush|punish|sue|beat) you",
        r"(i will|i'll|i am going to|i'm going to|we will|we'll) report you to",
        r"(i will|i'll|we will|we'll) make (you (pay|regret|sorry)|sure you (lose|never))",
        r"you( will| are going to|'ll) regret (this|crossing me|saying that|writing that)",
        r"(watch your back|i know where you (live|work)|you better watch|you'd better watch)",
        r"(i will|i'll|we will|we'll) (have|get|see) your license (pulled|revoked|taken|gone)",
    ),
)
# A name is told by its capital, which folding takes away.
_NAMED = re.compile(
    rf"\b[A-Z][a-z'’-]{{2,30}} (?:is|was)"
    rf" (?:such |just |really |simply |nothing but |a |an |the |absolute |complete |"
    rf"total ){{0,4}}{_NO_FIRM.replace('(', '(?:')}\b"
)
_NO_NAMES = (
    "he she it this that there who what which medicare medicaid life everything everyone everybody somebody someone"
    " mine here today cancer death yours another"
)
# Two words or more in quotation marks are somebody else's; one alone ("you are an 'expert'") is the author's.
_QUOTED = re.compile(r"“[^”\n]{1,300}”|\"[^\"\n]{1,300}\"|«[^»\n]{1,300}»|‘[^’\n]{1,200}’|(?<!\w)'[^'\n]{1,200}'(?!\w)")


@dataclass(frozen=True)
class PersonalAttackOptions:
    """Whether insults count besides threats, which always do."""

    insults: bool = True


def check_personal_attack(matter: Matter, options: PersonalAttackOptions) -> tuple[Sighting, ...]:
    found: list[Passage] = []
    for field, text in own_fields(matter):
        found += _attacks_in(_QUOTED.sub(_blank, text), field)
    passages = tuple(each for each in found if options.insults or each.kind == "threat")[:MOST_PASSAGES]
    if not passages:
        return ()
    kinds = kinds_of(passages)
    return (
        Sighting(
            Severity.HOLD,
            "The marked words can be read as aimed at a person. Colleagues stop writing where that happens, on every"
            " side of a question. Say what you hold against the matter, and leave the person out.",
            f"May be a personal attack: {kinds}.",
            passages,
            label=kinds,
        ),
    )


def _attacks_in(text: str, field: Field) -> Iterator[Passage]:
    seen = list(islice(cues_in(text, _CUES, field), MOST_PASSAGES))
    yield from seen
    for match in islice(_NAMED.finditer(text), MOST_PASSAGES):
        is_name = match[0].partition(" ")[0].lower() not in _NO_NAMES.split()
        if is_name and not any(each.start <= match.start() < each.end for each in seen):
            yield Passage(*match.span(), "insult", field)


def _blank(quoted: re.Match[str]) -> str:
    return " " * len(quoted[0]) if len(quoted[0].split()) > 1 else quoted[0]


EXAMPLES_CAUGHT = tuple(
    map(
        Matter,
        (
            "You are an idiot if you believe that trial.",
            "Only a fool writes such things, you pompous ignoramus.",
            "Dr. Miller is a complete fraud and everybody in the county knows it.",
            "How stupid can you be? Read the label.",
            "Your incompetence will cost somebody a leg one day.",
            "Shut up and read the guideline.",
            "I know where you work, and you will regret this.",
            "With respect, Harris is nothing but a quack.",
            "You people are all clueless about rural medicine.",
        ),
    )
)
EXAMPLES_PASS = tuple(
    map(
        Matter,
        (
            "I am such an idiot, I ordered the wrong side and only saw it in the lift.",
            "Idiopathic again. Retarded growth on two scans, and the mother is bipolar.",
            'The father shouted "you are an idiot, doctor" and left, and I am still shaking.',
            "You are right and I was wrong: the study is a mess.",
            "Epic is a joke, and Theranos was a fraud from the first day.",
            "That trial is a joke and its endpoint is worthless.",
            "Do you ever feel like a fraud? I do, fifteen years in.",
            "The patient was delusional and said that we were all liars.",
            "> You are an idiot.\nLet us stay with the question, please.",
            "Skip the potassium and you will regret it; faxes get lost, and patients drop dead of it.",
            "If you hack the template a little it prints on one page.",
        ),
    )
)
