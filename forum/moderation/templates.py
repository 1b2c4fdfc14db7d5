"""Ready reasons: words with a name that moderators send back posts with. Never commits.

A group's own and those of the groups above it; of two with one name the nearest wins. Names are told apart without
regard to case.
"""

from collections.abc import Sequence

from sqlalchemy import select

from forum.db import db
from forum.groups.actions import NotPossible
from forum.groups.models import Group
from forum.groups.rights import ancestors
from forum.log import record
from forum.moderation.models import ReasonTemplate
from forum.text import normalise
from forum.text.lines import one_line

NAME_AT_MOST = 80
WORDS_AT_MOST = 5000
_MANY = 200


def templates_for(group: Group) -> Sequence[ReasonTemplate]:
    """The ready reasons that hold in a group, by name."""
    chain = [group, *ancestors(group)]
    nearest: dict[str, ReasonTemplate] = {}
    rows = db.session.scalars(
        select(ReasonTemplate).where(ReasonTemplate.group_id.in_([each.id for each in chain])).limit(_MANY * len(chain))
    ).all()
    far = {each.id: steps for steps, each in enumerate(chain)}
    for row in sorted(rows, key=lambda each: far[each.group_id]):
        nearest.setdefault(row.name.casefold(), row)
    return [nearest[name] for name in sorted(nearest)]


def own_templates(group: Group) -> Sequence[ReasonTemplate]:
    """Those of this very group, by name."""
    rows = db.session.scalars(select(ReasonTemplate).where(ReasonTemplate.group_id == group.id).limit(_MANY))
    return sorted(rows, key=lambda each: each.name.casefold())


def template_named(group: Group, name: str) -> ReasonTemplate | None:
    """What this name stands for in a group; None when nothing has it."""
    wanted = one_line(name).casefold()
    return next((each for each in templates_for(group) if each.name.casefold() == wanted), None)


def worded(group: Group, reason: str) -> str:
    """The words of the ready reason whose name is the whole reason given; else the reason as it is."""
    if not reason.strip() or len(reason) > NAME_AT_MOST + 20:
        return reason
    found = template_named(group, reason.strip().strip("\"'“”‘’.!"))
    return reason if found is None else found.words


def add_template(group: Group, name: str, words: str, *, actor_id: int | None) -> ReasonTemplate:
    """A new ready reason of a group; a name that is taken in it is refused."""
    name, words = _checked(name, words)
    _lock(group)
    own = own_templates(group)
    if any(each.name.casefold() == name.casefold() for each in own):
        raise NotPossible(f"{group.name} has a reason “{name}” already. Change that one.")
    if len(own) >= _MANY:
        raise NotPossible(f"{group.name} has {_MANY} reasons. Remove one first.")
    made = ReasonTemplate(group_id=group.id, name=name, words=words)
    db.session.add(made)
    db.session.flush()
    _note("add reason", made, actor_id, name, f"remove reason {name}")
    return made


def change_template(template: ReasonTemplate, name: str, words: str, *, actor_id: int | None) -> None:
    """Another name or other words; what was sent with the old ones stays as it was."""
    name, words = _checked(name, words)
    group = db.session.get_one(Group, template.group_id)
    _lock(group)
    if (template.name, template.words) == (name, words):
        return
    others = [each for each in own_templates(group) if each.id != template.id]
    if any(each.name.casefold() == name.casefold() for each in others):
        raise NotPossible(f"{group.name} has a reason “{name}” already. Choose another name.")
    undo = f"change reason {name} to {template.name}: {template.words}"
    template.name, template.words = name, words
    _note("change reason", template, actor_id, name, undo)


def remove_template(template: ReasonTemplate, *, actor_id: int | None) -> None:
    """It is offered no more, here and in the groups below."""
    _note("remove reason", template, actor_id, template.name, f"add reason {template.name}: {template.words}")
    db.session.delete(template)
    db.session.flush()


def own_template(group: Group, public_id: str) -> ReasonTemplate | None:
    """One of this very group, by the id in a form."""
    found = select(ReasonTemplate).where(ReasonTemplate.group_id == group.id, ReasonTemplate.public_id == public_id)
    return db.session.scalars(found).first()


def _checked(name: str, words: str) -> tuple[str, str]:
    name, words = one_line(name), normalise(words)
    if not 0 < len(name) <= NAME_AT_MOST:
        raise NotPossible(f"Give the reason a name of 1 to {NAME_AT_MOST} characters.")
    if not 0 < len(words) <= WORDS_AT_MOST:
        raise NotPossible(f"Write the words that the author gets, at most {WORDS_AT_MOST} characters.")
    return name, words


def _lock(group: Group) -> None:
    """The group's row is the turnstile: of two that add one name at once, the second sees the first."""
    db.session.execute(select(Group.id).where(Group.id == group.id).with_for_update(key_share=True))


def _note(act: str, template: ReasonTemplate, actor_id: int | None, why: str, undo: str) -> None:
    record(act, "reason_template", template.id, actor_id=actor_id, group_id=template.group_id, why=why, undo=undo)
