"""Tell the mails that mail systems write about other mails: bounces, complaints, receipts.

Pure. What a bounce says is read in `bounces.py`, what it may cost anybody is decided elsewhere.
"""

import re
from typing import Literal

from mailgateway import bounces
from mailgateway.bounce_signs import looks_like_bounce, reads_like_bounce
from mailgateway.bounces import BounceReport
from mailgateway.charsets import decode_bytes
from mailgateway.mime import Contents
from mailgateway.parts import Part

_PASSED_ON = re.compile(r"\s*(?:fwd?|wg|tr|rv|enc|vs|vb|re|aw|sv|i)\s*:", re.IGNORECASE)

ReportKind = Literal["automatic", "complaint", "receipt", "bounce"]


def judge_report(
    contents: Contents, subject: str, whole: str, raw: bytes
) -> tuple[ReportKind, str, list[BounceReport]] | None:
    """What kind of report a mail is, why, and what it reports; None when it is none. `whole` are all its own words."""
    headers = contents.headers
    root_type, parameters = contents.root.structure()
    is_report = root_type == "multipart/report"
    report_type = parameters.get("report-type", "").lower()
    found = {part.get_content_type() for part in contents.reports} if is_report else set()
    if "message/feedback-report" in found or (is_report and report_type == "feedback-report"):
        told = "\n".join(_report_text(part) for part in contents.reports).lower()
        if re.search(r"^feedback-type:\s*(?:auth-failure|not-spam)", told, re.MULTILINE):
            return "automatic", "A mail provider reports on our mail (ARF), and nobody complains.", []
        return "complaint", "A mail provider passes on a complaint about one of our mails (ARF).", []
    if _is_old_complaint(contents, subject):
        return "complaint", "A mail provider passes on a complaint about one of our mails.", []
    if report_type.endswith("disposition-notification") or any("disposition" in name for name in found):
        told = "\n".join(_report_text(part) for part in contents.reports)
        rejections = bounces.read_rejection(headers, told, whole)
        if rejections:
            return "bounce", "The mailbox itself rejected a mail.", rejections
        return "receipt", "A mail program confirms that a mail was displayed or deleted.", []
    statuses = [part for part in contents.reports if "delivery-status" in part.get_content_type()]
    # One that stands in an attached mail says nothing of this one, and some programs forward all parts of a report.
    is_own = any(child is part for part in statuses[:1] for child in contents.root.children())
    is_report = is_report or (is_own and not _PASSED_ON.match(subject))
    looks = looks_like_bounce(headers) or reads_like_bounce(headers, whole)
    if statuses and (is_report or looks):
        fields = "\n\n".join(_report_text(part) for part in statuses)
        # Some systems write what they tell people in a part of the same kind as the fields.
        reports = bounces.read_delivery_status(fields, whole.strip() or fields)
        if reports:
            return "bounce", "A mail server reports that a mail was not delivered.", reports
        if any(word in fields.lower() for word in ("action: delivered", "action: relayed")):
            return "receipt", "A mail server reports that a mail was delivered.", []
    is_unnamed = is_report and report_type in ("", "delivery-status")
    if (statuses and is_report) or is_unnamed or looks:
        reports = bounces.read_text_report(headers, whole, raw)
        return "bounce", "A mail system writes that a mail was not delivered.", reports
    return None


def _is_old_complaint(contents: Contents, subject: str) -> bool:
    """Complaints of Hotmail's programme, which are older than the standard format."""
    attached = [inner for child in contents.root.children() for inner in child.children()]
    if any("x-hmxmroriginalrecipient" in part for part in (contents.root, *attached)):
        return True
    sender = contents.headers.addresses("from")
    return subject.lower().startswith("complaint about message from") and bool(
        sender and sender[0].address.endswith(("@hotmail.com", "@live.com", "@outlook.com"))
    )


def _report_text(part: Part) -> str:
    """The fields of a report part as text, blocks divided by blank lines."""
    children = part.children()
    if not children:
        return decode_bytes(part.content(), "utf-8")
    blocks: list[str] = []
    for child in children:
        blocks.append("\n".join(f"{name}: {' '.join(str(value).split())}" for name, value in child.raw_items()))
        blocks.append(_report_text(child))
    return "\n\n".join(blocks)
