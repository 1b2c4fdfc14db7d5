"""Gets Debian's Postfix and a mail program where they are missing, without starting a mail server on the machine."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

# What a package is there for, to see whether it is installed.
PACKAGES: Mapping[str, str] = {"postfix": "postfix", "s-nail": "s-nail"}
# Where Debian keeps what only root runs; an ordinary PATH may lack it.
SEARCHED = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


class NotInstalledError(Exception):
    """Why there is no mail server to test with, in a sentence for whoever started the test."""


def install_mail_programs() -> None:
    """Install what is missing; NotInstalledError when that cannot be done here."""
    if os.geteuid() != 0:
        raise NotInstalledError("A private Postfix needs root, which starts and stops it. Run: sudo make system-test")
    missing = [package for package, program in PACKAGES.items() if find(program) is None]
    if not missing:
        return
    apt = find("apt-get")
    if apt is None:
        raise NotInstalledError(f"{' and '.join(missing)} not installed, and apt-get is not there. Install by hand.")
    # Postfix asks how it should serve the machine: not at all. Without a main.cf of its own it is never started.
    _run("debconf-set-selections", text="postfix postfix/main_mailer_type select No configuration\n")
    _run("apt-get", "update")
    _run("apt-get", "install", "--yes", "--no-install-recommends", *missing)


def find(program: str) -> str | None:
    return shutil.which(program, path=SEARCHED)


def _run(*command: str, text: str = "") -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "PATH": SEARCHED}
    try:
        done = subprocess.run(command, input=text, capture_output=True, text=True, env=environment, timeout=300)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalledError(f"{' '.join(command)}: {error}") from error
    if done.returncode:
        raise NotInstalledError(f"{' '.join(command)} failed: {done.stderr.strip()[-2000:] or done.stdout[-2000:]}")


def master_services() -> str:
    """Debian's own list of Postfix's services, to which deploy/postfix/master.cf is added."""
    return Path("/usr/share/postfix/master.cf.dist").read_text()
