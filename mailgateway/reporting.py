"""Reporting a post by answering its mail: the first word is report or flag, and what follows says why.

Such an answer is never published, whoever it claims to be from: it speaks about a post, to the moderators alone.
"""

import re

from forum.accounts.models import Member
from forum.db import db
from forum.groups.actions import NotPossible
from forum.groups.models import Assurance, Group
from forum.groups.rights import may_read, viewer_of
from forum.moderation.flags import flag_post, rules_to_name
from forum.moderation.models import FlagState
from forum.queue import enqueue
from forum.rules.submission import Submission
from forum.threads.models import Post
from forum.threads.queries import post_by_id
from mailgateway.command_answers import Answer, as_line
from mailgateway.notice import site_url
from mailgateway.parse import ParsedMail
from mailgateway.route import PostRoute

# What goes on like a sentence about a report or a flag is an answer to the group: "Report of our visit", "Flag day is".
_REPORTS = re.compile(
    r"[\W_]*(?:report|flag)(?![\w'’-])"
    r"(?!\s+(?:from|of|on|about|is|are|was|were|has|will|shows?|says|attached|below|above|enclosed|cards?|day|number"
    r"|back)\b)[\s:,;.–—-]*(?P<words>.*)",
    re.IGNORECASE | re.DOTALL,
)
_POSTED_NOTHING = "Your answer was not posted."


def report_by_mail(parsed: ParsedMail, found: PostRoute, submission: Submission) -> str:
    """What came of an answer that reports the post it answers; "" when it is not that."""
    match = _REPORTS.fullmatch(parsed.text.strip())
    if match is None or found.token_post_id is None or submission.author_id is None:
        return ""
    member, post = db.session.get_one(Member, submission.author_id), post_by_id(found.token_post_id)
    viewer = viewer_of(member)
    if post is None or viewer is None or not may_read(viewer, post.thread.group):
        return "report: the sender may not read that post; nothing done, and nothing posted"
    if submission.assurance.rank < Assurance.TOKEN.rank:
        # Told to nobody: whoever forges a member's address cannot fill that mailbox through us.
        return "report: the sender is not proven; nothing done, and nothing posted"
    said = _report(post, member, match["words"].strip(" *_\n"), site_url(f"/p/{post.public_id}/report"))
    enqueue("notice.command_answer", found.recipient_ids[0], member.id)
    return as_line(Answer(said))


def _report(post: Post, member: Member, words: str, page: str) -> str:
    try:
        done = flag_post(post, member, rule_id=_rule_named(words, post.thread.group), words=words)
    except NotPossible as refusal:
        return f"Nothing was reported: {refusal} {_POSTED_NOTHING} The page for it: {page}"
    if done.is_new:
        said = f"The moderators of {post.thread.group.name} have your report, and nobody else hears of it."
    elif done.state is FlagState.OPEN:
        said = "You have reported this post already. A moderator has not decided yet."
    else:
        said = "You have reported this post before, and a moderator has decided. Nothing has changed."
    return f"{said} {_POSTED_NOTHING} If it was meant for the group, send it again with another first word."


def _rule_named(words: str, group: Group) -> int | None:
    """The rule whose name the reason begins with."""
    spoken = words.lower().replace("_", " ").replace("-", " ")
    named = (
        each.rule_id
        for each in rules_to_name(group)
        if re.match(rf"{re.escape(each.name.lower().replace('_', ' ').replace('-', ' '))}\b", spoken)
    )
    return next(named, None)
