"""Pages of posting rules: what a group asks, for its members; terms, versions, trials and sightings, for moderators.

Members read what is on, moderators everything; owners change it. A trial is a POST that writes nothing.
"""

import re
from collections.abc import Mapping

from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from forum.db import db, transaction
from forum.groups.actions import NotPossible
from forum.groups.models import Group, Kind
from forum.groups.rights import may_moderate, may_own, may_read, may_see, moderated_group_ids
from forum.posting.sighted import COUNTED_DAYS, SightingCount, count_sightings, sightings_page
from forum.rulebook.actions import add_rule, change_rule, follow_above, restore_version
from forum.rulebook.defaults import default_terms
from forum.rulebook.history import history_of
from forum.rulebook.models import PostingRule
from forum.rulebook.queries import StandingRule, groups_under, rule_named, standing_rules, version_numbered
from forum.rules.checks import CHECKS, HISTORY_CHECKS
from forum.rules.terms import Mode, Terms
from forum.web.asked import asked_number
from forum.web.rule_form import (
    BETWEEN,
    BINDS_CHOICES,
    MODE_CHOICES,
    SEVERITY_CHOICES,
    as_typed,
    option_fields,
    read_terms,
)
from forum.web.rule_trials import TRIED_DAYS, Trial, try_on_past, try_on_text
from forum.web.rule_words import CHECK_TITLES, MODES, WHAT_HAPPENS, WHOM
from forum.web.session import member, members_only, the_group, the_moderated_group, viewer

blueprint = Blueprint("rulebook", __name__)

Page = Response | str | tuple[str, int]

PAGE = 50
_PLACE = re.compile(r"past( [ph]\d{1,15})?")
_VERSION = re.compile(r"like (\d{1,6})")


# --- reading ---


@blueprint.get("/g/<slug>/rules")
@members_only
def rules(slug: str) -> Page:
    """What the group asks of posts, in plain words; for moderators also what does not speak, with counts."""
    group = the_group(slug)
    if not may_read(viewer(), group):
        abort(404)
    moderates = may_moderate(viewer(), group)
    standing = standing_rules(group)
    return render_template(
        "rulebook/rules.html",
        group=group,
        rules=[each for each in standing if each.terms.mode is Mode.ON],
        silent=[each for each in standing if each.terms.mode is not Mode.ON] if moderates else [],
        origins={each.name: _origin(each, group) for each in standing},
        counts=count_sightings(_groups_to_look_into(group)) if moderates else {},
        nothing=SightingCount(),
        moderates=moderates,
        owns=may_own(viewer(), group),
        WHAT_HAPPENS=WHAT_HAPPENS,
        WHOM=WHOM,
        MODES=MODES,
        COUNTED_DAYS=COUNTED_DAYS,
    )


@blueprint.get("/g/<slug>/rules/<name>")
@members_only
def rule(slug: str, name: str) -> Page:
    group = the_moderated_group(slug)
    return _rule_page(group, _standing(group, name), Trial(), {}, {})


@blueprint.get("/g/<slug>/rules/<name>/seen")
@members_only
def seen(slug: str, name: str) -> Page:
    """What the rule saw, in shadow or not, newest first."""
    group = the_moderated_group(slug)
    standing = _standing(group, name)
    before = asked_number("before")
    rows = sightings_page(standing.in_force.rule_id, _groups_to_look_into(group), before=before, limit=PAGE + 1)
    return render_template(
        "rulebook/seen.html",
        group=group,
        rule=standing,
        rows=rows[:PAGE],
        older=rows[PAGE - 1].id if len(rows) > PAGE else None,
        before=before,
        kinds_seen=_kinds_seen,
    )


# --- changing and trying ---


@blueprint.post("/g/<slug>/rules/<name>")
@members_only
def change(slug: str, name: str) -> Page:
    """One of the buttons of a rule's page: keep the terms, try them, follow the group above, bring a version back."""
    group = the_moderated_group(slug)
    standing = _standing(group, name)
    act = request.form.get("do", "")
    if _PLACE.fullmatch(act) or act == "text":
        return _try(group, standing, act)
    wanted = _VERSION.fullmatch(act)
    if act not in ("keep", "follow") and wanted is None:
        abort(400)
    if not may_own(viewer(), group):
        abort(404)
    terms, errors = read_terms(standing.terms, request.form, _rooms(group, standing)) if act == "keep" else (None, {})
    if errors:
        return _rule_page(group, standing, Trial(), request.form, errors)
    try:
        with transaction():
            made = _change(group, name, terms, act, int(wanted[1]) if wanted is not None else None)
    except NotPossible as refusal:
        return _rule_page(group, _standing(group, name), Trial(), request.form, {"": str(refusal)})
    flash("This holds from now on. You can bring an earlier version back below." if made else "Nothing has changed.")
    return redirect(f"/g/{group.slug}/rules/{name}")


def _change(group: Group, name: str, terms: Terms | None, act: str, number: int | None) -> bool:
    made = _the_rule(group, name)
    if act == "follow":
        return follow_above(made, group, actor_id=member().id) is not None
    if terms is not None:
        seen_version = request.form.get("seen", "")
        seen_id = int(seen_version) if seen_version.isascii() and seen_version.isdecimal() else 0
        return change_rule(made, group, terms, actor_id=member().id, seen=seen_id) is not None
    version = version_numbered(made, group, number or 0)
    if version is None:
        raise NotPossible("There is no such version here.")
    return restore_version(made, group, version, actor_id=member().id) is not None


@blueprint.get("/g/<slug>/add-rule")
@members_only
def choose(slug: str) -> Page:
    """The checks to choose from, or with `check` the form of a rule with it; for owners."""
    group = _owned(slug)
    check = request.args.get("check", "")
    if check and check not in CHECKS and check not in HISTORY_CHECKS:
        abort(404)
    return _new_page(group, check, {}, {}) if check else _choose_page(group)


