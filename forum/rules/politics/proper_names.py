"""Which words only say who, where or when: titles, names, towns and states, days and months. For training alone.

In a case note such words stand in every second sentence, and in the given texts mostly near politics; so none of them
may speak for policy, and titles and dates for nothing at all. Terms of the political list are never among them.
"""

from collections import Counter
from collections.abc import Sequence

from forum.rules.identifiers.lists import STATES, cities, first_names, names_and_words, surnames, words_of
from forum.rules.politics.material import Example
from forum.rules.politics.traits import political_terms
from forum.rules.politics.words import form_of
from forum.rules.politics.words import words_of as words_in

TITLES_AND_DATES = words_of(
    "mr mrs ms miss mister madam sir lady dr drs doctor prof professor"
    " january february march april may june july august september october november december"
    " jan feb mar apr jun jul aug sep sept oct nov dec"
    " monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat"
    " today tonight yesterday tomorrow"
)
# A listed name is also a word ("brown", "rose") unless it is written large at least this often.
_WRITTEN_LARGE = 0.6


def proper_names(examples: Sequence[Example]) -> frozenset[str]:
    """Listed names of people and places that these texts mostly write with a capital letter, and titles and dates."""
    listed = {form_of(name) for names in (first_names(), surnames(), names_and_words(), cities()) for name in names}
    listed.update(form_of(part) for state in STATES for part in state.split())
    large: Counter[str] = Counter()
    every: Counter[str] = Counter()
    for example in examples:
        # A beginning stands in its whole text too.
        for word in words_in(example.text) if not example.cut else ():
            if word.form in listed:
                every[word.form] += 1
                large[word.form] += example.text[word.start].isupper()
    terms, _ = political_terms()
    names = {form for form, number in every.items() if large[form] >= _WRITTEN_LARGE * number}
    return frozenset((names | TITLES_AND_DATES) - set(terms))
