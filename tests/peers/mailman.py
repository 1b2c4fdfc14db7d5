"""GNU Mailman 3 in folders of its own, with its shipped settings, a list, and a sink for a smarthost."""

import base64
import http.client
import json
import os
import signal
import smtplib
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# The version that the figures in docs/decisions.md were taken with; a newer one may be named instead.
REQUIREMENT = "mailman==3.3.10"
DOMAIN = "lists.localhost"
LIST = f"everybody@{DOMAIN}"
_LIST_ID = f"everybody.{DOMAIN}"
_SECONDS_TO_START = 90.0
_SECONDS_TO_END = 30.0

# How a copy goes out, in Mailman's words: settings of the mail server's section, and of the list.
MODES: Mapping[str, tuple[Mapping[str, str], str]] = {
    "shared": ({}, "none"),
    "individual": ({"verp_delivery_interval": "1", "verp_personalized_deliveries": "yes"}, "individual"),
}


def install(folder: Path) -> Path:
    """Mailman in a virtual environment of its own; returns the folder of its programs. Takes a minute once."""
    programs = folder / "venv" / "bin"
    if not (programs / "mailman").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
        pip = [str(programs / "pip"), "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, REQUIREMENT], check=True)
    return programs


@dataclass(frozen=True)
class Mailman:
    """One installation: its programs, its folder and its ports."""

    programs: Path
    folder: Path
    lmtp_port: int
    rest_port: int

    def make(self, emails: Sequence[str]) -> float:
        """Make the list and add its members as an administrator would; the seconds that adding them took."""
        # Nothing is sent meanwhile: no port of a smarthost is needed yet.
        with self.running("shared", sink_port=9):
            self.ask("POST", "/domains", mail_host=DOMAIN)
            self.ask("POST", "/lists", fqdn_listname=LIST)
            self._set(send_welcome_message="false", admin_notify_mchanges="false", admin_immed_notify="false")
            roster = self.folder / "roster"
            roster.write_text("".join(f"{email}\n" for email in emails))
            began = time.monotonic()
            # It asks not to be root for its files' sake, which are nobody's here.
            words = ["--run-as-root"] if os.geteuid() == 0 else []
            words += ["-C", str(self._settings), "addmembers", "--no-welcome-msg", str(roster), LIST]
            subprocess.run([str(self.programs / "mailman"), *words], check=True, stdout=subprocess.DEVNULL)
            return round(time.monotonic() - began, 2)

    @contextmanager
    def running(self, mode: str, sink_port: int) -> Iterator[int]:
        """Mailman with all its runners, sending in this mode; the id of the process above the others."""
        section, personalize = MODES[mode]
        self._write_settings(section, sink_port)
        command = [str(self.programs / "master"), "--force", "-C", str(self._settings)]
        with (
            (self.folder / "master.log").open("ab") as log,
            subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True) as process,
        ):
            try:
                self._await(process)
                if mode != "shared":
                    self._set(personalize=personalize)
                yield process.pid
            finally:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(_SECONDS_TO_END)
                except subprocess.TimeoutExpired:
                    # Its runners are in the group that was made for it.
                    os.killpg(process.pid, signal.SIGKILL)

    def post(self, raw: bytes, sender: str) -> float:
        """Hand a post in at its LMTP door; the moment of its acceptance."""
        with smtplib.LMTP("127.0.0.1", self.lmtp_port, timeout=60) as client:
            client.sendmail(sender, [LIST], raw)
        return time.monotonic()

    def ask(self, method: str, path: str, **values: str) -> Any:
        """One call of its REST interface."""
        sign_in = base64.b64encode(b"restadmin:restpass").decode()
        headers = {"Authorization": f"Basic {sign_in}", "Content-Type": "application/x-www-form-urlencoded"}
        with closing(http.client.HTTPConnection("127.0.0.1", self.rest_port, timeout=60)) as connection:
            connection.request(method, f"/3.1{path}", urllib.parse.urlencode(values), headers)
            answer = connection.getresponse()
            content = answer.read()
        assert answer.status < 300, f"{method} {path}: {answer.status} {content!r}"
        return json.loads(content or b"null")

    @property
    def _settings(self) -> Path:
        return self.folder / "mailman.cfg"

    def _set(self, **values: str) -> None:
        self.ask("PATCH", f"/lists/{_LIST_ID}/config", **values)

    def _write_settings(self, section: Mapping[str, str], sink_port: int) -> None:
        mode = "".join(f"{name}: {value}\n" for name, value in section.items())
        self._settings.write_text(
            f"[mailman]\nlayout: here\nsite_owner: root@{DOMAIN}\n"
            f"[paths.here]\nvar_dir: {self.folder / 'var'}\n"
            f"[webservice]\nport: {self.rest_port}\n"
            f"[mta]\nincoming: mailman.mta.null.NullMTA\nsmtp_host: 127.0.0.1\nsmtp_port: {sink_port}\n"
            f"lmtp_host: 127.0.0.1\nlmtp_port: {self.lmtp_port}\n{mode}"
        )

    def _await(self, process: "subprocess.Popen[bytes]") -> None:
        until = time.monotonic() + _SECONDS_TO_START
        while not self._answers():
            said = (self.folder / "master.log").read_text()[-2000:]
            assert process.poll() is None, f"Mailman has ended: {said}"
            assert time.monotonic() < until, f"Mailman does not answer: {said}"
            time.sleep(0.2)

    def _answers(self) -> bool:
        try:
            self.ask("GET", "/system/versions")
            with smtplib.LMTP("127.0.0.1", self.lmtp_port, timeout=5):
                return True
        except OSError:
            return False
