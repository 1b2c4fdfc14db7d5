"""How well a mail's author is known. Identity is proved here, never read from `From:` alone.

Our own MTA's topmost Authentication-Results counts when one is named in the settings; else DKIM and DMARC (RFC 7489)
are checked here. SPF cannot be checked behind an MTA, so that without its word a sender is proven by an aligned
signature, or not; and where the domain asks to quarantine or reject what is not proven, a mail without one has failed.
To be wrong in that costs the member one question ("did you write this?"); the other way it would cost her name.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import authres
import dkim
import dns.exception
import dns.name
import dns.resolver
from publicsuffixlist import PublicSuffixList

from forum.groups.models import Assurance
from mailgateway.parse import ParsedMail
from mailgateway.parts import MAX_LINES

# What a DNS look-up of a TXT record answers: its octets, None when there is none; DnsTroubleError when nobody can say.
TxtLookup = Callable[[str], bytes | None]
_DNS_SECONDS = 5.0
_SILENCE_SECONDS = 30.0
# So many different domains silent in a row, none answering between them: then it is DNS itself.
_SILENT_DOMAINS = 3
_MAX_SIGNATURES = 5
# The library joins folded lines in a time that grows with their square.
_MAX_HEADERS = 131_072
_END_OF_HEADERS = re.compile(rb"\n\r?\n")


class DnsTroubleError(Exception):
    """DNS did not answer now; an hour's patience before that counts against anybody."""


@dataclass(frozen=True)
class Authenticated:
    """The assurance that the mail itself gives, and a sentence for moderators. `retry` when DNS was in trouble."""

    assurance: Assurance
    reason: str
    retry: bool = False


def authenticate(parsed: ParsedMail, raw: bytes, trusted_authserv_id: str, lookup_txt: TxtLookup) -> Authenticated:
    """Judge the From address of a mail: proven, claimed or failed. A reply token is weighed by the caller."""
    domain = parsed.from_address.rpartition("@")[2].lower()
    if not domain or len(parsed.from_addresses) != 1:
        return Authenticated(Assurance.CLAIMED, "the mail names no single author")
    if trusted_authserv_id:
        return _by_our_mta(parsed, domain, trusted_authserv_id)
    return _by_signature(raw, domain, lookup_txt)


def _by_our_mta(parsed: ParsedMail, domain: str, authserv_id: str) -> Authenticated:
    if not parsed.authentication_results:
        return Authenticated(Assurance.CLAIMED, "our mail server said nothing of the sender")
    try:
        topmost = f"Authentication-Results: {parsed.authentication_results[0]}"
        header = authres.AuthenticationResultsHeader.parse(topmost)
    except (authres.AuthResError, ValueError, IndexError, RecursionError):
        return Authenticated(Assurance.CLAIMED, "the authentication results could not be read")
    # Only the topmost one can be our server's; the same name further down was written by whoever sent the mail.
    if (header.authserv_id or "").lower() != authserv_id.lower():
        return Authenticated(Assurance.CLAIMED, f"the topmost authentication results are not of {authserv_id}")
    results = [(result.method, (result.result or "").lower(), result) for result in header.results]
    for method, result, found in results:
        if method == "dmarc" and result == "pass":
            judged = _property(found, "header", "from").rpartition("@")[2] or domain
            if not aligned(judged, domain):
                # A From that our server reads in one way and we in another proves nobody.
                return Authenticated(Assurance.CLAIMED, f"DMARC passed for {judged}, which is not the author's domain")
            return Authenticated(Assurance.PROVEN, "DMARC passed")
        if method == "dmarc" and result == "fail":
            return Authenticated(Assurance.FAILED, "DMARC failed")
        if method == "dmarc" and result == "temperror":
            return Authenticated(Assurance.CLAIMED, "DMARC could not be checked")
    for method, result, found in results:
        if result == "pass" and aligned(_domain_of(method, found), domain):
            return Authenticated(Assurance.PROVEN, f"{method.upper()} passed for {domain}")
    return Authenticated(Assurance.CLAIMED, f"nothing that passed belongs to {domain}")


def _domain_of(method: str, result: authres.core.AuthenticationResult) -> str:
    """The domain for which DKIM or SPF passed; empty for other methods."""
    if method == "dkim":
        return _property(result, "header", "d")
    if method == "spf":
        return _property(result, "smtp", "mailfrom").rpartition("@")[2]
    return ""


def _property(result: authres.core.AuthenticationResult, kind: str, name: str) -> str:
    """A property such as header.from, in lower case; empty when the server has not given it."""
    found = (each.value for each in result.properties if (each.type, each.name) == (kind, name))
    return str(next(found, None) or "").lower()


def _by_signature(raw: bytes, domain: str, lookup_txt: TxtLookup) -> Authenticated:
    signers, trouble = _who_signed(raw, domain, lookup_txt)
    if domain in signers:
        return Authenticated(Assurance.PROVEN, f"DKIM passed for {domain}")
    try:
        policy = _policy_of(domain, lookup_txt)
    except DnsTroubleError:
        # A mail without a signature need not wait for it: without its domain's word it is a claim in any case.
        policy, trouble = _NO_POLICY, trouble or bool(signers)
    if signers and not trouble and not policy.strict:
        return Authenticated(Assurance.PROVEN, f"DKIM passed for {min(signers)}, which is of {domain}")
    if trouble:
        return Authenticated(Assurance.CLAIMED, "DNS did not answer for the signature", retry=True)
    if policy.enforced:
        return Authenticated(Assurance.FAILED, f"DMARC failed: no signature of {domain} holds, and it asks for one")
    return Authenticated(Assurance.CLAIMED, f"no signature of {domain} that holds")


