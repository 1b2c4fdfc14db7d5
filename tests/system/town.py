"""A hospital's mail server, the community's mail server, the community, and people with mailboxes.

s-nail -> provider's Postfix -> deploy/postfix -> LMTP -> banyan -> deploy/postfix (banyan-out) -> provider -> Maildir
"""

import base64
import os
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from tests.smtp_sink import Received, Sink
from tests.system.banyan import Banyan
from tests.system.debian import find
from tests.system.milter import Milter, Seen
from tests.system.postfix import Postfix, as_deployed, free_ports, provider

DOMAIN = "lists.example.org"
AUTHSERV_ID = "mx.example.org"
PEOPLE = {
    "ann@example.org": "Ann Lee",
    "ben@example.org": "Ben Okafor",
    "cara@example.org": "Cara Núñez",
    "dora@example.org": "Dora Wei",
}
# A member whose mailbox the provider has closed, and one whose provider makes every stranger wait.
GONE = "gone@example.org"
SLOW = "slow@slow.example"
# So many that their copies take a while.
CROWD = tuple(f"member{number:04d}@crowd.example" for number in range(1500))
PATIENCE = 60.0

Found = TypeVar("Found")


class CountingSink(Sink):
    """A provider of many mailboxes that only counts what comes."""

    copies = 0

    def keep(self, message: Received) -> None:
        self.copies += len(message.recipients)

    def note(self, command: str) -> None:
        pass  # Thousands of commands that nobody will look at.


@dataclass(frozen=True)
class Town:
    """Everything that a test may touch."""

    community: Postfix
    hospital: Postfix
    slow: Sink
    crowd: "CountingSink"
    folder: Path
    banyan: Banyan
    boxes: Path

    def signature_key(self, name: str) -> bytes | None:
        """The TXT record that DNS would have for the community's signatures."""
        if name.rstrip(".") != f"banyan._domainkey.{DOMAIN}":
            return None
        key = load_pem_private_key(Path(self.banyan.settings["DKIM_KEY"]).read_bytes(), password=None)
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)

    def write(self, sender: str, recipient: str, subject: str, text: str) -> None:
        """Send a mail with a real mail program, as a person does."""
        self._nail(sender, ["-s", subject, recipient], text)

    def answer(self, sender: str, copy: "Copy", text: str) -> None:
        """Open a mailbox, choose a copy, and answer it with a real mail program, which quotes as it is used to."""
        box = self.boxes / sender.partition("@")[0]
        # Set as a user of the program has it: the quote below, after an attribution line.
        options = ["-S", "quote", "-S", "indentprefix=> ", "-S", "autoinclude", "-S", "quote-inject-head"]
        number = 1 + [each.path for each in self.copies(sender)].index(copy.path)
        self._nail(sender, [*options, "-R", "-#", "-f", str(box)], f"reply {number}\n{text}\n~.\nxit\n")

    def copies(self, email: str) -> Sequence["Copy"]:
        """What lies in somebody's mailbox, oldest first, as the mail program counts it."""
        box = self.boxes / email.partition("@")[0]
        paths = [path for folder in ("new", "cur") for path in (box / folder).glob("*")]
        return [Copy(path, path.read_bytes()) for path in sorted(paths, key=lambda path: path.name)]

    def copy(self, email: str, subject: str) -> "Copy":
        """The copy with this in its subject, once it has come."""

        def look() -> "Copy | None":
            return next((each for each in self.copies(email) if subject in str(each.message["Subject"])), None)

        return await_that(look, f"no mail of {subject!r} for {email}; Postfix said:\n{self.community.said()[-4000:]}")

    def fate(self, subject: str) -> dict[str, object]:
        """What became of a mail that Banyan took, once it is decided."""

        def look() -> dict[str, object] | None:
            mails = self.banyan.ask("mail", "list")
            return next((each for each in mails if each["subject"] == subject and each["state"] != "received"), None)

        return await_that(look, f"no fate of {subject!r}; banyan said:\n{self.banyan.said()}")

    def _nail(self, sender: str, words: Sequence[str], text: str) -> None:
        program = find("s-nail")
        assert program is not None
        options = {
            "mta": f"smtp://127.0.0.1:{self.hospital.port}",
            "from": f"{PEOPLE.get(sender, '')} <{sender}>",
            "hostname": "example.org",
            "smtp-hostname": "example.org",
            "smtp-auth": "none",
            "reply-to-honour": "yes",
            "ttycharset": "utf-8",
            "sendcharsets": "utf-8",
        }
        set_ = [word for name, value in options.items() for word in ("-S", f"{name}={value}")]
        done = subprocess.run(
            [program, "-:/", "-S", "v15-compat", *set_, "-S", "sendwait", "-r", sender, *words],
            input=text,
            text=True,
            capture_output=True,
            env={"PATH": os.environ["PATH"], "HOME": str(self.boxes), "LC_ALL": "C.UTF-8", "MAILRC": "/dev/null"},
            timeout=30,
        )
        assert done.returncode == 0, f"s-nail: {done.stdout}{done.stderr}"


@dataclass(frozen=True)
class Copy:
    """One mail in a Maildir, byte for byte."""

    path: Path
    raw: bytes

    @property
    def message(self) -> Message:
        return message_from_bytes(self.raw)

    @property
    def body(self) -> bytes:
        return self.raw.partition(b"\n\n")[2]


def await_that(look: Callable[[], Found | None], otherwise: str, seconds: float = PATIENCE) -> Found:
    """What `look` finds, once it finds something; AssertionError in words when it does not in time."""
    until = time.monotonic() + seconds
    while (found := look()) is None:
        assert time.monotonic() < until, otherwise
        time.sleep(0.1)
    return found


