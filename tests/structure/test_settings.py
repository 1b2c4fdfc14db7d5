"""The README and deploy/env.example list exactly the settings that there are, with their true defaults."""

import ast
import re

import pytest

from forum.settings import PREFIX, Settings, read_settings
from tests.structure.sources import ROOT, dotted, nodes, table_of

NAMES = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
ENV_EXAMPLE = ROOT / "deploy" / "env.example"
# How a table says that a default is empty, off or made by the program: in words, never in backticks.
LITERAL = re.compile(r"`([^`]*)`")


def _defaults_in_env_example() -> dict[str, str]:
    lines = re.findall(rf"^#({PREFIX}\w+)=(.*)$", ENV_EXAMPLE.read_text(), re.MULTILINE)
    assert len(lines) == len(dict(lines)), "a setting stands there twice"
    return dict(lines)


def _with_only(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> Settings:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return read_settings()


def test_env_example_lists_every_setting_with_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = _defaults_in_env_example()
    assert set(defaults) == NAMES
    assert _with_only(monkeypatch, defaults) == _with_only(monkeypatch, {})


def test_what_env_example_sets_is_a_whole_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = dict(re.findall(rf"^({PREFIX}\w+)=(.*)$", ENV_EXAMPLE.read_text(), re.MULTILINE))
    assert set(chosen) < NAMES
    settings = _with_only(monkeypatch, chosen)
    assert settings.on_postgresql
    assert settings.trusted_authserv_id


def test_the_readme_lists_every_setting_with_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {row[0].strip("`"): row[1] for row in table_of(ROOT / "README.md", "Settings")}
    assert set(rows) == NAMES
    default = _with_only(monkeypatch, {})
    for name, shown in rows.items():
        field = name.removeprefix(PREFIX).lower()
        literal = LITERAL.fullmatch(shown)
        if literal is None:
            assert not getattr(default, field), f"{name} has a default that the README does not show"
        else:
            written = _with_only(monkeypatch, {name: literal[1]})
            assert getattr(written, field) == getattr(default, field), name


def test_every_setting_is_read_by_something() -> None:
    """One that is accepted and ignored would promise what does not happen."""
    read = {attribute.attr for module, _, attribute in nodes(ast.Attribute) if module != "forum/settings.py"}
    inside = {
        attribute.attr
        for module, function, attribute in nodes(ast.Attribute)
        if module == "forum/settings.py" and function and dotted(attribute.value) == "self"
    }
    assert set(Settings.model_fields) <= read | inside
