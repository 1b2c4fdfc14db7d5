"""Sees partisan politics in a post and, where a group does not want that either, professional policy.

It weighs words and knows no truth: what it sees is for a moderator to read. What the author quotes is judged apart
from what the author writes, only where a group wants that, and is never more than a hint.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from forum.rules.cues import own_fields
from forum.rules.findings import Field, Passage, Severity
from forum.rules.matter import Matter, Sighting
from forum.rules.politics import Label, Model, Verdict, shipped_model, shipped_versions

EXAMPLES_CAUGHT = (
    Matter("Vote these clowns out in November. The Republicans in Congress want your patients to go bankrupt."),
    Matter("Labour lied to every junior doctor, and the Tories before them. Corrupt politicians, all of them."),
    Matter("Socialists like that governor would rather see the country fail than admit that markets work."),
    Matter("Trudeau and his Liberals spend our taxes on everything but hospitals. Time for a new government."),
    Matter("Modi's supporters will defend anything. The BJP has turned this democracy into a personality cult."),
    Matter(
        "Sign the petition, come to the protest on Saturday, and send this corrupt president back to his golf course."
    ),
)
EXAMPLES_PASS = (
    Matter("My vote for the primary access would be a fistula on the left; the right is too small."),
    Matter("Has anybody appealed a denied prior authorization for semaglutide with this Medicare plan?"),
    Matter("The labour ward is full, and the party in bed 4 has brought a cake for everybody."),
    Matter("The board changed the renewal form for the state license: hours of training go on page two now."),
    Matter("Which starting dose of metoprolol do you take in a frail man of 84 with a systolic pressure of 100?"),
    Matter("> Biden and the Democrats have ruined this country.\nPlease let us go back to the question about the ECG."),
)
_SEEN = {
    Label.CLINICAL: "talk of medicine",
    Label.POLICY: "health policy and the rules of the profession",
    Label.PARTISAN: "party politics",
}
_MOST_SENTENCES = 10


@dataclass(frozen=True)
class PoliticalOptions:
    """From which score on (0 to 1) a text is partisan, which classes a group allows, and which weights judge.

    With `quoted` the author is also told when what is quoted is of no allowed class.
    `version` pins the weights, so that a new release of this program does not judge otherwise than the group has
    tried; nothing stands for the newest that there is.
    """

    threshold: float = 0.5
    allowed: tuple[str, ...] = (Label.CLINICAL.value, Label.POLICY.value)
    quoted: bool = False
    version: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 1:
            raise ValueError(f"The threshold lies above 0 and goes up to 1, unlike {self.threshold}.")
        for each in self.allowed:
            if each not in set(Label):
                raise ValueError(f"There is no class {each!r}. The classes are: {', '.join(Label)}.")
        if self.version and self.version not in shipped_versions():
            raise ValueError(f"There are no weights {self.version!r}. There are: {', '.join(shipped_versions())}.")


def check_political(matter: Matter, options: PoliticalOptions) -> tuple[Sighting, ...]:
    """What the author writes, to be held; and what the author quotes, as a hint where that is wanted."""
    return (*_own_sightings(matter, options), *(_quoted_sightings(matter, options) if options.quoted else ()))


def weigh_political(matter: Matter, options: PoliticalOptions) -> tuple[float, str]:
    """The partisan score and the class of what the author has written."""
    score, label = _model(options).judge(_Joined.of(matter).text, options.threshold)
    return score, label.value


def _own_sightings(matter: Matter, options: PoliticalOptions) -> Iterator[Sighting]:
    joined = _Joined.of(matter)
    if (verdict := _unwelcome(joined.text, options)) is not None:
        seen = _SEEN[verdict.label]
        yield Sighting(
            Severity.HOLD,
            f"This reads like {seen}, which this group leaves out. Take out the marked sentences if that is so.",
            f"Reads like {seen}: {verdict.score:.2f} of 1 for partisan, where {options.threshold:.2f} is the bar.",
            tuple(joined.placed(passage) for passage in _passages(verdict, options)),
            verdict.score,
            verdict.label.value,
        )


def _quoted_sightings(matter: Matter, options: PoliticalOptions) -> Iterator[Sighting]:
    # The marks of quoting are no part of a sentence.
    if (verdict := _unwelcome(matter.quoted.replace(">", " "), options)) is not None:
        seen = _SEEN[verdict.label]
        yield Sighting(
            Severity.ADVISE,
            f"What you quote reads like {seen}. Quote only what you answer.",
            f"The quoted text reads like {seen}: {verdict.score:.2f} of 1 for partisan.",
            tuple(_passages(verdict, options)),
            verdict.score,
            verdict.label.value,
        )


def _unwelcome(text: str, options: PoliticalOptions) -> Verdict | None:
    """What the model makes of a text whose class is not allowed; of most texts the class is all that is needed."""
    model = _model(options)
    _, label = model.judge(text, options.threshold)
    if not text.strip() or label.value in options.allowed:
        return None
    return model.score(text, options.threshold)


def _model(options: PoliticalOptions) -> Model:
    return shipped_model(options.version or shipped_versions()[-1])


def _passages(verdict: Verdict, options: PoliticalOptions) -> Iterator[Passage]:
    """The sentences that are not allowed by themselves, the first ones, and the words that weighed most."""
    seen = [sentence for sentence in verdict.sentences if sentence.label.value not in options.allowed]
    for sentence in seen[:_MOST_SENTENCES]:
        yield Passage(sentence.start, sentence.end, f"{sentence.label} sentence")
    for word in verdict.words:
        yield Passage(word.start, word.end, f"{verdict.label} word")


@dataclass(frozen=True)
class _Joined:
    """The author's own subject and text as one, and where each part begins in it."""

    text: str
    begins: tuple[tuple[int, Field], ...]

    @classmethod
    def of(cls, matter: Matter) -> "_Joined":
        text = ""
        begins: list[tuple[int, Field]] = []
        for field, part in own_fields(matter):
            # An empty line ends a sentence, so that none reaches over both.
            text += "\n\n" if text else ""
            begins.append((len(text), field))
            text += part
        return cls(text, tuple(begins))

    def placed(self, passage: Passage) -> Passage:
        begin, field = max(each for each in self.begins if each[0] <= passage.start)
        return Passage(passage.start - begin, passage.end - begin, passage.kind, field)
