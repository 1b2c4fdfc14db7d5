"""Keeps rows leased while their mails are on the line: a smarthost may take minutes to answer, a lease lasts seconds.

Without it another worker would take the same rows and send them a second time.
"""

import asyncio
from collections.abc import Collection, Coroutine
from typing import Any

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from forum.db import transaction
from forum.queue import renew

RENEW_SECONDS = 10.0

log = structlog.get_logger(__name__)


async def leased(sending: Coroutine[Any, Any, None], model: type[Any], ids: Collection[int], owner: str) -> None:
    """Wait for what is being sent; the rows that are in `ids` by then stay leased to `owner` meanwhile."""
    task = asyncio.ensure_future(sending)
    while not (await asyncio.wait([task], timeout=RENEW_SECONDS))[0]:
        try:
            with transaction():
                renew(model, ids, owner)
        except (OperationalError, InterfaceError) as error:
            # The database is busy or away; what is on the line goes on, and the next try is soon.
            log.warning("leases will be renewed later", error=str(error.orig))
    await task
