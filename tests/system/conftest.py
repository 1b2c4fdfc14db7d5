"""One town for all tests here: two mail servers and a site take seconds to build."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.debian import NotInstalledError, install_mail_programs
from tests.system.town import Town, a_town


@pytest.fixture(scope="session")
def town() -> Iterator[Town]:
    try:
        install_mail_programs()
    except NotInstalledError as error:
        pytest.exit(f"No real mail server to test with. {error}", returncode=1)
    # Not in pytest's own folder: that is for its owner alone, and Postfix runs as a user of its own.
    with tempfile.TemporaryDirectory(prefix="banyan-system-") as folder, a_town(Path(folder)) as town:
        yield town
