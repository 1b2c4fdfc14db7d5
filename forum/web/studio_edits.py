"""Reads the forms of the split studio: the draft that each button asks for, and what is said of it. It writes nothing.

NotPossible is what cannot be done; WrongField what was typed or chosen in one field and will not do.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from werkzeug.datastructures import MultiDict

from forum.groups.actions import NotPossible
from forum.groups.models import JoinPolicy, Kind
from forum.splitting.cut.bounds import Bounds
from forum.splitting.models import Plan
from forum.splitting.proposals.options import By, Options
from forum.splitting.studio import editing
from forum.splitting.studio.cutting_anew import divided, fit_within
from forum.splitting.studio.desk import Desk, in_common, people_by_public_ids, who_has
from forum.splitting.studio.drafts import check_name, fits_in, template_for
from forum.splitting.studio.editing import Draft
from forum.web.rendering import counted
from forum.web.session import viewer

Form = MultiDict[str, str]

# Into how many groups one can be divided at once.
PARTS = range(2, 7)
_A_SIZE = "Write a number of members such as 50."
_PLACE = re.compile(r"[0-9]{1,6}")


class WrongField(ValueError):
    """Fields that will not do, each with the sentence that says so."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(*errors.values())
        self.errors = errors


@dataclass(frozen=True)
class Edited:
    """The draft after an edit, and what was done in a sentence. `leads_back`: to the page of the group, which is still
    there; `moves`: members are elsewhere now, so that names that were made up are made anew."""

    draft: Draft
    said: str
    leads_back: bool = False
    moves: bool = True
    # What else is kept: the bounds, and which cut was taken.
    options: Mapping[str, Any] = field(default_factory=dict)


def take_cut(desk: Desk, form: Form) -> Edited:
    """Another of the proposal's cuts."""
    number = number_in(form.get("do", "").removeprefix("take "))
    if number is None or number >= len(desk.evidence.labels):
        raise NotPossible("There is no such cut. Choose one of the buttons.")
    labels, second = desk.evidence.labels[number], desk.evidence.second[number]
    draft = editing.cut_anew(labels, second, template_for(desk.plan.group))
    return Edited(draft, f"This is the cut into {counted(len(draft.groups), 'group')}.", options={"taken": number})


def read_options(form: Form) -> Options:
    """How a proposal is asked for."""
    by = next((each for each in By if each == form.get("by")), None)
    overlap = number_in(form.get("overlap", ""))
    errors = {} if by is not None else {"by": "Choose what should bring members together."}
    if overlap is None or overlap > 100:
        errors["overlap"] = "Write a number from 0 to 100."
    smallest, largest = _bounds_in(form, errors)
    if errors or by is None or overlap is None:
        raise WrongField(errors)
    return Options(by, smallest, largest, overlap / 100)


def read_bounds(plan: Plan, form: Form) -> Options:
    """How the proposal was asked for, with the bounds that were typed."""
    errors: dict[str, str] = {}
    smallest, largest = _bounds_in(form, errors)
    if errors:
        raise WrongField(errors)
    return replace(Options.read(plan.options), smallest=smallest, largest=largest)


def _bounds_in(form: Form, errors: dict[str, str]) -> tuple[int, int]:
    """The bounds of a form; what is wrong with them is added to the errors."""
    smallest, largest = (number_in(form.get(name, "")) or 0 for name in ("smallest", "largest"))
    errors |= {name: _A_SIZE for name, size in (("smallest", smallest), ("largest", largest)) if not size}
    if smallest and largest and smallest > largest:
        errors["largest"] = "Write a larger number than the fewest."
    return smallest, largest


def fit_bounds(desk: Desk, form: Form) -> Edited:
    """Every group within the bounds that were typed."""
    options = read_bounds(desk.plan, form)
    draft = fit_within(
        desk.evidence,
        desk.draft,
        template_for(desk.plan.group),
        Bounds(options.smallest, options.largest),
        seed=options.seed,
    )
    said = f"Every group has {options.smallest:,} to {options.largest:,} members now."
    return Edited(draft, said, options=options.written())


def _rename(desk: Desk, at: int, form: Form) -> Edited:
    name, slug = " ".join(form.get("name", "").split())[:200], form.get("slug", "").strip().lower()
    errors = check_name(desk.plan, desk.draft.groups[at].planned_id, name, slug)
    if errors:
        raise WrongField(errors)
    about = form.get("about", "").strip()[:500]
    renamed = editing.rename(desk.draft, at, name, slug, about)
    return Edited(renamed, f"The group is called {name} now.", leads_back=True, moves=False)


