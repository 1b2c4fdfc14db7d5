"""Addresses that stay: of a post wherever it stands now, of a message of an old archive, and of a post's files."""

from io import BytesIO

from flask import Blueprint, abort, send_file
from werkzeug.wrappers import Response

from forum import blobs
from forum.archives.queries import post_with_old_number
from forum.threads.queries import attachment_for, post_by_public_id
from forum.web.moved import place_for_reader
from forum.web.session import members_only, the_group, viewer

blueprint = Blueprint("posts", __name__)

# What may keep its type when it is saved; everything else, and all that could run, is only octets.
_HARMLESS = ("image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain")


@blueprint.get("/p/<public_id>")
@members_only
def post(public_id: str) -> Response:
    """The stable address of a post: leads to where it stands now."""
    return place_for_reader(post_by_public_id(public_id) or abort(404))


@blueprint.get("/g/<slug>/old/<int:number>")
@members_only
def old_number(slug: str, number: int) -> Response:
    """Where a message of the group's old archive stands now, by its number there: for links that people kept."""
    return place_for_reader(post_with_old_number(the_group(slug).id, number) or abort(404))


@blueprint.get("/a/<public_id>/<name>")
@members_only
def attachment(public_id: str, name: str) -> Response:
    """A file of a post, to be saved and never to be run here. The name in the address is only for reading it."""
    file = attachment_for(viewer(), public_id) or abort(404)
    try:
        content = blobs.content_of(file.digest)
    except KeyError:
        abort(404)
    response = send_file(
        BytesIO(content),
        mimetype=file.type if file.type in _HARMLESS else "application/octet-stream",
        as_attachment=True,
        download_name=file.name,
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    return response
