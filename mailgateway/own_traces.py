"""Take out of a mail what our own copies put there: tokens in addresses and links, and the footer.

A reader's answer quotes her copy, and a token of hers in it would let others leave or post in her name. Pure: it
knows the form of our tokens, not the keys, and would rather take a stranger's token too.
"""

import re

_BASE32 = "[a-z2-7]{21,40}"
_PLUS = r"(?:\+|%2[Bb]|&#43;|&#x2[Bb];)"
_KINDS = "reply|author|confirm|moderate|leave|bounce|digest|queue|block|probe"
_ADDRESS = rf"(?:{_KINDS}){_PLUS}{_BASE32}@[a-z0-9.-]{{1,253}}[a-z0-9]"
_BRACKETED = re.compile(
    rf"[ ]?(?:<|&lt;|\[|\()(?:mailto:)?{_ADDRESS}(?:\?[^\s<>\"')\]]*)?(?:>|&gt;|\]|\))", re.IGNORECASE
)
_BARE = re.compile(rf"(?<![\w.+-])(?:mailto:)?{_ADDRESS}(?:\?[^\s<>\"')\]]*)?", re.IGNORECASE)
_LINK = re.compile(
    r"https?://[^\s<>\"'/]{1,255}(?:/[a-z-]{1,20}){0,2}/(?:u|sign-in|invitation|verify|confirm|leave|stop|block"
    r"|resume|"
    rf"probe|rejoin|digest|queue|held|undo|answer)/{_BASE32}(?![\w-])(?:[/?#][^\s<>\"')\]]*)?",
    re.IGNORECASE,
)
_HTML_LINK = re.compile(r"<a\b[^<>]*\bhref=\"([^\"]*)\"[^<>]*>(.*?)</a>", re.IGNORECASE | re.DOTALL)
_GONE = "(removed)"
_FOOTER_LINE = re.compile(
    r"(?:[^\n]{1,200}: your answer goes to the whole group\.|Read it on the web(?:: | ?<)https?://\S+"
    r"|Mail settings, or leave(?:: | ?<)https?://\S+|Read it on the web .{0,300}Mail settings, or leave .{0,300}"
    r"|(?:Until \d{1,2} \w{3,9} \d{4}|For now) .{1,250} may go back into .{1,600}, with what is written here\."
    r"|What is written here may still come to more readers\. Where you write on the web, it says to whom\.)"
)
_FOOTER_PARAGRAPH = re.compile(
    r"(?:<hr>)?<p>(?:(?!</p>).){1,200}: your answer goes to the whole group\.(?:(?!</p>).){0,600}</p>", re.DOTALL
)
_MARKS = "> \t"


def strip_traces(text: str) -> str:
    """Plain text without our tokens and our footer; quote marks and all other lines stay."""
    if "your answer goes to the whole group" in text:
        text = _without_footers(text)
    return _without_tokens(text)


def strip_traces_html(html: str) -> str:
    """The same for safe HTML: links that hold a token go, their words stay."""
    html = _FOOTER_PARAGRAPH.sub("", html)
    html = _HTML_LINK.sub(lambda link: link[2] if _BARE.search(link[1]) or _LINK.search(link[1]) else link[0], html)
    return _without_tokens(html)


def _without_tokens(text: str) -> str:
    # Most mails have neither, and these are slow to find nothing.
    if "@" in text:
        text = _BARE.sub(_GONE, _BRACKETED.sub("", text))
    return _LINK.sub(_GONE, text) if "://" in text else text


def _without_footers(text: str) -> str:
    kept: list[str] = []
    for line in text.split("\n"):
        bare = line.lstrip(_MARKS).rstrip()
        if not _FOOTER_LINE.fullmatch(bare):
            kept.append(line)
        elif bare.endswith("your answer goes to the whole group.") and kept and kept[-1].strip(_MARKS) == "--":
            kept.pop()
    return "\n".join(kept)
