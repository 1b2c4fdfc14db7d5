"""Whether a request may use the demo's extra doors: only one that comes straight from a browser on this machine.

A forwarding header or a foreign Host says that somebody else's request has come this far, through a proxy or by a name
that was made to point here. Decides and answers nothing.
"""

import re
from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
_FORWARDING = re.compile(r"x-forwarded(-.*)?|forwarded|via|x-real-ip|x-client-ip|true-client-ip|cf-connecting-ip")
_HOST = re.compile(r"(?:\[(?P<v6>[0-9a-f:.]+)\]|(?P<name>[a-z0-9.-]+))(?::\d{1,5})?", re.IGNORECASE)


def why_closed(header_names: Iterable[str], host: str, base_url: str) -> str:
    """The reason why the doors stay shut for a request with these headers and this Host; "" when they open."""
    forwarding = sorted(name for name in header_names if _FORWARDING.fullmatch(name.lower()))
    if forwarding:
        return f"It was passed on by another program (it has the header {forwarding[0]})."
    match = _HOST.fullmatch(host)
    name = "" if match is None else (match["v6"] or match["name"]).lower()
    if name not in LOOPBACK_NAMES and name != _loopback_name_of(base_url):
        return "It did not ask for this computer by its own name for itself, such as 127.0.0.1 or localhost."
    return ""


def _loopback_name_of(base_url: str) -> str | None:
    """The host of the site's own address if it means this machine: `*.localhost` (RFC 6761) or a loopback address."""
    name = urlsplit(base_url).hostname or ""
    if name.endswith(".localhost"):
        return name
    try:
        return name if ip_address(name).is_loopback else None
    except ValueError:
        return None
