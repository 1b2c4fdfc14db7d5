"""A private Postfix: its own configuration, queue and data folders, on loopback ports that are free."""

import os
import re
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.system.debian import SEARCHED, master_services

_DEPLOY = Path(__file__).parents[2] / "deploy" / "postfix"
_SECONDS_TO_START = 15.0


class Postfix:
    """One instance; `with` starts and ends it. `log` is what it says of every mail."""

    def __init__(self, folder: Path, main_cf: str, master_cf: str, settings: Mapping[str, str], port: int) -> None:
        self.port = port
        self.log = folder / "mail.log"
        self._config = folder / "etc"
        self._config.mkdir(parents=True)
        (folder / "queue").mkdir()
        (folder / "data").mkdir()
        _give_to_postfix(folder / "data")
        (self._config / "main.cf").write_text(main_cf)
        (self._config / "master.cf").write_text(master_cf)
        own = {
            "queue_directory": str(folder / "queue"),
            "data_directory": str(folder / "data"),
            "maillog_file": str(self.log),
            "maillog_file_prefixes": str(folder),
            "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4",
            "alias_maps": "",
            "alias_database": "",
            "smtp_host_lookup": "native",
            "smtp_dns_support_level": "disabled",
            "smtpd_peername_lookup": "no",
            **settings,
        }
        self._run("postconf", "-e", *(f"{name} = {value}" for name, value in own.items()))
        self._run("postconf", "-F", "*/*/chroot = n")

    def __enter__(self) -> Self:
        self._run("postfix", "start")
        until = time.monotonic() + _SECONDS_TO_START
        while not _answers(self.port):
            assert time.monotonic() < until, f"Postfix does not answer:\n{self.said()}"
            time.sleep(0.05)
        return self

    def __exit__(self, *_error: object) -> None:
        self._run("postfix", "stop")

    def flush(self) -> None:
        """Try now what waits for its next try."""
        self._run("postfix", "flush")

    def waiting(self) -> list[str]:
        """The recipients in the queue, one line of JSON a mail."""
        return self._run("postqueue", "-j").splitlines()

    def said(self) -> str:
        return self.log.read_text() if self.log.exists() else "(no log)"

    def _run(self, *words: str) -> str:
        program, *rest = words
        done = subprocess.run(
            [program, "-c", str(self._config), *rest],
            capture_output=True,
            text=True,
            env={**os.environ, "PATH": SEARCHED, "MAIL_CONFIG": str(self._config)},
            timeout=60,
        )
        assert done.returncode == 0, f"{words}: {done.stderr}{done.stdout}"
        return done.stdout


def as_deployed(
    folder: Path, *, ports: Mapping[str, int], settings: Mapping[str, str], names: Mapping[str, str]
) -> Postfix:
    """The mail server of deploy/postfix: its files, with ports that are free here and names as an operator puts them.

    `ports` are those of the files' own services: smtp, submission (10026), opendkim (8891), opendmarc (8893).
    """
    moved = {"10026": ports["submission"], "8891": ports["opendkim"], "8893": ports["opendmarc"]}
    main_cf, fragment = _with_ports([(_DEPLOY / name).read_text() for name in ("main.cf", "master.cf")], moved)
    fragment, found = re.subn(r"^smtp +inet", f"127.0.0.1:{ports['smtp']} inet", fragment, flags=re.MULTILINE)
    assert found == 1, "deploy/postfix/master.cf has no line for smtp"
    master_cf = re.sub(r"^smtp +inet.*\n", "", master_services(), flags=re.MULTILINE) + "\n" + fragment
    return Postfix(folder, main_cf, master_cf, {**names, **settings}, ports["smtp"])


def provider(folder: Path, *, port: int, boxes: Path, settings: Mapping[str, str]) -> Postfix:
    """The mail server of somebody's hospital: takes what its people send, puts what comes into their Maildirs."""
    master_cf = re.sub(r"^smtp( +inet)", rf"127.0.0.1:{port}\1", master_services(), flags=re.MULTILINE)
    main_cf = (
        "compatibility_level = 3.6\nbiff = no\nmydestination =\nmynetworks = 127.0.0.0/8\nrecipient_delimiter = +\n"
    )
    delivery = {
        "virtual_mailbox_base": str(boxes),
        "virtual_uid_maps": "static:65534",
        "virtual_gid_maps": "static:65534",
    }
    return Postfix(folder, main_cf, master_cf, {**delivery, **settings}, port)


def free_ports(count: int) -> list[int]:
    """Ports that are free now, all different."""
    servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [server.getsockname()[1] for server in servers]
    finally:
        for server in servers:
            server.close()


def _with_ports(texts: Sequence[str], moved: Mapping[str, int]) -> Sequence[str]:
    """The files with other ports on loopback; each of the ports must be in one of them."""
    for port, other in moved.items():
        named = re.compile(rf"(?<=127\.0\.0\.1:){port}\b")
        assert any(named.search(text) for text in texts), f"deploy/postfix does not name port {port} any more"
        texts = [named.sub(str(other), text) for text in texts]
    return texts


def _give_to_postfix(folder: Path) -> None:
    subprocess.run(["chown", "postfix", str(folder)], check=True)


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            return connection.recv(4) == b"220 "
    except OSError:
        return False
