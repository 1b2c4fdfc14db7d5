"""Begin a conversation with the smarthost: connect, greet, encrypt, sign in.

It ends with a session that is ready for copies, or with the `SmtpError` that says why there is none. It must not
send copies.
"""

import asyncio
import base64
import ssl

from mailgateway.smtp_session import Pool, Session
from mailgateway.smtp_values import AuthenticationError, ConnectError, Smarthost, TlsError


async def connect(smarthost: Smarthost, pool: Pool) -> Session:
    """A session past its handshake, ready to `proceed`; else one of the `SmtpError`s."""
    if smarthost.tls != "opportunistic":
        return await _connect_once(smarthost, pool, encrypt=smarthost.tls == "required")
    try:
        return await _connect_once(smarthost, pool, encrypt=True)
    except TlsError:
        if smarthost.user:
            raise
        # Offered and broken is no worse than not offered: mail goes in plain rather than not at all.
        return await _connect_once(smarthost, pool, encrypt=False)


async def _connect_once(smarthost: Smarthost, pool: Pool, encrypt: bool) -> Session:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(smarthost.timeout):
            # asyncio sets TCP_NODELAY on its TCP connections; without it each group would wait for an acknowledgement.
            _, session = await loop.create_connection(lambda: Session(smarthost, pool), smarthost.host, smarthost.port)
    except TimeoutError:
        raise ConnectError(f"{smarthost} did not answer in {smarthost.timeout:g} s") from None
    except (OSError, UnicodeError) as error:  # UnicodeError: a host name that cannot be one
        raise ConnectError(f"cannot connect to {smarthost}: {error}") from error
    try:
        await _shake_hands(session, smarthost, encrypt)
    except BaseException:
        session.abort()
        raise
    if session.over:
        raise ConnectError(f"{smarthost} closed the connection")
    return session


async def _shake_hands(session: Session, smarthost: Smarthost, encrypt: bool) -> None:
    greeting = await session.ask(None)
    if greeting.code != 220:
        raise ConnectError(f"{smarthost} greeted with {greeting}", greeting.code)
    await _say_hello(session, smarthost)
    if encrypt and "STARTTLS" in session.extensions:
        reply = await session.ask(b"STARTTLS")
        if reply.code == 220:
            await session.encrypt(_context(smarthost))
            await _say_hello(session, smarthost)
        elif smarthost.tls == "required":
            raise TlsError(f"{smarthost} answered STARTTLS with {reply}", reply.code)
    if smarthost.tls == "required" and not session.encrypted:
        raise TlsError(f"{smarthost} does not offer STARTTLS, and TLS is required")
    if smarthost.user:
        if not session.encrypted and smarthost.tls != "none":
            raise TlsError(
                f"{smarthost} does not offer STARTTLS, and the password is not sent in plain unless TLS is set to none"
            )
        await _sign_in(session, smarthost)


async def _say_hello(session: Session, smarthost: Smarthost) -> None:
    name = smarthost.helo.encode()
    reply = await session.ask(b"EHLO " + name)
    if reply.code == 250:
        offers = [line.split(None, 1) for line in reply.lines[1:] if line]
        session.extensions = {offer[0].upper(): offer[1] if offer[1:] else "" for offer in offers}
        return
    session.extensions = {}
    reply = await session.ask(b"HELO " + name)
    if reply.code != 250:
        raise ConnectError(f"{smarthost} answered HELO with {reply}", reply.code)


def _context(smarthost: Smarthost) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if smarthost.tls == "opportunistic":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def _sign_in(session: Session, smarthost: Smarthost) -> None:
    mechanisms = session.extensions.get("AUTH", "").upper().split()
    user, password = smarthost.user.encode(), smarthost.password.encode()
    if "PLAIN" in mechanisms:
        reply = await session.ask(b"AUTH PLAIN " + base64.b64encode(b"\0" + user + b"\0" + password))
    elif "LOGIN" in mechanisms:
        reply = await session.ask(b"AUTH LOGIN")
        for word in (user, password):
            if reply.code == 334:
                reply = await session.ask(base64.b64encode(word))
    else:
        raise AuthenticationError(f"{smarthost} offers neither AUTH PLAIN nor AUTH LOGIN")
    if reply.code != 235:
        raise AuthenticationError(f"{smarthost} did not accept the user and password: {reply}", reply.code)
