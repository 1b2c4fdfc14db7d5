"""The mails around private answers: the answer itself, what became of one, and the report to moderators. Reads only.

A private answer comes from the sender's relay address, so that answering it goes back the same way.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from forum import blobs
from forum.db import db
from forum.groups.queries import community
from forum.groups.rights import may_read, may_see, viewer_of
from forum.private.models import PrivateAnswer
from forum.private.queries import ancestry_of, is_blocked, reader, reviewers_of, token_of
from forum.queue import Task
from forum.text import html_to_mail, plain_to_html
from forum.threads.models import Post
from mailgateway.attachments import Attachment
from mailgateway.compose import display
from mailgateway.models import InboundMail, InboundRecipient
from mailgateway.notice import Notice, our_addresses, site_url, to_member

# Imported ids may hold anything; in a header of ours only what fits there on a line.
_SENDABLE_ID = re.compile(r"<[!-;=?-~]{1,250}>")


def _answer(task: Task) -> Notice | None:
    """The answer on its way; not to somebody who has blocked the sender, nor when either has left or been banned."""
    answer = db.session.get_one(PrivateAnswer, task.target_id)
    readers = (reader(member_id, answer.group) for member_id in (answer.sender_id, answer.recipient_id))
    gone = None in readers or is_blocked(answer.recipient_id, answer.sender_id)
    if answer.text is None or gone:
        return None
    notice = to_member(
        "private_answer",
        answer.recipient_id,
        subject=answer.subject,
        text=answer.text.strip("\n"),
        html=html_to_mail(plain_to_html(answer.text)),
        sender=answer.sender,
        group=answer.group,
        url=site_url(f"/private/{token_of(answer)}"),
        code=token_of(answer),
    )
    return None if notice is None else _as_from_sender(notice, answer)


def _as_from_sender(notice: Notice, answer: PrivateAnswer) -> Notice:
    ancestry = ancestry_of(answer)
    references = [each for each in ancestry.references if _SENDABLE_ID.fullmatch(each)]
    name = display(f"{answer.sender.name} via {answer.group.name}")
    headers = {
        "From": f"{name} <{our_addresses().author(answer.sender_id, answer.group_id)}>",
        "Message-ID": answer.message_id,
        # A person wrote it. Programs are asked not to answer it all the same.
        "Auto-Submitted": "",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "In-Reply-To": ancestry.parent if _SENDABLE_ID.fullmatch(ancestry.parent) else "",
        "References": " ".join(references),
    }
    files = [Attachment(file.name, file.type, blobs.content_of(file.digest)) for file in answer.files]
    return replace(notice, headers=headers, files=files)


def _undelivered(task: Task) -> Notice | None:
    row = db.session.get_one(InboundRecipient, task.target_id)
    assert task.other_id is not None
    mail = db.session.get_one(InboundMail, row.mail_id)
    return to_member("private_undelivered", task.other_id, mail=mail, row=row)


def _unproven(task: Task) -> Notice | None:
    assert task.other_id is not None
    row = db.session.get_one(InboundRecipient, task.other_id)
    mail = db.session.get_one(InboundMail, row.mail_id)
    return to_member("private_unproven", task.target_id, mail=mail, url=site_url("/"))


def _blocked(task: Task) -> Notice | None:
    answer = db.session.get_one(PrivateAnswer, task.target_id)
    return to_member("private_blocked", answer.recipient_id, sender=answer.sender, url=site_url("/me/blocked"))


def _reported(task: Task) -> Notice | None:
    answer = db.session.get_one(PrivateAnswer, task.target_id)
    block_url = site_url(f"/private/{token_of(answer)}")
    return to_member("private_reported", answer.recipient_id, answer=answer, sender=answer.sender, url=block_url)


def _report(task: Task) -> Notice | None:
    """To one moderator, who is asked for the right again at the moment of sending.

    Who may not know of the group - a circle whose only moderator is the sender - learns nothing of it.
    """
    answer = db.session.get_one(PrivateAnswer, task.target_id)
    assert task.other_id is not None
    moderator = next((member for member in reviewers_of(answer) if member.id == task.other_id), None)
    viewer = None if moderator is None else viewer_of(moderator)
    if answer.text is None or viewer is None:
        return None
    group = answer.group if may_see(viewer, answer.group) else community()
    post = None if answer.post_id is None else db.session.get(Post, answer.post_id)
    if post is not None and not may_read(viewer, post.thread.group):
        post = None
    return to_member(
        "private_report",
        task.other_id,
        answer=answer,
        text=answer.text.strip("\n"),
        sender=answer.sender,
        recipient=answer.recipient,
        group=group,
        files=answer.files,
        about=site_url(f"/p/{post.public_id}") if post is not None else "",
        url=site_url(f"/g/{group.slug}/members/{answer.sender.public_id}"),
    )


FACTS: Mapping[str, Callable[[Task], Notice | None]] = {
    "notice.private_answer": _answer,
    "notice.private_undelivered": _undelivered,
    "notice.private_unproven": _unproven,
    "notice.private_blocked": _blocked,
    "notice.private_reported": _reported,
    "notice.private_report": _report,
}
