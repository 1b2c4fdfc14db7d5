"""Somebody else's words made safe to read in a mail: nothing in them that a mail program would turn into a link.

Pure. The words stay readable; addresses of the web and of people cannot be clicked, and nothing is fetched.
"""

import re

_URL = re.compile(r"\b(?P<scheme>https?|ftp|file|data|javascript)(?P<rest>:(?://)?[^\s<>\"]+)", re.IGNORECASE)
_SCHEMES = {"http": "hxxp", "https": "hxxps", "ftp": "fxp"}
_EMAIL = re.compile(r"(?<=[\w+-])@(?=[\w-]+\.)")
# What programs take for an address of the web without a scheme: www., or a name with an ending that is common.
_BARE = re.compile(
    r"\b(?:www\.[\w-]+(?:\.[\w-]+)*|[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|info|io|co|biz|edu|gov|int|xyz|site|online"
    r"|shop|app|dev|me|tv|ly|uk|de|fr|es|it|nl|be|ch|at|eu|us|ca|au|nz|in|cn|jp|ru|br|pl|se|no|dk|fi|pt|ie|za)"
    r"(?![\w.-]*\w\.\w))(?=[/\s:?#)\]>,;!'\"]|\.?(?:\s|$)|$)",
    re.IGNORECASE,
)


def defused(text: str) -> str:
    """Such as "hxxps://evil[.]example/login" and "ann[at]example[.]org"."""
    parts: list[str] = []
    position = 0
    for match in _URL.finditer(text):
        parts.append(_without_names(text[position : match.start()]))
        scheme = match["scheme"].lower()
        parts.append(_SCHEMES.get(scheme, f"[{scheme}]") + _dots(_EMAIL.sub("[at]", match["rest"])))
        position = match.end()
    parts.append(_without_names(text[position:]))
    return "".join(parts)


def _without_names(text: str) -> str:
    text = re.sub(r"(?<=[\w+-])@((?:[\w-]+\.)+[\w-]+)", lambda found: f"[at]{_dots(found[1])}", text)
    return _BARE.sub(lambda found: _dots(found[0]), text)


def _dots(text: str) -> str:
    """The dots of the name alone: what follows the first slash cannot be clicked without it."""
    start = len(text) - len(text.lstrip(":/"))
    name, slash, path = text[start:].partition("/")
    return text[:start] + name.replace(".", "[.]") + slash + path
