"""Links that lead to a patient: pages of persons, and pages that a clinic keeps of one; pure.

The pages of journals, agencies, societies and tools are what a community talks about and are left alone.
"""

import re
from collections.abc import Iterator

from forum.rules.identifiers.context import sentence_after, sentence_before
from forum.rules.identifiers.found import Found
from forum.rules.identifiers.plain import Plain

_LINK = re.compile(
    r"(?<![\w@.])(?:https?://|www\.)[^\s<>\"'\])]{3,400}|(?<![\w@.\-/])(?:[\w\-]{1,40}\.){1,3}(?:com|org|net|me|blog"
    r"|page)/[^\s<>\"'\])]{2,200}"
)
_SIGNS = ("://", "www.", ".com/", ".org/", ".net/", ".me/", ".blog/", ".page/")
_PERSONAL_LINK = re.compile(
    r"(?:facebook|fb|instagram|tiktok|twitter|x|threads|linkedin|snapchat|youtube|caringbridge|gofundme|givesendgo"
    r"|justgiving|youcaring|mylifeline|legacy|everloved|ancestry|wordpress|blogspot|tumblr|weebly|wixsite|substack"
    r"|flickr|strava|venmo|gofund|fb)\.(?:com|org|me|net)|/(?:in|u|user|users|profile|people|visit)/|obituar|memorial"
)
_CARRIES_NUMBER = re.compile(
    r"[?&;/](?:mrn|patient|pt|dob|ssn|chart|member|person|encounter|accession)(?:_?id|_?name|_?no)?[=/][\w\-]*\d"
    r"|mychart"
)
# Society pages on such sites are no person's.
_PUBLIC_LINK = re.compile(
    r"\.gov\b|\.edu\b|\.mil\b|doi\.org|nhs\.uk|pubmed|nejm|jama|lancet|bmj|nature\.com|cochrane|uptodate|mdcalc"
    r"|medscape|who\.int|clinicaltrials|acc\.org|aha|idsociety|wikipedia|surveymonkey|zoom\.us|arxiv|sciencedirect"
    r"|springer|wiley|elsevier"
)
_OF_PATIENT = re.compile(
    r"\b(?:patient|pt|his|her|their|mother|father|mom|dad|wife|husband|daughter|son|family|she|he)(?:'s)?\b"
)


def find_links(words: Plain, country: str) -> Iterator[Found]:
    """Hard is only a link that carries a number or the like of its patient."""
    lower = words.lower
    if not any(sign in lower for sign in _SIGNS):
        return
    for link in _LINK.finditer(lower):
        address = link[0].rstrip(".,;:!?")
        if _PUBLIC_LINK.search(address):
            continue
        end = link.start() + len(address)
        if _CARRIES_NUMBER.search(address):
            yield Found(link.start(), end, "url", True)
        elif _PERSONAL_LINK.search(address) or _OF_PATIENT.search(
            sentence_before(lower, link.start())[-60:] + " | " + sentence_after(lower, end)[:30]
        ):
            yield Found(link.start(), end, "url", False)
