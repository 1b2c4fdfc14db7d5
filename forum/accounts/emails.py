"""What two spellings of one mail address share, and what is an address at all. Pure."""

import re

_ADDRESS = re.compile(
    r"(?P<local>[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]{1,64})@(?P<domain>[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]{1,190})"
)
# RFC 5321, section 4.5.3.1.3: a path of 256 octets with its brackets.
LONGEST = 254
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


class BadAddress(ValueError):
    """What was typed is no mail address; the sentence says so."""


def address_key(email: str) -> str:
    """Lower case, domain in IDNA; BadAddress when it is no address.

    The local part is folded too: RFC 5321 lets hosts tell cases apart, but none that people use does.
    """
    match = _ADDRESS.fullmatch(email.strip())
    if match is None or match["local"].startswith(".") or match["local"].endswith(".") or ".." in match["local"]:
        raise BadAddress(f"{email.strip()[:100]!r} is not a mail address such as ann@example.org")
    try:
        domain = match["domain"].lower().rstrip(".").encode("idna").decode()
    except UnicodeError:
        domain = ""
    if not all(_LABEL.fullmatch(label) for label in domain.split(".")):
        raise BadAddress(f"{email.strip()[:100]!r} has no domain that mail can go to")
    key = f"{match['local'].lower()}@{domain}"
    if max(len(key), len(email.strip())) > LONGEST:
        raise BadAddress(f"{email.strip()[:100]!r} is longer than a mail address can be")
    return key


def base_key(key: str) -> str:
    """The key without a plus-tag."""
    local, _, domain = key.rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"
