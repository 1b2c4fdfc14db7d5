"""Mail that readers could not open: encrypted, or closed up in a signature."""

from forum.rules.findings import Finding, Severity
from forum.rules.submission import Facts, Submission

_TYPES = frozenset({"application/pgp-encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"})
_ARMOUR = "-----BEGIN PGP MESSAGE-----"


def check_encrypted(submission: Submission, facts: Facts) -> Finding | None:
    closed = any(file.type in _TYPES or file.name.lower().endswith(".p7m") for file in submission.files)
    if not closed and not submission.text.lstrip().startswith(_ARMOUR):
        return None
    return Finding(
        "encrypted",
        Severity.RETURN,
        "Your mail is encrypted, and the members could not read it. Turn off encryption (S/MIME or PGP) for"
        " this mail and "
        "send it again.",
        "The mail is encrypted.",
    )