def _who_signed(raw: bytes, domain: str, lookup_txt: TxtLookup) -> tuple[frozenset[str], bool]:
    """The domains aligned with this one whose signatures hold, and whether DNS was in trouble over another."""
    if raw.count(b"\n") > MAX_LINES or not _END_OF_HEADERS.search(raw, 0, _MAX_HEADERS):
        return frozenset(), False  # Too many lines or headers for a signature to be checked.
    try:
        signer = dkim.DKIM(raw, minkey=1024)
    except (dkim.DKIMException, IndexError):
        return frozenset(), False  # Its headers are too broken for a signature to hold.
    trouble, holding = False, set()
    signatures = [value for name, value in signer.headers if name.lower() == b"dkim-signature"]
    for index in range(min(len(signatures), _MAX_SIGNATURES)):
        try:
            fields = dkim.util.parse_tag_value(signatures[index])
            if b"l" in fields:
                continue  # It signs only the beginning: anybody could have added the rest.
            signed_by = fields.get(b"d", b"").decode("ascii", "replace").lower()
            if aligned(signed_by, domain) and signer.verify(idx=index, dnsfunc=_for_dkim(lookup_txt)):
                holding.add(signed_by)
        except DnsTroubleError:
            trouble = True
        except (dkim.DKIMException, dkim.util.InvalidTagValueList, ValueError, IndexError):
            continue  # A signature that cannot be read or does not fit proves nothing; another one may.
    return frozenset(holding), trouble


@dataclass(frozen=True)
class _Policy:
    """What a domain's DMARC record asks for, of what is judged here."""

    enforced: bool = False
    strict: bool = False


_NO_POLICY = _Policy()


def _policy_of(domain: str, lookup_txt: TxtLookup) -> _Policy:
    """The policy of the domain itself, else what its organisation says of its subdomains (RFC 7489, section 6.6.3)."""
    organisation = organisation_of(domain)
    for name, keys in ((domain, ("p",)), (organisation, ("sp", "p"))):
        fields = _dmarc_fields(lookup_txt(f"_dmarc.{name}."))
        if fields is not None:
            wanted = next((fields[key] for key in keys if key in fields), "none")
            return _Policy(wanted in ("quarantine", "reject"), fields.get("adkim") == "s")
        if name == organisation:
            break
    return _NO_POLICY


def _dmarc_fields(record: bytes | None) -> dict[str, str] | None:
    """The tags of a DMARC record, in lower case; None for what is none."""
    pairs = [each.partition("=") for each in (record or b"").decode("ascii", "replace").lower().split(";")]
    fields = {name.strip(): value.strip() for name, _, value in pairs}
    return fields if pairs[0][0].strip() == "v" and fields["v"] == "dmarc1" else None


def _for_dkim(lookup_txt: TxtLookup) -> Callable[..., bytes | None]:
    def lookup(name: bytes | str, timeout: int = 5) -> bytes | None:
        return lookup_txt(name.decode("ascii") if isinstance(name, bytes) else name)

    return lookup


def aligned(signed_by: str, from_domain: str) -> bool:
    """Relaxed alignment (RFC 7489, section 3.1): both are of one organisation. A public suffix is nobody's."""
    return signed_by != "" and (signed_by == from_domain or organisation_of(signed_by) == organisation_of(from_domain))


def organisation_of(domain: str) -> str:
    """The domain that somebody has registered: example.co.uk of mail.example.co.uk. Itself if nobody can have."""
    return str(_public_suffixes().privatesuffix(domain) or domain)


@cache
def _public_suffixes() -> PublicSuffixList:
    return PublicSuffixList()


class SystemDns:
    """TXT records from the system's resolver. A domain that does not answer is left alone for half a minute.

    Otherwise each signed mail would wait for the time-out again. When domains in a row are silent it is DNS that is
    away, and all are left alone; a single one must not delay the mail of the others.
    """

    def __init__(self) -> None:
        self._silent_until: dict[str, float] = {}
        self._silent_in_a_row: set[str] = set()

    def __call__(self, name: str) -> bytes | None:
        try:
            asked = dns.name.from_text(name)
        except (dns.exception.DNSException, UnicodeError):
            return None  # A name that cannot exist has no record.
        bare = name.lower().rstrip(".").removeprefix("_dmarc.")
        domain = bare.partition("._domainkey.")[2] or bare
        moment = time.monotonic()
        if max(self._silent_until.get(domain, 0.0), self._silent_until.get("", 0.0)) > moment:
            raise DnsTroubleError("DNS did not answer a moment ago")
        try:
            answer = dns.resolver.resolve(asked, "TXT", lifetime=_DNS_SECONDS)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.resolver.YXDOMAIN):
            self._silent_in_a_row.clear()
            return None
        except dns.exception.DNSException as error:
            self._note_silence(domain, moment)
            raise DnsTroubleError(str(error)) from error
        self._silent_in_a_row.clear()
        return b"".join(answer[0].strings)

    def _note_silence(self, domain: str, moment: float) -> None:
        self._silent_until = {each: until for each, until in self._silent_until.items() if until > moment}
        self._silent_until[domain] = moment + _SILENCE_SECONDS
        self._silent_in_a_row.add(domain)
        if len(self._silent_in_a_row) >= _SILENT_DOMAINS:
            self._silent_until[""] = moment + _SILENCE_SECONDS
