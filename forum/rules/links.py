"""Sees links to places that a group does not want, shortened links, and posts that are a link and nothing else.

A domain stands for its subdomains too; how it is written (case, IDN, %-escapes, full-width dots) makes no difference.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from urllib.parse import unquote

from forum.rules.cues import MOST_PASSAGES, own_fields
from forum.rules.findings import Field, Passage, Severity
from forum.rules.matter import Matter, Sighting

_SHORTENERS = (
    "adf.ly bit.ly bitly.com bl.ink buff.ly cutt.ly dlvr.it goo.gl is.gd lnkd.in ow.ly rb.gy rebrand.ly"
    " shorte.st shorturl.at short.io snip.ly soo.gd t.co t.ly tiny.cc tinyurl.com trib.al v.gd x.co"
)
SHORTENERS = frozenset(_SHORTENERS.split())
# Every quantifier is bounded or followed by what it cannot match, so that looking is linear.
_LINK = re.compile(r"(?:https?:[/\\]{2}|\bwww\.)[^\s<>\"'`|]{1,2000}", re.IGNORECASE)
_BARE_DOMAIN = re.compile(r"(?<![\w@.%/\\-])(?:[\w-]{1,63}\.){1,5}\w{2,63}(?![\w@-])")
_INNER_DOT = re.compile(r"\.(?=\w)")
_HOST = re.compile(r"(?:https?:)?[/\\]*(?P<host>[^/\\?#]*)", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]{2,100}")
_LONGEST_HOST = 253


# What each kind of passage asks for, and what the author and a moderator read about it.
_SAID = {
    "refused domain": (
        Severity.HOLD,
        "The marked link leads to a site that this group does not want linked. Put what matters of it in your own"
        " words, or link the source that it rests on.",
        "Links a refused domain.",
    ),
    "domain not allowed": (
        Severity.HOLD,
        "The marked link leads to a site that is not on this group's list. Link a listed source, or put what matters in"
        " your own words.",
        "Links a domain that is not on the list.",
    ),
    "shortened link": (
        Severity.HOLD,
        "The marked link is shortened, so that nobody sees where it leads before following it. Put the full address in"
        " its place.",
        "Holds a shortened link.",
    ),
    "link only": (
        Severity.RETURN,
        "Your post is a link and hardly a word beside it. Colleagues who read by mail cannot tell whether it is worth"
        " opening. Add a sentence on what it says or what you ask, and send it again.",
        "A link and hardly a word beside it.",
    ),
}


@dataclass(frozen=True)
class LinksOptions:
    """Domains such as `example.org`; with `allowed`, links lead nowhere else. `fewest_words` stand beside a link."""

    allowed: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    shorteners: bool = True
    fewest_words: int = 4

    def __post_init__(self) -> None:
        for domain in (*self.allowed, *self.refused):
            if not re.fullmatch(r"(?:[a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}", _normalised(domain)):
                raise ValueError(f"{domain!r} is no domain. Write it like example.org, without https:// and path.")
        if self.fewest_words < 0:
            raise ValueError("The fewest words beside a link are 0 or more.")

    @cached_property
    def allowed_domains(self) -> frozenset[str]:
        return frozenset(map(_normalised, self.allowed))

    @cached_property
    def refused_domains(self) -> frozenset[str]:
        return frozenset(map(_normalised, self.refused))


def check_links(matter: Matter, options: LinksOptions) -> tuple[Sighting, ...]:
    seen: dict[str, list[Passage]] = {}
    for field, text in own_fields(matter):
        for passage in _judged(text, field, options):
            seen.setdefault(passage.kind, []).append(passage)
    if options.fewest_words and (alone := _link_alone(matter.own, options.fewest_words)):
        seen[alone.kind] = [alone]
    return tuple(_sighting(kind, seen[kind]) for kind in _SAID if kind in seen)


def _sighting(kind: str, passages: list[Passage]) -> Sighting:
    severity, sentence, for_moderator = _SAID[kind]
    return Sighting(severity, sentence, for_moderator, tuple(passages[:MOST_PASSAGES]), label=kind)


def host_of(link: str) -> str:
    """The host that a browser would go to, in its plain ASCII form."""
    found = _HOST.match(link[:2100])
    host = found["host"] if found else ""
    return _normalised(unquote(host).rpartition("@")[2].partition(":")[0])


def _judged(text: str, field: Field, options: LinksOptions) -> Iterator[Passage]:
    for start, end in _links_in(text):
        host = host_of(text[start:end])
        if _is_within(host, options.refused_domains):
            yield Passage(start, end, "refused domain", field)
        elif options.shorteners and _is_within(host, SHORTENERS):
            yield Passage(start, end, "shortened link", field)
        elif options.allowed and not _is_within(host, options.allowed_domains):
            yield Passage(start, end, "domain not allowed", field)
    if not (options.shorteners or options.refused) or not _INNER_DOT.search(text):
        return
    # Without a scheme only what is surely meant as a link counts: "b.i.d" and "e.g" look like domains.
    for bare in _BARE_DOMAIN.finditer(_without_links(text)):
        host = _normalised(bare[0])
        if _is_within(host, options.refused_domains):
            yield Passage(*bare.span(), "refused domain", field)
        elif options.shorteners and host in SHORTENERS and text[bare.end() : bare.end() + 1] == "/":
            yield Passage(*bare.span(), "shortened link", field)


def _links_in(text: str) -> Iterator[tuple[int, int]]:
    if not _may_link(text):
        return
    for link in _LINK.finditer(text):
        # What ends a sentence or closes a bracket around the link is not part of it.
        yield link.start(), link.start() + len(link[0].rstrip(".,;:!?)]}*_’”»"))


def _may_link(text: str) -> bool:
    """Most posts hold no link, and this is the quickest way to see it."""
    lower = text.lower()
    return "http" in lower or "www." in lower


def _without_links(text: str) -> str:
    return _LINK.sub(lambda link: " " * len(link[0]), text) if _may_link(text) else text


def _link_alone(own: str, fewest_words: int) -> Passage | None:
    first = _LINK.search(own) if _may_link(own) else None
    if first is None:
        return None
    words = _WORD.finditer(_without_links(own))
    if sum(1 for _ in islice(words, fewest_words)) >= fewest_words:
        return None
    return Passage(*first.span(), "link only")


def _is_within(host: str, domains: frozenset[str]) -> bool:
    parts = host.split(".")[-10:]
    return any(".".join(parts[place:]) in domains for place in range(len(parts)))


def _normalised(domain: str) -> str:
    domain = domain.strip().lower()
    if len(domain) <= _LONGEST_HOST:
        # What has no such form no browser finds either; it stays as written.
        with suppress(UnicodeError):
            domain = domain.encode("idna").decode("ascii").lower()
    return domain.strip(".")


EXAMPLE_OPTIONS = LinksOptions(refused=("miracle-cures.example", "müsli.example"))
EXAMPLES_CAUGHT = tuple(
    map(
        Matter,
        (
            "Did you all see what they claim at https://www.miracle-cures.example/zinc? I could not believe it.",
            "More on this at shop.miracle-cures.example for those who are curious about it.",
            "Here is the whole protocol that we use: https://bit.ly/3abcDEF and I welcome any comment.",
            "The slides of the talk on sepsis are at tinyurl.com/sepsis24 until Friday.",
            "https://www.example.org/article/123",
            "FYI https://www.example.org/article/123",
            "A colleague sent me https://xn--msli-0ra.example/oats and asked what I think of it.",
            "Look at HTTPS://user@Miracle-Cures.Example:443/ before your next clinic please.",
        ),
    )
)
EXAMPLES_PASS = tuple(
    map(
        Matter,
        (
            "The new trial is at https://www.example.org/trial and its control arm worries me.",
            "Metoprolol 25 mg b.i.d. and then q.h.s., e.g. for a week, i.e. not forever.",
            "Write to rota@miracle-cures.example.org if you want to swap the weekend.",
            "> https://bit.ly/3abcDEF\nI read it and the numbers do not add up for me.",
            "No links from me, just a question on dosing in a patient with one kidney.",
            "The site www.notmiracle-cures.example is another one and sells nothing at all.",
        ),
    )
)
