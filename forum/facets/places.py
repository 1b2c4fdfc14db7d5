"""Reads places as people write them: country, region and city, with the codes of ISO 3166. Pure, knows no database.

Nothing is guessed: a city without its region or country, and whatever else is not understood, is a value of its own,
as it was written. The lists of names are large, so that they are read when the first place is.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from forum.facets.models import Dimension
from forum.facets.values import LONGEST_CODE, Value, fold, own_value

MOST_PLACES = 3
# Their states and provinces are meant by two letters behind a comma: Portland, OR.
_ABBREVIATING = ("US", "CA")
# Regions that people name alone or behind a city, without the country. Elsewhere most such names are towns as well.
_KNOWN_ALONE = ("US", "CA", "GB", "AU", "DE", "AT", "CH", "IT", "ES", "NL", "BE", "NO", "IN", "BR", "ZA", "JP")

_BETWEEN_PLACES = re.compile(r"\s*[;|\n]\s*|\s+/\s+|\s+(?:and|&)\s+(?=[^,]+,)")
# Postal codes, wherever they stand: 97201, 97201-1234, M5V 2T6, 1190.
_POSTAL = re.compile(r"\b(?:[A-Z]\d[A-Z] ?\d[A-Z]\d|\d{4,6}(?:-\d{4})?)\b")
_AROUND = re.compile(
    r"^(?:near|outside|around|just outside|greater|rural|the)\s+|\s+(?:metro(?: area)?|area)$", re.IGNORECASE
)
_FURTHER = re.compile(r"\s*[\[(].*?[\])]")
_KINDS = re.compile(r"\s+(?:län|city|county)$|^(?:city|county|state|province) of\s+", re.IGNORECASE)


@dataclass(frozen=True)
class _Atlas:
    """Folded names to what they mean. `regions` by country; `alone` holds regions that need no country beside them."""

    countries: Mapping[str, Value]
    letters: Mapping[str, Value]
    regions: Mapping[str, Mapping[str, Value]]
    alone: Mapping[str, Value]
    abbreviated: Mapping[str, Value]
    settling: Mapping[str, Value]
    ambiguous: frozenset[str]


def read_places(text: str) -> Sequence[Value]:
    """The places that a text names, at most three; each is a city, else a region, else a country."""
    parts = [part for part in _BETWEEN_PLACES.split(text) if part.strip()]
    found = [value for part in parts[:MOST_PLACES] if (value := _read_place(part)) is not None]
    return tuple(dict.fromkeys(found))


def is_known(place: Value) -> bool:
    """Whether the country of a place was understood."""
    return place.parent is not None or place.code.isupper()


def _read_place(text: str) -> Value | None:
    atlas = _atlas()
    parts = [bare for part in text.split(",") if (bare := _bare(part))]
    if not parts:
        return None
    if len(parts) == 1:
        return _read_words(parts[0], atlas) or own_value(Dimension.PLACE, parts[0])
    *before, last = parts
    country = _country_behind(before[-1], last, atlas)
    if country is not None:
        return _inside(before, country, atlas)
    region = _region_behind(last, atlas)
    if region is not None:
        return _city_in(before, region)
    # "Portland Oregon, USA" has been read above; here stands what nobody knows, or a quarter beside a known place.
    inner = _read_words(last, atlas)
    if inner is not None and "/" not in inner.code:
        return _city_in(before, inner)
    return own_value(Dimension.PLACE, ", ".join(parts))


def _bare(part: str) -> str:
    """One part without postal code and words like "near" or "area"."""
    bare = _POSTAL.sub(" ", part).strip(" .")
    while (shorter := _AROUND.sub("", bare)) != bare:
        bare = shorter
    return " ".join(bare.split())


def _country_behind(city: str, last: str, atlas: _Atlas) -> Value | None:
    """The country that stands behind a city, unless a state or province is more likely meant."""
    key, letters = fold(last), _letters(last.upper())
    settled = atlas.settling.get(fold(city))
    if settled is not None and settled in (atlas.countries.get(key), atlas.letters.get(letters)):
        return settled
    if key in atlas.ambiguous or letters in atlas.abbreviated:
        return None
    return atlas.countries.get(key) or atlas.letters.get(letters)


def _region_behind(last: str, atlas: _Atlas) -> Value | None:
    key = fold(last)
    if key in atlas.ambiguous:
        return atlas.regions["US"].get(key)
    return atlas.abbreviated.get(_letters(last.upper())) or atlas.alone.get(key)


def _letters(part: str) -> str:
    """A part that is nothing but two or three capital letters, with or without points: OR, D.C., USA."""
    bare = part.replace(".", "").strip()
    return bare if re.fullmatch("[A-Z]{2,3}", bare) else ""


def _inside(before: Sequence[str], country: Value, atlas: _Atlas) -> Value | None:
    """What stands before the name of its country: a region, or a city with or without one."""
    regions, last = atlas.regions.get(country.code, {}), before[-1]
    region = regions.get(fold(last)) or regions.get(f"-{_letters(last)}")
    if region is None and len(before) == 1:
        # "Portland Oregon, USA": no comma between them.
        city, region = _end_of(last, regions)
        if region is not None and city:
            return _city_in([city], region)
    if region is None:
        return _city_in(before, country)
    return _city_in(before[:-1], region)


def _read_words(text: str, atlas: _Atlas) -> Value | None:
    """A text without commas: a country or region, or a city with one of them behind it."""
    key, letters = fold(text), _letters(text)
    state, country = atlas.abbreviated.get(letters), atlas.letters.get(letters)
    if key in atlas.ambiguous or (state is not None and country is not None and state is not country):
        return None  # Georgia, or CA: nothing tells which.
    known = atlas.countries.get(key) or atlas.alone.get(key)
    known = known or country or state
    if known is not None:
        return known
    words = text.split()
    state = atlas.abbreviated.get(_letters(words[-1])) if len(words) > 1 else None
    if state is not None:
        return _city_in([" ".join(words[:-1])], state)
    for names in (atlas.countries, atlas.alone):
        city, above = _end_of(text, names)
        if above is not None and city and fold(text.removeprefix(city)) not in atlas.ambiguous:
            return _city_in([city], above)
    return None


def _end_of(text: str, names: Mapping[str, Value]) -> tuple[str, Value | None]:
    """The longest known name at the end of a text, of at most four words, and the words before it."""
    words = text.split()
    for start in range(max(len(words) - 4, 1), len(words)):
        known = names.get(fold(" ".join(words[start:])))
        if known is not None:
            return " ".join(words[:start]), known
    return text, None


def _city_in(before: Sequence[str], above: Value) -> Value:
    """The city that stands next before its region or country; further parts are its quarters."""
    code = fold(before[-1]) if before else ""
    if not code or (code == fold(above.name) and "-" not in above.code):
        return above
    return Value(Dimension.PLACE, f"{above.code}/{code}"[:LONGEST_CODE], before[-1][:200], above)


# --- the names ---


@cache
def _atlas() -> _Atlas:
    import pycountry  # Its lists take a tenth of a second, which only who reads a place should pay.

    more = tomllib.loads(files("forum.facets").joinpath("places.toml").read_text(encoding="utf-8"))
    by_code: dict[str, Value] = {}
    countries: dict[str, Value] = {}
    letters: dict[str, Value] = {}
    for each in pycountry.countries:
        value = Value(Dimension.PLACE, each.alpha_2, getattr(each, "common_name", each.name)[:200])
        by_code[each.alpha_2] = letters[each.alpha_2] = letters[each.alpha_3] = value
        names = (each.name, getattr(each, "common_name", ""), getattr(each, "official_name", ""))
        for name in (*filter(None, names), *more["countries"].get(each.alpha_2, ())):
            countries[fold(name)] = value
    for value in by_code.values():
        for name in more["countries"].get(value.code, ()):
            countries[fold(name)] = value
            if _letters(name):
                letters[_letters(name)] = value
    regions: dict[str, dict[str, Value]] = {code: {} for code in by_code}
    below_others: set[str] = set()
    for each in sorted(pycountry.subdivisions, key=lambda each: (bool(each.parent_code), each.code)):
        named = list(_names_of(each.name))
        value = Value(Dimension.PLACE, each.code, named[0][:200], by_code[each.country_code])
        if each.parent_code:
            below_others.add(each.code)
        # Puerto Rico stands among the countries as well.
        country = by_code.get(value.code[3:])
        if country is not None and countries.get(fold(named[0])) is country:
            value = country
        for name in (*named, *more["regions"].get(each.code, ())):
            regions[each.country_code].setdefault(fold(name), value)
        # With a sign before it, so that no name is taken for a code: Toronto, ON, Canada.
        regions[each.country_code].setdefault(f"-{each.code.partition('-')[2]}", value)
    alone = {
        key: value
        for country in reversed(_KNOWN_ALONE)
        for key, value in regions[country].items()
        if key[0] != "-" and value.code not in below_others
    }
    return _Atlas(
        countries,
        letters,
        regions,
        alone,
        {key[1:]: value for code in reversed(_ABBREVIATING) for key, value in regions[code].items() if key[0] == "-"},
        {fold(city): by_code[code] for code, cities in more["cities"].items() for city in cities},
        frozenset(key for key in regions["US"] if key in countries and f"-{countries[key].code}" not in regions["US"]),
    )


def _names_of(name: str) -> Iterator[str]:
    """The forms of a name as the standard writes it: "London, City of", "Stockholms län [SE-01]"."""
    plain = _FURTHER.sub("", name).strip() or name
    head, comma, tail = plain.partition(", ")
    yield f"{tail} {head}" if comma and tail.endswith((" of", " de")) else plain
    yield plain
    shorter = _KINDS.sub("", plain)
    if shorter != plain:
        yield shorter
