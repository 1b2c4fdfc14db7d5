"""Answers to commands by mail: what was changed with the way back, and all that a member has set. Reads only."""

from collections.abc import Callable, Mapping
from urllib.parse import quote

from forum.accounts.models import Member
from forum.accounts.preferences import WEEKDAYS, is_away, zone_of
from forum.db import db
from forum.groups.models import READS
from forum.groups.queries import memberships_of
from forum.groups.rights import tree_for, viewer_of
from forum.queue import Task
from forum.threads.following import tag_choices
from mailgateway.command_answers import as_answer
from mailgateway.member_settings import FORMS
from mailgateway.models import InboundRecipient
from mailgateway.notice import Notice, our_addresses, site_url, to_member
from mailgateway.settings_by_mail import SENTENCES


def _command_answer(task: Task) -> Notice | None:
    row = db.session.get_one(InboundRecipient, task.target_id)
    assert task.other_id is not None
    answers = [as_answer(line) for line in row.reason.split("\n")]
    return to_member("command_answer", task.other_id, our_addresses().system(), answers=answers, link=_mailto)


def _mailto(command: str) -> str:
    return f"mailto:{our_addresses().system()}?subject={quote(command)}"


def _my_settings(task: Task) -> Notice | None:
    member = db.session.get_one(Member, task.target_id)
    viewer = viewer_of(member)
    if viewer is None:
        return None
    mine = [each for each in memberships_of(member.id) if each.standing in READS]
    belongs = {each.group_id for each in mine}
    return to_member(
        "my_settings",
        member.id,
        our_addresses().system(),
        mine=mine,
        tags={each.group_id: tag_choices(member.id, each.group_id) for each in mine},
        others=[node.group for node in tree_for(viewer) if node.group.id not in belongs],
        modes=SENTENCES,
        form=FORMS[member.digest_format],
        weekday=WEEKDAYS[member.digest_weekday],
        away_until=member.away_until.astimezone(zone_of(member)) if member.away_until and is_away(member) else None,
        address_of=lambda group: our_addresses().group(group.mail_name),
        link=_mailto,
        url=site_url("/my-groups"),
    )


FACTS: Mapping[str, Callable[[Task], Notice | None]] = {
    "notice.command_answer": _command_answer,
    "notice.my_settings": _my_settings,
}