@blueprint.post("/g/<slug>/add-rule")
@members_only
def add(slug: str) -> Page:
    group = _owned(slug)
    check = request.form.get("check", "")
    if check not in CHECKS and check not in HISTORY_CHECKS:
        return _choose_page(group), 422
    begin = default_terms(check, {})
    terms, errors = read_terms(begin, request.form, _rooms(group, None))
    name = request.form.get("name", "").strip()
    if not errors:
        try:
            with transaction():
                add_rule(group, name, terms, actor_id=member().id)
        except NotPossible as refusal:
            errors = {"": str(refusal)}
    if errors:
        return _new_page(group, check, request.form, errors)
    flash(f"The rule {name} is there. Try it on past posts before you switch it on.")
    return redirect(f"/g/{group.slug}/rules/{name}")


def _try(group: Group, standing: StandingRule, act: str) -> Page:
    terms, errors = read_terms(standing.terms, request.form, _rooms(group, standing))
    if errors:
        return _rule_page(group, standing, Trial(), request.form, errors)
    trial = (
        try_on_text(terms, request.form.get("text", ""))
        if act == "text"
        else try_on_past(group, standing, terms, act.removeprefix("past").strip(), _groups_to_look_into(group))
    )
    return _rule_page(group, standing, trial, request.form, {})


# --- what the pages show ---


def _rule_page(
    group: Group, standing: StandingRule, trial: Trial, typed: Mapping[str, str], errors: Mapping[str, str]
) -> Page:
    made = _the_rule(group, standing.name)
    counts = count_sightings(_groups_to_look_into(group))
    rooms = _rooms(group, standing)
    page = render_template(
        "rulebook/rule.html",
        group=group,
        rule=standing,
        terms=standing.terms,
        origin=_origin(standing, group),
        own=made.group_id == group.id,
        has_own=standing.version.group_id == group.id,
        owns=may_own(viewer(), group),
        count=counts.get(made.id, SightingCount()),
        COUNTED_DAYS=COUNTED_DAYS,
        TRIED_DAYS=TRIED_DAYS,
        history=[line for line in history_of(made, group) if may_see(viewer(), line.group)],
        room=db.session.get(Group, standing.terms.room_id) if standing.terms.room_id is not None else None,
        of_pace=standing.terms.check in HISTORY_CHECKS,
        trial=trial,
        kinds_seen=_kinds_seen,
        errors=errors,
        **_form(standing.terms, typed if "sentence" in typed else {}, rooms),
    )
    return (page, 422) if errors else page


def _form(terms: Terms, typed: Mapping[str, str], rooms: Mapping[str, int]) -> dict[str, object]:
    """What the fields of a rule's terms need."""
    room = next((slug for slug, group_id in rooms.items() if group_id == terms.room_id), "")
    return {
        "typed": typed or as_typed(terms, room),
        "fields": option_fields(terms.check, terms.options, typed),
        "rooms": [("", "Nowhere"), *((slug, slug) for slug in rooms)] if terms.check == "political" else [],
        "between": BETWEEN,
        "SEVERITY_CHOICES": SEVERITY_CHOICES,
        "BINDS_CHOICES": BINDS_CHOICES,
        "MODE_CHOICES": MODE_CHOICES,
        "CHECK_TITLES": CHECK_TITLES,
        "WHAT_HAPPENS": WHAT_HAPPENS,
        "WHOM": WHOM,
        "MODES": MODES,
    }


def _choose_page(group: Group) -> str:
    kinds = [*CHECKS.values(), *HISTORY_CHECKS.values()]
    return render_template("rulebook/choose.html", group=group, kinds=kinds, CHECK_TITLES=CHECK_TITLES)


def _new_page(group: Group, check: str, typed: Mapping[str, str], errors: Mapping[str, str]) -> Page:
    terms = default_terms(check, {})
    page = render_template(
        "rulebook/new.html",
        group=group,
        check=check,
        name=typed.get("name", check.replace("_", "-")),
        errors=errors,
        of_pace=check in HISTORY_CHECKS,
        **_form(terms, typed, _rooms(group, None)),
    )
    return (page, 422) if errors else page


def _rooms(group: Group, standing: StandingRule | None) -> Mapping[str, int]:
    """The groups where posts on professional policy may go, by name: those below the rule's own, but no circle."""
    top = standing.made_in if standing is not None else group
    return {
        each.slug: each.id
        for each in groups_under(top)[1:]
        if each.kind is not Kind.CIRCLE and may_see(viewer(), db.session.get_one(Group, each.id))
    }


def _standing(group: Group, name: str) -> StandingRule:
    return next((each for each in standing_rules(group) if each.name == name), None) or abort(404)


def _the_rule(group: Group, name: str) -> PostingRule:
    return rule_named(group, name) or abort(404)


def _owned(slug: str) -> Group:
    group = the_group(slug)
    return group if may_own(viewer(), group) else abort(404)


def _origin(standing: StandingRule, group: Group) -> str:
    """Where an inherited rule comes from; empty for the group's own."""
    if standing.made_in.id == group.id:
        return ""
    return standing.made_in.name if may_see(viewer(), standing.made_in) else "a group above"


def _kinds_seen(kinds: Mapping[str, int]) -> str:
    """Such as "name, phone number (2)"."""
    words = ((kind.replace("_", " "), count) for kind, count in kinds.items())
    return ", ".join(f"{kind} ({count})" if count > 1 else kind for kind, count in words)


def _groups_to_look_into(group: Group) -> frozenset[int]:
    """The group and those below it, without what stands behind the wall of a circle."""
    return moderated_group_ids(viewer()) & {each.id for each in groups_under(group)}
