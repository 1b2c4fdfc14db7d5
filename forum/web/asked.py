"""What the query string of an address asks for. What no link or form of ours says is 404 or a sentence, not a guess."""

from datetime import datetime

from flask import abort, request


def asked_number(name: str) -> int | None:
    """A number in the address; None when it is not there, 404 when it is none."""
    given = request.args.get(name, "")
    if not given:
        return None
    return int(given) if given.isascii() and given.isdigit() and len(given) < 16 else abort(404)


def shown_at() -> datetime | None:
    """When the page was made whose form was sent, as the form itself says; None when it does not."""
    try:
        moment = datetime.fromisoformat(request.form.get("shown_at", ""))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
