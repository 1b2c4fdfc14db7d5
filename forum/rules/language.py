"""Sees posts in a language that the group does not read, by script and by each language's commonest small words.

Small words were chosen over a library: the lightest kept one brings 77 MB and takes a list of drugs for Aragonese.
Short posts, and posts with few small words at all, are never sightings.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from forum.rules.findings import Passage, Severity
from forum.rules.matter import Matter, Sighting

_SMALL_WORDS = {
    "en": "the of and to in is that for it was with as his on be at by this had not are but from or have an they which"
    " one you were her all their there been if more when will would who so no we she has i my do does what any your"
    " a me him than then can could about up out into just like how some other only over also after us these been did",
    "es": "de la que el en y los se del las por un para con no una su al lo como más pero sus le ya o este sí porque"
    " esta entre cuando muy sin sobre también me hasta hay donde quien desde todo nos es son fue era está han ha tiene",
    "fr": "de la le et les des en un du une que est pour qui dans par plus pas au sur ne se ce il sont avec son aux"
    " mais comme ou si leur cette été être nous vous je sa ses ont elle lui très même aussi faire chez sans deux où l"
    " d",
    "de": "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er"
    " hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor ich wir",
    "it": "di e che la il un a per in una mi sono ho non ma lo ha le si ti i con cosa se io come da ci no questo qui e"
    " del della dei delle nel nella al alla è più anche gli essere stato hanno molto suo sua quando dopo senza",
    "pt": "de a o que e do da em um para com não uma os no se na por mais as dos como mas ao ele das à seu sua ou"
    " quando muito nos já eu também só pelo pela até isso ela entre depois sem mesmo aos seus quem nas é são está foi",
    "nl": "de van een het en in is dat op te zijn met voor niet aan er om ook als dan maar bij of uit nog door over ze"
    " zich hij naar heeft hebben wordt werd deze die dit kan geen wel tot je ik we was ons onze mijn moet veel",
    "pl": "w i na z się że do nie jest o jak po co to za od tak przez ale dla czy był tylko są być może przy jego jej"
    " który która które już ten tego ma mnie też jeszcze bardzo oraz gdy pod bez lub u",
    "sv": "och i att det som en på är av för med till den har de inte om ett han men var jag sig från vi så kan när man"
    " ska eller hade vid efter över hon också bara mycket där här utan nu mot under varit blev mig",
}
_SCRIPTS = {
    "CYRILLIC": ("ru", "uk", "bg", "sr"),
    "GREEK": ("el",),
    "HEBREW": ("he",),
    "ARABIC": ("ar", "fa", "ur"),
    "DEVANAGARI": ("hi",),
    "THAI": ("th",),
    "HANGUL": ("ko",),
    "HIRAGANA": ("ja",),
    "KATAKANA": ("ja",),
    "CJK": ("zh", "ja"),
}
LANGUAGES = frozenset((*_SMALL_WORDS, *(language for each in _SCRIPTS.values() for language in each)))
_LANGUAGES_OF: dict[str, list[str]] = {}
for _language, _words in _SMALL_WORDS.items():
    for _word in set(_words.split()):
        _LANGUAGES_OF.setdefault(_word, []).append(_language)
_WORD = re.compile(r"[^\W\d_]{1,100}")
# More words make no verdict surer.
_MOST_WORDS = 2_000
# Running text has a small word in about every third place; lists of drugs and results have next to none.
_SMALLEST_SHARE = 0.2


@dataclass(frozen=True)
class LanguageOptions:
    """Two-letter codes of the languages that the group reads; posts with fewer own words are not judged."""

    allowed: tuple[str, ...] = ("en",)
    fewest_words: int = 15

    def __post_init__(self) -> None:
        if not self.allowed:
            raise ValueError("A check on language needs at least one language that is allowed, such as en.")
        if unknown := [code for code in self.allowed if code not in LANGUAGES]:
            raise ValueError(
                f"{', '.join(map(repr, unknown))} is no language that can be told."
                f" There are: {', '.join(sorted(LANGUAGES))}."
            )
        if self.fewest_words < 10:
            raise ValueError("No language can be told from fewer than 10 words, so that is the least.")


def check_language(matter: Matter, options: LanguageOptions) -> tuple[Sighting, ...]:
    words = [found[0].lower() for found in islice(_WORD.finditer(matter.own), _MOST_WORDS)]
    letters = sum(map(len, words))
    script, written = _foreign_script(words)
    # Chinese and Japanese put no spaces between words.
    if script is not None and written > letters / 2 and (letters >= 3 * options.fewest_words):
        if set(_SCRIPTS[script]) & set(options.allowed):
            return ()
        return (_sighting(matter, options, written / letters, "/".join(_SCRIPTS[script])),)
    if len(words) < options.fewest_words:
        return ()
    counted = Counter(language for word in words for language in _LANGUAGES_OF.get(word, ()))
    best, hits = max(counted.items(), key=lambda item: item[1], default=("en", 0))
    allowed = max((counted[language] for language in options.allowed), default=0)
    if best in options.allowed or hits < _SMALLEST_SHARE * len(words) or hits < 2 * allowed:
        return ()
    return (_sighting(matter, options, 1 - allowed / hits, best),)


def _foreign_script(words: list[str]) -> tuple[str | None, int]:
    """The script other than Latin with most letters, and how many."""
    counted: Counter[str] = Counter()
    for word in words:
        if not word.isascii():
            counted.update(script for letter in word if (script := _script_of(letter)) is not None)
    return max(counted.items(), key=lambda item: item[1], default=(None, 0))


@lru_cache(maxsize=2_000)
def _script_of(letter: str) -> str | None:
    script = unicodedata.name(letter, "").partition(" ")[0]
    return script if script in _SCRIPTS else None


def _sighting(matter: Matter, options: LanguageOptions, score: float, label: str) -> Sighting:
    own = matter.own
    start = len(own) - len(own.lstrip())
    read = ", ".join(options.allowed)
    return Sighting(
        Severity.HOLD,
        f"Your post does not seem to be in a language that this group reads ({read}), so few colleagues could answer"
        " it. Add a translation.",
        f"Seems to be written in {label}; the group reads {read}.",
        (Passage(start, len(own.rstrip()), "language"),),
        score=round(score, 3),
        label=label,
    )


EXAMPLES_CAUGHT = tuple(
    map(
        Matter,
        (
            "Tengo un paciente de sesenta años con fiebre desde hace tres semanas y no sé qué más puedo hacer para él.",
            "J'ai une patiente qui a de la fièvre depuis trois semaines et je ne sais pas ce que nous pouvons faire de"
            " plus.",
            "Ich habe eine Patientin, die seit drei Wochen Fieber hat, und ich weiß nicht, was wir noch für sie tun"
            " können.",
            "Ho una paziente che ha la febbre da tre settimane e non so che cosa si può fare ancora per lei e la"
            " famiglia.",
            "Tenho um doente com febre há três semanas e não sei o que mais posso fazer por ele, já pedi tudo o que"
            " havia.",
            "У меня пациентка шестидесяти лет с лихорадкой уже три недели, и я не знаю, что ещё можно сделать для неё.",
            "Mam pacjentkę, która od trzech tygodni ma gorączkę i nie wiem, co jeszcze można dla niej zrobić, bo było"
            " już to i to.",
        ),
    )
)
EXAMPLES_PASS = tuple(
    map(
        Matter,
        (
            "I have a patient who has had a fever for three weeks, and I do not know what else we could do for her.",
            "Gracias a todos.",
            "Status post sectio caesarea, placenta praevia totalis, post partum haemorrhagia, uterus atonia, per vias"
            " naturales nil, ad libitum, in situ, de novo, in vitro, pro re nata.",
            "Amoxicilina, metformina, losartan, omeprazol, levotiroxina, sertralina, apixaban, digoxina, furosemida,"
            " insulina glargina, atorvastatina, aspirina, clopidogrel, ramipril, bisoprolol",
            "She kept saying 'me duele mucho la cabeza desde ayer', and the interpreter was gone, so we drew pictures.",
            "> Tengo un paciente de sesenta años con fiebre desde hace tres semanas y no sé qué más puedo hacer.\n"
            "I would look at the heart valves once more.",
            "La Crosse virus, de Quervain, von Willebrand and van der Woude: who were all these people with a van or a"
            " de?",
        ),
    )
)