@contextmanager
def a_town(folder: Path) -> Iterator[Town]:
    """Build it, open it, and take it down again whatever happens."""
    # Postfix's own user goes through here to its queue and to the LMTP socket.
    folder.chmod(0o755)
    boxes = folder / "boxes"
    boxes.mkdir()
    os.chown(boxes, 65534, 65534)
    with ExitStack() as stack:
        signatures = stack.enter_context(Milter(_signatures))
        policy = stack.enter_context(Milter(_policy))
        slow, crowd = stack.enter_context(Sink()), CountingSink()
        stack.enter_context(crowd)
        smtp, submission, http, hospital_port = free_ports(4)
        banyan = stack.enter_context(_a_site(folder, submission, http))
        community = as_deployed(
            folder / "community",
            ports={"smtp": smtp, "submission": submission, "opendkim": signatures.port, "opendmarc": policy.port},
            names={
                "myhostname": AUTHSERV_ID,
                "banyan_domain": DOMAIN,
                "banyan_lmtp": f"unix:{banyan.settings['LMTP_LISTEN']}",
                "banyan_authserv_pattern": AUTHSERV_ID.replace(".", r"\."),
            },
            # No certificate, and no DNS to find the world by: both ways out lead to a port of this machine.
            settings={
                "smtpd_tls_cert_file": "",
                "smtpd_tls_key_file": "",
                "smtpd_tls_security_level": "none",
                "sender_dependent_default_transport_maps": (
                    f"inline:{{ {{ @{DOMAIN} = banyan-out:[127.0.0.1]:{hospital_port} }} }}"
                ),
                "transport_maps": (
                    "inline:{ { $banyan_domain = banyan-in:$banyan_lmtp },"
                    f" {{ slow.example = banyan-out:[127.0.0.1]:{slow.port} }},"
                    f" {{ crowd.example = banyan-out:[127.0.0.1]:{crowd.port} }} }}"
                ),
            },
        )
        hospital = provider(
            folder / "hospital",
            port=hospital_port,
            boxes=boxes,
            settings={
                "myhostname": "mail.example.org",
                "virtual_mailbox_domains": "example.org",
                "virtual_mailbox_maps": "inline:{ "
                + ", ".join(f"{{ {e} = {e.split('@')[0]}/ }}" for e in PEOPLE)
                + " }",
                "transport_maps": f"inline:{{ {{ {DOMAIN} = smtp:[127.0.0.1]:{smtp} }} }}",
                "message_size_limit": "60000000",
                "virtual_mailbox_limit": "0",
            },
        )
        stack.enter_context(community)
        stack.enter_context(hospital)
        banyan.start()
        yield Town(community, hospital, slow, crowd, folder, banyan, boxes)


def _a_site(folder: Path, submission: int, http: int) -> Banyan:
    """A migrated site with a group of everybody; deploy/systemd/tmpfiles.conf says how the socket's folder is."""
    run = folder / "run"
    run.mkdir()
    key = generate_private_key(public_exponent=65537, key_size=2048)
    key_file = folder / "dkim.pem"
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key_file.chmod(0o600)
    subprocess.run(["chown", "root:postfix", str(run)], check=True)
    run.chmod(0o2750)
    banyan = Banyan(
        folder,
        {
            "DATA_DIR": str(folder / "var"),
            "DOMAIN": DOMAIN,
            "BASE_URL": f"http://127.0.0.1:{http}",
            "HTTP_LISTEN": f"127.0.0.1:{http}",
            "LMTP_LISTEN": str(run / "lmtp.sock"),
            "SMARTHOST": f"127.0.0.1:{submission}",
            "SMARTHOST_TLS": "none",
            "TRUSTED_AUTHSERV_ID": AUTHSERV_ID,
            "DKIM_KEY": str(key_file),
            "DKIM_SELECTOR": "banyan",
        },
    )
    banyan.run("init", "--name", "Banyan Physicians")
    troubled = {GONE: "Gus Gone", SLOW: "Sia Slow"}
    for slug, name, people in (("cardiology", "Cardiology", PEOPLE), ("locums", "Locums", PEOPLE | troubled)):
        banyan.run("group", "create", slug, "--name", name)
        banyan.run("member", "import", str(a_roster(folder, slug, people, people)), "--group", slug)
    return banyan


def a_roster(folder: Path, slug: str, emails: Iterable[str], names: Mapping[str, str] | None = None) -> Path:
    """A file of members as `banyan member import` reads it."""
    roster = folder / f"{slug}.csv"
    lines = (f"{email},{(names or {}).get(email, email.partition('@')[0])}\n" for email in emails)
    roster.write_text("email,name\n" + "".join(lines))
    return roster


def _signatures(seen: Seen) -> str | None:
    """What opendkim says of a mail that nobody signed; Banyan's own it only signs."""
    return None if seen.envelope_sender.endswith(f"@{DOMAIN}") or _unjudged(seen) else f"{AUTHSERV_ID}; dkim=none"


def _policy(seen: Seen) -> str | None:
    """What opendmarc says: aligned by the path it came on, or not. A domain of no policy is not judged."""
    author = seen.header("From").rpartition("@")[2].strip(" <>").lower()
    came_from = seen.envelope_sender.rpartition("@")[2].lower()
    if _unjudged(seen):
        return None
    return f"{AUTHSERV_ID}; dmarc={'pass' if came_from == author else 'fail'} header.from={author}"


def _unjudged(seen: Seen) -> bool:
    """A mail on which both are silent, so that only what its sender wrote in our name could speak for it."""
    return seen.envelope_sender.endswith("@silent.example")
