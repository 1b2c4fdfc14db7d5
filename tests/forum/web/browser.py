"""A browser without JavaScript for tests: opens pages, fills in their forms, presses their buttons, keeps cookies.

Whatever is sent stands in a form of the page, its CSRF token too; a button or a field that is not there fails the test.
"""

import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from flask import Flask
from werkzeug.test import TestResponse

from forum.accounts.models import LinkPurpose, Member
from forum.accounts.sign_in import link_token, make_link
from forum.db import db, transaction


@dataclass
class Form:
    """A form as a browser holds it: where it goes, what stands in it, its buttons as (words, name, value)."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._select = self._textarea = ""
        self._button: tuple[str, str] | None = None
        self._words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is None:
            return
        elif tag == "input" and name:
            self._form.names.add(name)
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                self._form.values[name] = given.get("value", "")
        elif tag == "select":
            self._select = name
            self._form.names.add(name)
        elif tag == "option" and (name := self._select) and (name not in self._form.values or "selected" in given):
            self._form.values[name] = given.get("value", "")
        elif tag == "textarea":
            self._textarea, self._words = name, ""
            self._form.names.add(name)
        elif tag == "button":
            self._button, self._words = (name, given.get("value", "")), ""

    def handle_data(self, data: str) -> None:
        self._words += data

    def handle_endtag(self, tag: str) -> None:
        if self._form is None:
            return
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._form.values[self._textarea] = self._words.removeprefix("\n")
        elif tag == "button" and self._button is not None:
            self._form.buttons.append((self._words.strip(), *self._button))
            self._button = None


class Browser:
    """One person at one device."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._client = app.test_client()
        self.path = ""
        self.status = 0
        self.body = ""

    def open(self, path: str) -> str:
        """The text of a page, after redirects."""
        return self._send("GET", path, None)

    def head(self, path: str) -> int:
        """Ask as link scanners do; the status."""
        self._send("HEAD", path, None)
        return self.status

    def fetch(self, path: str) -> TestResponse:
        """What an address gives, whole, as a download does."""
        with self._app.app_context():
            return self._client.get(path)

    def follow(self, words: str) -> str:
        """Open the first link with these words."""
        path = next((path for found, path in self.links if found == words), None)
        assert path is not None, f"{self.path} has no link {words!r}: {self.links}"
        return self.open(path.partition("#")[0] or self.path)

    def press(self, words: str, /, **typed: str) -> str:
        """Press the button with these words, in the form that has it and every field typed into."""
        for form in self.forms():
            for button, name, value in form.buttons:
                if button == words and set(typed) <= form.names:
                    data = form.values | typed | ({name: value} if name else {})
                    return self._send(form.method.upper(), form.action or self.path, data)
        raise AssertionError(f"{self.path} has no form with the button {words!r} and {sorted(typed)}: {self.text}")

    def post(self, path: str, **data: str) -> int:
        """Send what no form of a page sends, with a CSRF token as it stands in a page that is open; the status."""
        token = next((form.values["csrf_token"] for form in self.forms() if "csrf_token" in form.values), "")
        self._send("POST", path, {"csrf_token": token, **data})
        return self.status

    def sign_in(self, member: Member) -> "Browser":
        """Come in as this member, by a link."""
        with transaction():
            token = link_token(make_link(member, LinkPurpose.SIGN_IN, member.addresses[0].email))
        self.open(f"/sign-in/{token}")
        self.press("Sign in")
        assert self.status == 200, self.text
        return self

    def forms(self) -> list[Form]:
        parser = _Forms()
        parser.feed(self.body)
        return parser.forms

    @property
    def links(self) -> list[tuple[str, str]]:
        """The links of the page's own part as (words, address)."""
        found = re.findall(r'<a\b[^>]*\bhref="([^"]*)"[^>]*>(.*?)</a>', self.body.partition("<main")[2], re.DOTALL)
        return [(" ".join(_words(inner).split()), html.unescape(path)) for path, inner in found]

    @property
    def buttons(self) -> list[str]:
        return [words for form in self.forms() for words, _name, _value in form.buttons]

    @property
    def text(self) -> str:
        """What a reader sees, on one line."""
        main = self.body.partition("<main")[2] or self.body
        return " ".join(_words("<main" + main).split())

    def _send(self, method: str, path: str, data: dict[str, str] | None) -> str:
        # Each request in a context of its own, as on a server; the test's own session looks anew afterwards.
        with self._app.app_context():
            kind = "data" if method == "POST" else "query_string"
            answer: TestResponse = self._client.open(path, method=method, follow_redirects=True, **{kind: data})
            self.path, self.status, self.body = answer.request.path, answer.status_code, answer.text
        db.session.rollback()
        return self.text


def _words(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", " ", markup))