def _describe(desk: Desk, at: int, form: Form) -> Edited:
    kind = next((each for each in Kind if each == form.get("kind")), None)
    join = next((each for each in JoinPolicy if each == form.get("join")), None)
    errors = {} if kind is not None else {"kind": "Choose a kind."}
    errors |= {} if join is not None else {"join": "Choose who can join."}
    errors |= {} if form.get("listed") in ("yes", "no") else {"listed": "Choose who knows that it exists."}
    if errors or kind is None or join is None:
        raise WrongField(errors)
    listed, like = form["listed"] == "yes", template_for(desk.plan.group)
    draft = editing.describe(desk.draft, at, kind=kind, listed=listed, join_policy=join, like=like)
    return Edited(draft, f"This will hold for {desk.draft.groups[at].name}.", leads_back=True, moves=False)


def _merge(desk: Desk, at: int, form: Form) -> Edited:
    into = _group_in(desk, form, "into", "Choose a group to merge with.")
    names = [group.name for group in desk.draft.groups]
    return Edited(editing.merge(desk.draft, at, into), f"{names[at]} and {names[into]} are one group now.")


def _divide(desk: Desk, at: int, form: Form) -> Edited:
    parts = number_in(form.get("parts", ""))
    if parts is None or parts not in PARTS:
        raise WrongField({"parts": "Choose into how many groups."})
    seed = int(desk.plan.options.get("seed", 0))
    found = divided(desk.evidence, desk.draft.people_of(at), parts=parts, seed=seed)
    draft = editing.divide(desk.draft, at, found)
    return Edited(draft, f"{desk.draft.groups[at].name} is divided into {parts} groups.")


def _facet(desk: Desk, at: int, form: Form) -> Edited:
    place = number_in(form.get("facet", ""))
    if place is None or place not in {each.place for each in in_common(desk, at, viewer())}:
        raise WrongField({"facet": "Choose what they have in common."})
    people = who_has(desk, at, place, viewer())
    if form.get("facet_to"):
        to = _group_in(desk, form, "facet_to", "Choose a group to move them to.")
        return Edited(editing.move(desk.draft, people, to), _how_many_moved(len(people), len(people)))
    draft = editing.move_to_new(desk.draft, people, template_for(desk.plan.group))
    return Edited(draft, f"{counted(len(people), 'member is', 'members are')} a group of their own now.")


def _move(desk: Desk, at: int, form: Form) -> Edited:
    """The ticked members to a group, or each to where most of the other ties are."""
    people = people_by_public_ids(desk, form.getlist("who"))
    people = people[np.isin(people, desk.draft.people_of(at))]
    best = fits_in(desk.evidence, desk.draft).next_best(desk.draft)[people]
    if form.get("to"):
        best = np.full_like(best, _group_in(desk, form, "to", "Choose a group to move them to."))
    going = best >= 0
    if len(people) and not going.any():
        raise NotPossible("None of them has ties to another group. Choose a group to move them to.")
    if not len(people):
        raise NotPossible("Tick at least one member to move.")
    draft = desk.draft
    for to in np.unique(best[going]).tolist():
        draft = editing.moved(draft, people[best == to], to)
    draft = editing.without_empty(draft)
    stays = any(group.planned_id == desk.draft.groups[at].planned_id for group in draft.groups)
    return Edited(draft, _how_many_moved(int(going.sum()), len(people)), leads_back=stays)


def _remove(desk: Desk, at: int, _form: Form) -> Edited:
    best = fits_in(desk.evidence, desk.draft).next_best(desk.draft)
    said = f"{desk.draft.groups[at].name} is taken out. Its members are in the other groups now."
    return Edited(editing.take_out(desk.draft, at, best), said)


GROUP_EDITS: Mapping[str, Callable[[Desk, int, Form], Edited]] = {
    "rename": _rename,
    "describe": _describe,
    "merge": _merge,
    "divide": _divide,
    "facet": _facet,
    "move": _move,
    "remove": _remove,
}


def number_in(typed: str) -> int | None:
    """A number of a form, or None for what is none."""
    return int(typed) if _PLACE.fullmatch(typed) else None


def _group_in(desk: Desk, form: Form, field: str, missing: str) -> int:
    """The place in the draft of the group whose position was chosen."""
    position = number_in(form.get(field, ""))
    if position is None or not 1 <= position <= len(desk.draft.groups):
        raise WrongField({field: missing})
    return position - 1


def _how_many_moved(moved: int, asked: int) -> str:
    said = f"{counted(moved, 'member is', 'members are')} moved."
    rest = asked - moved
    return said if not rest else f"{said} {counted(rest, 'has', 'have')} no ties to another group and stayed."
