"""What becomes of a copy or a digest that the smarthost has not taken. Needs an open transaction; sends nothing."""

from datetime import timedelta

from forum.clock import now
from forum.queue import back_off
from mailgateway.models import Delivery, DeliveryState, Digest
from mailgateway.smtp import Receipt

# Together with the waits of `back_off` this is five days of trying, as mail servers do (RFC 5321, section 4.5.4.1);
# then it is given up with its reason. Days when the smarthost was down or no worker ran do not count.
MAX_TRIES = 30
# While the smarthost cannot be used nothing is claimed for so long, and no copy is blamed.
TROUBLE_SECONDS = 20.0


def mark_failed(row: Delivery | Digest, receipt: Receipt, *, blameless: bool) -> bool:
    """Write down a receipt that is none of success; whether it was refused, which tells something of the address.

    `blameless`: the smarthost as a whole was in trouble, so that a deferred copy has not used up an attempt.
    """
    moment = now()
    row.leased_until = None
    row.error = f"{receipt.verdict}: {receipt.code} {receipt.reply}"[:500]
    if receipt.verdict == "deferred" and blameless:
        row.attempts = max(row.attempts - 1, 0)
        row.due_at = moment + timedelta(seconds=TROUBLE_SECONDS)
    elif receipt.verdict == "refused":
        row.state, row.done_at = DeliveryState.REFUSED, moment
    elif row.attempts >= MAX_TRIES:
        row.state, row.done_at = DeliveryState.GIVEN_UP, moment
    else:
        row.due_at = moment + back_off(row.attempts)
    return row.state is DeliveryState.REFUSED
