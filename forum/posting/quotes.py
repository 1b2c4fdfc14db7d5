"""What stands folded below the words of a mail, quotes and signatures: it is no part of what is judged, and readers can
open it. So it is left out where it may tell who a patient is. Reads only.
"""

from dataclasses import replace

from forum.groups.models import Group
from forum.rulebook.queries import rules_in_force
from forum.rules.findings import Severity
from forum.rules.submission import Submission
from forum.rules.terms import Mode

# Lines such as "On Monday, Bo <bo@ward4.example> wrote:" stand over every quote.
_OF_WHO_IS_QUOTED = frozenset({"email", "url", "phone", "fax"})


def without_quoted_patients(submission: Submission, group: Group) -> Submission:
    """The submission without its quotes, if a rule of the group would not let their words out at once.

    Whoever answers has them still. Nobody is asked about each passage: an answer can do without any of them.
    """
    if not submission.folded:
        return submission
    rules = [
        rule
        for rule in rules_in_force(group)
        if rule.terms.check == "patient_identifiers"
        and rule.terms.mode is Mode.ON
        and rule.terms.severity is not Severity.ADVISE
    ]
    if not rules:
        return submission
    # What stands behind the check takes time to load, which only groups with such a rule pay.
    from forum.rules.group_rules import options_of
    from forum.rules.matter import Matter
    from forum.rules.patient_identifiers import patient_identifiers

    matter = Matter(submission.folded)
    sightings = (each for rule in rules for each in patient_identifiers(matter, options_of(rule)))
    # Without a passage it is too long to be read.
    tells = any(
        not each.passages or any(passage.kind not in _OF_WHO_IS_QUOTED for passage in each.passages)
        for each in sightings
        if each.severity is Severity.RETURN
    )
    return replace(submission, folded="") if tells else submission
