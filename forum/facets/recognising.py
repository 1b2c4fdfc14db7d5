"""What the columns of a profile say, as values: one function from what a member wrote to what can be compared. Pure."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from forum.facets import places, taxonomy
from forum.facets.models import Dimension
from forum.facets.places import read_places
from forum.facets.taxonomy import read_career_stage, read_specialties
from forum.facets.values import Value, fold, own_value

# The columns of Member, by what they are about.
COLUMNS: Mapping[Dimension, str] = {
    Dimension.PLACE: "place",
    Dimension.SPECIALTY: "specialty",
    Dimension.CAREER_STAGE: "career_stage",
    Dimension.EMPLOYER: "employer",
    Dimension.INTEREST: "interests",
}
MOST_TAGS = 40
_LONGEST_TAG = 60
_BETWEEN_TAGS = re.compile(r"[,;\n|•·]+")


def recognise(dimension: Dimension, text: str) -> Sequence[Value]:
    """The values that one column names, each once; none for an empty one."""
    if not text.strip():
        return ()
    match dimension:
        case Dimension.PLACE:
            return _places(text)
        case Dimension.SPECIALTY:
            return read_specialties(text)
        case Dimension.CAREER_STAGE:
            return read_career_stage(text)
        case Dimension.EMPLOYER:
            own = own_value(Dimension.EMPLOYER, text)
            return () if own is None else (own,)
        case Dimension.INTEREST:
            return [Value(Dimension.INTEREST, fold(tag), tag) for tag in tags_in(text)]


def is_understood(dimension: Dimension, text: str) -> bool:
    """Whether a place, specialty or career stage is one of those that are known, and not just words."""
    is_known = places.is_known if dimension is Dimension.PLACE else taxonomy.is_known
    values = recognise(dimension, text)
    return bool(values) and all(is_known(value) for value in values)


@lru_cache(maxsize=20_000)
def _places(text: str) -> Sequence[Value]:
    return read_places(text)


def tags_in(text: str) -> Sequence[str]:
    """The free tags of a text as they were written, without signs around them, each once; at most forty."""
    tags: dict[str, str] = {}
    for part in _BETWEEN_TAGS.split(text):
        tag = " ".join(part.split()).strip(" .-#*")[:_LONGEST_TAG].strip()
        if code := fold(tag):
            tags.setdefault(code, tag)
    return list(tags.values())[:MOST_TAGS]
