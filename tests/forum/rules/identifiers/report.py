"""How much of what made-up notes hold the check sees, and how often it errs on ordinary medical words.

python -m tests.forum.rules.identifiers.report             # the templates the check was made with
python -m tests.forum.rules.identifiers.report --held-out  # those it was not made with: for stating figures only
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from forum.rules.findings import Passage
from forum.rules.matter import Matter
from forum.rules.patient_identifiers import PatientIdentifierOptions, patient_identifiers
from tests.forum.rules.identifiers import held_out, notes

_HERE = Path(__file__).parent
_LONG = 32
OPTIONS = PatientIdentifierOptions()


@dataclass(frozen=True)
class Figures:
    """`recall` by kind, of 1; `missed` by template; `false_findings` are passages seen in ordinary words."""

    recall: dict[str, float]
    missed: Counter[tuple[str, str]]
    examples: dict[str, str]
    false_findings: list[str]
    words: int

    @property
    def false_per_thousand(self) -> float:
        return 1000 * len(self.false_findings) / self.words


def passages_in(text: str) -> list[Passage]:
    sightings = patient_identifiers(Matter(text), OPTIONS)
    return [passage for sighting in sightings for passage in sighting.passages]


def measure(templates: Sequence[notes.Note], posts: Sequence[str]) -> Figures:
    seen: dict[str, list[bool]] = defaultdict(list)
    missed: Counter[tuple[str, str]] = Counter()
    examples: dict[str, str] = {}
    for note in templates:
        caught = any(
            each.kind == note.kind and each.start < note.end and note.start < each.end
            for each in passages_in(note.text)
        )
        seen[note.kind].append(caught)
        if not caught:
            missed[note.kind, note.template] += 1
            examples[note.template] = note.text
    false = [
        f"{each.kind}: {post[max(0, each.start - 30) : each.end + 15]!r}"
        for post in posts
        for each in passages_in(post)
    ]
    recall = {kind: sum(caught) / len(caught) for kind, caught in seen.items()}
    return Figures(recall, missed, examples, false, sum(len(post.split()) for post in posts))


def ordinary_posts(name: str = "ordinary.txt") -> list[str]:
    """Ordinary medical words of our own: long lines are posts, of the short ones a dozen makes one."""
    lines = (_HERE / name).read_text("utf-8").splitlines()
    long = [line for line in lines if len(line.split()) > _LONG]
    lines = [line for line in lines if len(line.split()) <= _LONG]
    return long + [" ".join(lines[start : start + 12]) for start in range(0, len(lines), 12)]


def said_in_passing() -> list[notes.Note]:
    """Sentences as people type them, one each, with their identifiers marked as in the templates."""
    lines = (_HERE / "said_in_passing.txt").read_text("utf-8").splitlines()
    return [notes.marked(kind, text) for kind, text in (line.split("|", 1) for line in lines)]


def milliseconds(post: str, times: int = 101) -> float:
    """How long the check takes for one post, at the median."""
    taken = []
    for _ in range(times):
        began = perf_counter()
        patient_identifiers(Matter(post), OPTIONS)
        taken.append(1000 * (perf_counter() - began))
    return median(taken)


def main() -> None:
    unseen = "--held-out" in sys.argv
    templates = held_out.TEMPLATES if unseen else notes.TEMPLATES
    figures = measure(
        list(notes.notes(templates, 240, seed=7 if unseen else 1)),
        ordinary_posts("ordinary_held_out.txt" if unseen else "ordinary.txt"),
    )
    for kind, recall in figures.recall.items():
        print(f"{kind:18} {100 * recall:5.1f} %")
    print(f"{figures.false_per_thousand:.2f} false findings per 1,000 words ({figures.words} words)")
    if not unseen:
        passing = measure(said_in_passing(), [])
        print(f"{len(said_in_passing()) - passing.missed.total()} of {len(said_in_passing())} said in passing")
        figures.missed.update(passing.missed)
        figures.examples.update(passing.examples)
    post = " ".join(" ".join(ordinary_posts()).split()[:300])
    print(f"{milliseconds(post):.2f} ms for a post of 300 words")
    if "--list" in sys.argv:
        for (kind, template), count in figures.missed.most_common():
            print(f"missed {count:3} {kind}: {template!r}  e.g. {figures.examples[template]!r}")
        print("\n".join(f"false {each}" for each in figures.false_findings))


if __name__ == "__main__":
    main()
