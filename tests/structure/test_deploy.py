"""The files of deploy/ fit the program: settings that exist, every kind of work started, sizes that do not bounce."""

import re
from importlib.metadata import entry_points

from forum.settings import PREFIX, Settings
from forum.tokens import Tokens
from mailgateway.addresses import Addresses
from tests.structure.sources import ROOT
from tests.structure.test_commands import LEAVES

DEPLOY = ROOT / "deploy"
MAIN_CF = (DEPLOY / "postfix" / "main.cf").read_text()


def _main_cf(name: str) -> str:
    found = re.search(rf"^{re.escape(name)} = (.*)$", MAIN_CF, re.MULTILINE)
    assert found is not None, name
    return found[1]


def test_every_setting_that_a_file_names_is_there() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    for path in DEPLOY.rglob("*"):
        if path.is_file():
            named = set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", path.read_text()))
            assert named <= known, f"{path.name}: {named - known}"


def test_one_machine_starts_every_kind_of_work() -> None:
    started = re.findall(r"banyan-work@(\w+)\.service", (DEPLOY / "systemd" / "banyan.target").read_text())
    assert sorted(started) == sorted(point.name for point in entry_points(group="banyan.tasks"))


def test_the_units_run_commands_that_exist() -> None:
    for unit in (DEPLOY / "systemd").glob("*.service"):
        started = re.findall(r"^ExecStart=/opt/banyan/bin/banyan (\S+)", unit.read_text(), re.MULTILINE)
        assert len(started) == 1, unit.name
        assert started[0] in LEAVES, unit.name


def test_what_fits_postfix_fits_the_mail_door_with_the_lines_that_postfix_adds() -> None:
    limit = int(_main_cf("message_size_limit"))
    assert 50_000 <= Settings.model_fields["max_message"].default - limit <= 1_000_000


def test_postfix_parts_addresses_at_the_sign_at_which_we_join_them() -> None:
    reply = Addresses("lists.example.org", Tokens((b"key",))).reply(1, 2)
    assert re.fullmatch(rf"reply{re.escape(_main_cf('recipient_delimiter'))}\w+@lists\.example\.org", reply)


def test_recipients_are_verified_before_a_mail_is_taken() -> None:
    restrictions = re.search(r"^smtpd_recipient_restrictions =\n((?:    .*\n)+)", MAIN_CF, re.MULTILINE)
    assert restrictions is not None
    first = restrictions[1].split(",\n")[0].strip()
    assert first == "check_recipient_access inline:{ { $banyan_domain = reject_unverified_recipient } }"
    assert _main_cf("unverified_recipient_reject_code") == "550"


def test_one_name_stands_for_our_word_on_senders_everywhere() -> None:
    trusted = re.search(rf"^{PREFIX}TRUSTED_AUTHSERV_ID=(.+)$", (DEPLOY / "env.example").read_text(), re.MULTILINE)
    assert trusted is not None
    for name in ("opendkim.conf", "opendmarc.conf"):
        assert f"AuthservID {trusted[1]}\n" in (DEPLOY / "postfix" / name).read_text()
    assert _main_cf("banyan_authserv_pattern") == re.escape(trusted[1])


def test_the_mail_door_stands_where_postfix_looks_for_it() -> None:
    env = (DEPLOY / "env.example").read_text()
    assert f"{PREFIX}LMTP_LISTEN={_main_cf('banyan_lmtp').removeprefix('unix:')}\n" in env
    assert f"{PREFIX}SMARTHOST=127.0.0.1:10026\n" in env
    assert re.search(r"^127\.0\.0\.1:10026 +inet", (DEPLOY / "postfix" / "master.cf").read_text(), re.MULTILINE)
