"""Whether something answers at an address of the settings: `host:port` or the path of a unix socket."""

import errno
import socket
import time

from forum.settings import split_host_port

_SECONDS = 5.0
# Who listens on every address answers on the loopback one.
_EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # nothing is bound to it here


def connect(address: str) -> socket.socket:
    """A connection to where a server listens; OSError when none does."""
    if address.startswith("/"):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(_SECONDS)
        try:
            connection.connect(address)
        except OSError:
            connection.close()
            raise
        return connection
    host, port = split_host_port(address)
    return socket.create_connection((_EVERY_ADDRESS.get(host, host), port), timeout=_SECONDS)


def mail_server_answers(address: str) -> bool:
    """Whether an SMTP or LMTP server greets there (RFC 5321 section 3.1); OSError when nothing does."""
    with connect(address) as connection:
        greeting = connection.recv(512)
        connection.sendall(b"QUIT\r\n")
        return greeting.startswith(b"220")


def web_answers(address: str) -> bool:
    """Whether the web answers /healthz with 200; OSError when nothing does."""
    with connect(address) as connection:
        connection.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
        return b" 200 " in connection.recv(512).partition(b"\r\n")[0]


def wait_until_free(address: str, seconds: float = 3.0) -> None:
    """Wait for a server that is just ending; OSError when the address still cannot be listened on."""
    if address.startswith("/"):
        return  # Whoever listens on a path removes what a dead server left there.
    host, port = split_host_port(address)
    family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    end = time.monotonic() + seconds
    while True:
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(place)
                return
            except OSError as error:
                if error.errno != errno.EADDRINUSE or time.monotonic() > end:
                    raise
        time.sleep(0.1)
