"""What members said of themselves as the community's moderators tidy it: find, merge, mark. Shows counts, never who."""

from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from forum.db import transaction
from forum.facets.merging import BadFacet, mark_sensitive, merge, unmark_sensitive, unmerge
from forum.facets.models import Dimension, Facet
from forum.facets.queries import facet_by_public_id, facets_page, is_private, list_one
from forum.groups.queries import community, ids_of_readers
from forum.groups.rights import may_moderate
from forum.text.lines import one_line
from forum.web.session import member, members_only, viewer

blueprint = Blueprint("facets", __name__)

Page = Response | str | tuple[str, int]

PAGE = 50
_CANDIDATES = 20


@blueprint.get("/facets")
@members_only
def listing() -> Page:
    _moderators_only()
    dimension = next((each for each in Dimension if each == request.args.get("dimension")), None)
    matching = one_line(request.args.get("q", ""))[:100]
    among = ids_of_readers(community())
    after = facet_by_public_id(request.args.get("after", ""), among)
    rows = facets_page(among, dimension=dimension, matching=matching, after=after, limit=PAGE + 1)
    return render_template(
        "facets/listing.html",
        rows=rows[:PAGE],
        next=rows[PAGE - 1].facet.public_id if len(rows) > PAGE else None,
        paged=after is not None,
        dimension=dimension,
        matching=matching,
        Dimension=Dimension,
    )


@blueprint.get("/facets/<public_id>")
@members_only
def one(public_id: str) -> Page:
    return _page(_facet(public_id), "")


@blueprint.post("/facets/<public_id>")
@members_only
def change(public_id: str) -> Page:
    """Merge it into another, take that back, mark it as sensitive or not."""
    facet, actor = _facet(public_id), member().id
    act, into = request.form.get("act", ""), request.form.get("into", "")
    target = facet_by_public_id(into, ids_of_readers(community()))
    try:
        with transaction():
            match act:
                case "merge" if target is not None:
                    merge(facet, target, actor_id=actor)
                    said = f"{facet.name} counts as {target.name} now. You can take it back here at any time."
                case "unmerge":
                    unmerge(facet, actor_id=actor)
                    said = f"{facet.name} stands for itself again."
                case "mark":
                    mark_sensitive(facet, actor_id=actor)
                    said = f"{facet.name} is hidden now. It counts only for members who agree to it."
                case "unmark":
                    unmark_sensitive(facet, actor_id=actor)
                    said = f"{facet.name} is shown again to whom its members chose."
                case _:
                    abort(400)
    except BadFacet as error:
        return _page(facet, str(error))
    flash(said)
    return redirect(f"/facets/{facet.public_id}")


def _moderators_only() -> None:
    if not may_moderate(viewer(), community()):
        abort(404)


def _facet(public_id: str) -> Facet:
    _moderators_only()
    return facet_by_public_id(public_id, ids_of_readers(community())) or abort(404)


def _page(facet: Facet, error: str) -> Page:
    among, matching = ids_of_readers(community()), one_line(request.args.get("q", ""))[:100]
    found = facets_page(among, dimension=facet.dimension, matching=matching, limit=_CANDIDATES) if matching else ()
    page = render_template(
        "facets/one.html",
        row=list_one(facet, among),
        root=community(),
        candidates=[each for each in found if each.facet.id != facet.id and each.merged_into is None],
        matching=matching,
        may_be_marked=facet.dimension is Dimension.INTEREST and facet.merged_into_id is None and not is_private(facet),
        errors={"": error} if error else {},
    )
    return (page, 422) if error else page
