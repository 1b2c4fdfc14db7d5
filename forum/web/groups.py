"""Pages of groups: the newest threads of one's own, the tree, and a group."""

from collections.abc import Sequence

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from forum.groups.models import JoinPolicy, Standing
from forum.groups.queries import count_members, own_groups_below
from forum.groups.rights import may_moderate, may_own, may_post, may_read, may_see, moderators_of, tree_for
from forum.splitting.course.questions import place_question_in, question_token
from forum.threads.models import Thread
from forum.threads.moved import moved_away
from forum.threads.queries import latest_threads, threads_page, with_marks
from forum.web.asked import asked_number
from forum.web.rendering import my_tree
from forum.web.session import members_only, the_group, viewer

blueprint = Blueprint("groups", __name__)

PAGE = 30


@blueprint.get("/")
@members_only
def home() -> str:
    """The newest threads over all groups of the viewer."""
    before = asked_number("before")
    threads, older = _page(latest_threads(viewer(), before=before, limit=PAGE + 1))
    return render_template("groups/home.html", rows=with_marks(viewer(), threads), older=older, before=before)


@blueprint.get("/groups")
@members_only
def tree() -> str:
    """Every group that the viewer may know of: own ones first, with what is unread."""
    nodes = tree_for(viewer())
    own = [node for node in nodes if node.mine]
    return render_template(
        "groups/tree.html",
        mine=list(zip(my_tree(viewer(), nodes), own, strict=True)),
        others=[node for node in nodes if not node.mine],
        pending={
            group_id for group_id, belonging in viewer().belongings.items() if belonging.standing is Standing.PENDING
        },
    )


@blueprint.get("/g/<slug>")
@members_only
def group(slug: str) -> str | Response:
    """A group: its threads for who may read them, and for the others what it is and how to join."""
    group = the_group(slug)
    if group.slug != slug:
        # What was here has been merged back into another group.
        return redirect(f"/g/{group.slug}")
    own = viewer().belongings.get(group.id)
    about = {
        "group": group,
        "own": own,
        "members": count_members(group.id),
        "moderators": moderators_of(group),
        "above": group.parent if group.parent is not None and may_see(viewer(), group.parent) else None,
        "moderates": may_moderate(viewer(), group),
        "owns": may_own(viewer(), group),
        "JoinPolicy": JoinPolicy,
        "Standing": Standing,
    }
    if not may_read(viewer(), group):
        return render_template("groups/closed.html", **about)
    before = asked_number("before")
    unanswered = request.args.get("show") == "unanswered"
    threads, older = _page(threads_page(group.id, before=before, limit=PAGE + 1, unanswered=unanswered))
    asked = place_question_in(group.id, viewer().member_id)
    return render_template(
        "groups/group.html",
        asked=(asked, question_token(asked)) if asked is not None else None,
        rows=with_marks(viewer(), threads),
        older=older,
        before=before,
        show="unanswered" if unanswered else "",
        takes_posts=may_post(viewer(), group),
        write_in=own_groups_below(viewer().member_id, group) if group.announce_only else (),
        moved=moved_away(viewer(), group) if before is None and not unanswered else (),
        **about,
    )


def _page(threads: Sequence[Thread]) -> tuple[Sequence[Thread], int | None]:
    """One page, and where the next one begins if there is more."""
    page = threads[:PAGE]
    return page, page[-1].last_published_no if len(threads) > PAGE else None
