"""Which words can be the short name of a group. Pure."""

import re

RESERVED = frozenset(
    [
        "banyan",
        "postmaster",
        "abuse",
        "mailer-daemon",
        "root",
        "admin",
        "administrator",
        "reply",
        "author",
        "confirm",
        "moderate",
        "leave",
        "bounce",
        "hostmaster",
        "webmaster",
        "noreply",
        "no-reply",
        "nobody",
        "security",
        "support",
        "help",
        "join",
        "owner",
    ]
)
ENDINGS = ("-owner", "-join", "-leave", "-help", "-bounces", "-request")
_SLUG = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


class BadSlug(ValueError):
    """Not a short name a group can have; the sentence says why."""


def check_slug(slug: str) -> str:
    """The slug itself, or BadSlug."""
    if len(slug) > 40 or not _SLUG.fullmatch(slug):
        raise BadSlug(f"{slug!r}: use small letters, digits and inner hyphens, at most 40, such as cardiology-north")
    if slug in RESERVED:
        raise BadSlug(f"{slug!r} is a mail name of the system; choose another")
    if slug.endswith(ENDINGS):
        raise BadSlug(f"{slug!r} ends like a command address ({', '.join(ENDINGS)}); choose another")
    return slug
