"""Lists of words and patterns, and the tester that shows what of a text they match."""

import pytest

from forum.rules.matter import Matter
from forum.rules.words import WordsOptions, check_words, try_words


@pytest.mark.parametrize(
    ("entry", "text", "matched"),
    [
        ("scam", "A scam, scams and SCAM!", ["scam", "SCAM"]),
        ("scam*", "A scam, scams and scamming", ["scam", "scams", "scamming"]),
        ("free  sample", "a free\n sample", ["free\n sample"]),
        ("c++", "in C++ and c+", ["C++"]),
        ("e-mail", "e-mail and email", ["e-mail"]),
        ("ångström", "1 Angstrom", ["Angstrom"]),
        ("Straße", "straße", ["straße"]),
        ("любовь*", "Любовью", ["Любовью"]),
        (r"/\d{3}-\d{4}/", "call 555-1234 now", ["555-1234"]),
        ("/é+/", "eéÉ", ["eéÉ"]),
        ("no", "no no no", ["no", "no", "no"]),
    ],
)
def test_an_entry_matches_whole_words(entry: str, text: str, matched: list[str]) -> None:
    options = WordsOptions(words=(entry,))
    found = try_words(options, text)
    assert [text[match.start : match.end] for match in found] == matched
    assert {match.entry for match in found} == {entry}
    (sighting,) = check_words(Matter(text), options)
    assert len(sighting.passages) == len(matched)


def test_the_tester_says_what_lets_a_match_pass() -> None:
    options = WordsOptions(words=("free", "free sample", "/fr.e/"), allowed=("free T4", "sugar free*"))
    found = try_words(options, "A free T4, sugar freeze, free sample")
    assert [(match.entry, match.allowed_by) for match in found] == [
        ("free", "free T4"),
        ("/fr.e/", "free T4"),
        ("/fr.e/", "sugar free*"),
        ("/fr.e/", None),
        ("free sample", None),
    ]


@pytest.mark.parametrize("entry", ["", "  ", "*", "//", "a*b", "-", "x" * 501])
def test_an_entry_that_matches_nothing_or_all_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match=r"[Ee]ntry"):
        WordsOptions(words=(entry,))


def test_without_a_list_nothing_is_seen() -> None:
    assert check_words(Matter("anything"), WordsOptions()) == ()
