"""What an old list's software wrote before every subject, such as "[locums]": found, and left out of titles. Pure."""

import re

from forum.threads.subjects import title

_TAG = re.compile(r"\[[^\[\]]{1,60}\]")


def list_tag(subject: str) -> str:
    """The tag at the beginning of a subject, behind any "Re:"; "" when there is none."""
    tag = _TAG.match(title(subject))
    return tag[0] if tag else ""


def without_tag(subject: str, tag: str) -> str:
    """The title of a thread without the list's tag, and without the prefixes that stood behind it."""
    rest = title(subject)
    while tag and rest.lower().startswith(tag.lower()):
        rest = title(rest[len(tag) :])
    return rest
