"""Scores a text by shipped weights, says which class it is, and names the words and sentences that weighed most.

Plain Python without any library: no numbers but those of `weights-*.json.gz`, which `make train` writes. A score is a
sum of what each word adds, so that every one of them can be shown. It must not decide anything.
"""

import enum
import gzip
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from forum.rules.politics.traits import Traits, traits_of
from forum.rules.politics.words import sentences_of, words_of

# More words explain nothing.
MOST_WORDS = 8
# From which share of words known a text is judged in full.
ENOUGH_KNOWN = 0.7
# A word that adds less than a tenth of what the first adds explains nothing either.
_LEAST_SHARE = 0.1


class Label(enum.StrEnum):
    CLINICAL = "clinical"
    POLICY = "policy"
    PARTISAN = "partisan"


@dataclass(frozen=True)
class Weight:
    """A word or a political term, how much it added to the text's class, and where it stands first."""

    term: str
    added: float
    start: int
    end: int


@dataclass(frozen=True)
class Sentence:
    """A sentence's place, and its own partisan score and class."""

    start: int
    end: int
    score: float
    label: Label


@dataclass(frozen=True)
class Verdict:
    """What the model makes of a text. `score` runs from 0 to 1; sentences in order, words the weightiest first.

    The words are those that speak for policy in a policy text, and else those that speak for partisan.
    """

    score: float
    label: Label
    sentences: tuple[Sentence, ...]
    words: tuple[Weight, ...]


@dataclass(frozen=True)
class Scale:
    """What is added to a text's words for one side, and how the sum becomes a share of 1."""

    intercept: float
    evidence: tuple[float, ...]
    slope: float
    offset: float

    def total(self, words: float, evidence: tuple[float, ...]) -> float:
        return self.intercept + words + sum(map(float.__mul__, evidence, self.evidence))

    def share(self, total: float) -> float:
        # Beyond these bounds a share of 1 has no more digits.
        return 1 / (1 + math.exp(-max(-35.0, min(35.0, self.slope * total + self.offset))))


@dataclass(frozen=True)
class Model:
    """The weights: for each word its rarity and what it adds to the partisan and to the policy side.

    `ballast` is the squared length that each text has beside its own words, so that of a short one few do not decide.
    `policy_adds` is what the policy sum adds to the partisan one, for each unit below 0 and above it: a text far from
    policy is the less political, and one that reads like policy is the less partisan.
    """

    version: str
    threshold: float
    ballast: float
    policy_adds: tuple[float, float]
    forms: Mapping[str, tuple[float, float, float]]
    partisan: Scale
    policy: Scale

    def judge(self, text: str, threshold: float | None = None) -> tuple[float, Label]:
        """Score and class of a text alone, in half the time; `threshold` is where a group calls it partisan."""
        return self._judge(traits_of(words_of(text)), self.threshold if threshold is None else threshold)

    def score(self, text: str, threshold: float | None = None) -> Verdict:
        """Judge a text, and each of its sentences."""
        bar = self.threshold if threshold is None else threshold
        words = words_of(text)
        spans = sentences_of(text)
        traits = traits_of(words)
        whole, label = self._judge(traits, bar)
        sentences = []
        number = 0
        for start, end in spans:
            first = number
            while number < len(words) and words[number].end <= end:
                number += 1
            # A text of one sentence need not be weighed again.
            judged = (whole, label) if len(spans) == 1 else self._judge(traits_of(words[first:number]), bar)
            sentences.append(Sentence(start, end, *judged))
        return Verdict(whole, label, tuple(sentences), self._weightiest(traits, label))

    def _judge(self, traits: Traits, bar: float) -> tuple[float, Label]:
        square = partisan = policy = 0.0
        known_words = 0
        for form, places in traits.forms.items():
            if (known := self.forms.get(form)) is not None:
                rarity, partisan_weight, policy_weight = known
                value = rarity * (1 + math.log(len(places)))
                square += value * value
                known_words += len(places)
                partisan += value * partisan_weight
                policy += value * policy_weight
        if not square:
            return 0.0, Label.CLINICAL
        length = math.sqrt(square + self.ballast)
        to_policy = self.policy.total(policy / length, traits.evidence)
        to_partisan = self.partisan.total(partisan / length, traits.evidence)
        # Of a text in another language a few words are known by chance, and say nothing.
        certain = min(1.0, known_words / len(traits.words) / ENOUGH_KNOWN)
        score = certain * self.partisan.share(to_partisan + to_policy * self.policy_adds[to_policy >= 0])
        if score >= bar:
            return score, Label.PARTISAN
        return score, Label.POLICY if self.policy.share(to_policy) >= 0.5 else Label.CLINICAL

    def _weightiest(self, traits: Traits, label: Label) -> tuple[Weight, ...]:
        values = {
            form: known[0] * (1 + math.log(len(places)))
            for form, places in traits.forms.items()
            if (known := self.forms.get(form)) is not None
        }
        # Without a single word, nothing is divided.
        length = math.sqrt(sum(value * value for value in values.values()) + self.ballast) or 1.0
        side, scale = (2, self.policy) if label is Label.POLICY else (1, self.partisan)
        added = {form: value * self.forms[form][side] / length for form, value in values.items()}
        # What the list's terms add together is shared among them.
        evidence = scale.total(-scale.intercept, traits.evidence)
        for term in traits.terms:
            added[term] = added.get(term, 0.0) + evidence / len(traits.terms)
        weightiest = sorted(added.items(), key=lambda item: (-item[1], item[0]))[:MOST_WORDS]
        least = _LEAST_SHARE * max((value for _, value in weightiest), default=0.0)
        return tuple(_placed(traits, term, value) for term, value in weightiest if value > max(least, 0.0))


def _placed(traits: Traits, term: str, value: float) -> Weight:
    first = (traits.forms.get(term) or traits.terms[term])[0]
    last = first + term.count(" ")
    return Weight(term, round(value, 3), traits.words[first].start, traits.words[last].end)


def read_model(octets: bytes) -> Model:
    """The model from what `make train` wrote: gzipped JSON."""
    read = json.loads(gzip.decompress(octets))
    partisan, policy = (
        Scale(scale["intercept"], tuple(scale["evidence"]), scale["slope"], scale["offset"])
        for scale in (read["partisan"], read["policy"])
    )
    forms = {form: (weights[0], weights[1], weights[2]) for form, weights in read["words"].items()}
    below, above = read["policy_adds"]
    return Model(read["version"], read["threshold"], read["ballast"], (below, above), forms, partisan, policy)


@cache
def shipped_versions() -> Sequence[str]:
    """The versions of which weights are here, the newest last."""
    names = (entry.name for entry in resources.files(__package__).iterdir())
    found = (name.removeprefix("weights-").removesuffix(".json.gz") for name in names if name.startswith("weights-"))
    return sorted(found, key=lambda version: [int(part) for part in version.split(".")])


@cache
def shipped_model(version: str) -> Model:
    return read_model(resources.files(__package__).joinpath(f"weights-{version}.json.gz").read_bytes())


def score(text: str) -> Verdict:
    """Judge a text by the newest weights."""
    return shipped_model(shipped_versions()[-1]).score(text)
