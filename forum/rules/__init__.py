"""Posting rules: each a pure function from a submission and the facts to a finding or nothing.

A rule is one file here and one line in the table; it reads nothing and writes nothing. All rules run, all findings
are kept, and the most severe decides.
"""

from collections.abc import Callable, Sequence

from forum.rules.announce_only import check_announce_only
from forum.rules.anonymity import check_anonymity, check_own_traces
from forum.rules.assurance import check_assurance
from forum.rules.destination import check_addressed, check_recipients
from forum.rules.emergency import check_emergency
from forum.rules.empty import check_empty
from forum.rules.encrypted import check_encrypted
from forum.rules.erased_parent import check_erased_parent
from forum.rules.executables import check_executables
from forum.rules.findings import Finding, Severity
from forum.rules.locked import check_locked
from forum.rules.membership import check_gone, check_membership
from forum.rules.moderated import check_moderated
from forum.rules.over_quoted import check_over_quoted
from forum.rules.quota import check_quota
from forum.rules.reused_id import check_reused_id
from forum.rules.size import check_size
from forum.rules.slow_mode import check_slow_mode
from forum.rules.submission import Facts, Submission
from forum.rules.thread_moderated import check_thread_moderated

Rule = Callable[[Submission, Facts], Finding | None]

RULES: tuple[Rule, ...] = (
    check_membership,
    check_gone,
    check_announce_only,
    check_anonymity,
    check_own_traces,
    check_assurance,
    check_reused_id,
    check_addressed,
    check_recipients,
    check_size,
    check_encrypted,
    check_empty,
    check_executables,
    check_over_quoted,
    check_locked,
    check_erased_parent,
    check_quota,
    check_slow_mode,
    check_emergency,
    check_thread_moderated,
    check_moderated,
)

# The names under which the gate's own rules are kept with held posts; a group's rule has another one.
NAMES_OF_THE_GATE = frozenset(
    {
        *("membership", "assurance", "reused_id", "implicit_destination", "many_recipients", "size", "encrypted"),
        *("empty", "executables", "over_quoted", "locked", "erased_parent", "quota", "slow_mode", "emergency"),
        *("thread_moderated", "moderated", "newcomer", "letter", "returned_before"),
        *("anonymity", "own_traces", "gone", "announce_only"),
    }
)


def findings_of(submission: Submission, facts: Facts) -> tuple[Finding, ...]:
    """Everything that the rules say, the most severe first."""
    found = (rule(submission, facts) for rule in RULES)
    return tuple(sorted((each for each in found if each is not None), key=lambda each: -each.severity.rank))


def severity_of(findings: Sequence[Finding]) -> Severity | None:
    """What the most severe finding asks for."""
    return max((finding.severity for finding in findings), key=lambda severity: severity.rank, default=None)
