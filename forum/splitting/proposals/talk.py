"""Which words of subjects tell what members talk about. Pure.

There is no list of words to leave out: a word is told apart by how many subjects it stands in, in any language.
"""

import re
from functools import lru_cache
from hashlib import blake2b

import numpy as np

from forum.splitting.proposals.evidence import Ids, Places

_WORD = re.compile(r"[^\W\d_]{3,40}")
# A word in more than a twentieth of all subjects sets nobody apart, one in fewer than three joins nobody.
_FEWEST = 3
_LARGEST_SHARE = 0.05
# Where there are few subjects, a twentieth of them is next to nothing.
_COMMON_FROM = 10


def words_of(subject: str) -> tuple[str, ...]:
    """The words of a subject in small letters, each once, in the order of the alphabet."""
    return tuple(sorted(set(_WORD.findall(subject.casefold()))))


@lru_cache(maxsize=100_000)
def key_of(word: str) -> int:
    """The number by which evidence names a word; whoever has the subject finds the word again."""
    return int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "big") >> 1


def telling(threads: Places, keys: Ids, how_many: int) -> tuple[Ids, Places, Places]:
    """Of pairs of threads and words, those whose word can set people apart, among so many threads.

    Returns the keys of these words, ascending, and the pairs: threads, and places among the keys.
    """
    names, at, counts = np.unique(keys, return_inverse=True, return_counts=True)
    tells = (counts >= _FEWEST) & (counts <= max(_COMMON_FROM, int(how_many * _LARGEST_SHARE)))
    place = np.cumsum(tells) - 1
    kept = tells[at]
    return names[tells], threads[kept].astype(np.int32), place[at[kept]].astype(np.int32)
