"""Posting rules: each a pure function from a submission and the facts to a finding or nothing.

A rule is one file here and one line in the table; it reads nothing and writes nothing. All rules run, all findings
are kept, and the most severe decides.
"""

from collections.abc import Callable, Sequence

from forum.rules.assurance import check_assurance
from forum.rules.empty import check_empty
from forum.rules.locked import check_locked
from forum.rules.membership import check_membership
from forum.rules.moderated import check_moderated
from forum.rules.quota import check_quota
from forum.rules.reused_id import check_reused_id
from forum.rules.size import check_size
from forum.rules.submission import Facts, Finding, Severity, Submission

Rule = Callable[[Submission, Facts], Finding | None]

RULES: tuple[Rule, ...] = (
    check_membership,
    check_assurance,
    check_reused_id,
    check_size,
    check_empty,
    check_locked,
    check_quota,
    check_moderated,
)


def findings_of(submission: Submission, facts: Facts) -> tuple[Finding, ...]:
    """Everything that the rules say, the most severe first."""
    found = (rule(submission, facts) for rule in RULES)
    return tuple(sorted((each for each in found if each is not None), key=lambda each: -each.severity.rank))


def severity_of(findings: Sequence[Finding]) -> Severity | None:
    """What the most severe finding asks for."""
    return max((finding.severity for finding in findings), key=lambda severity: severity.rank, default=None)
