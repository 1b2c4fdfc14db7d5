"""Mails that Hypothesis thinks up: trees of parts with honest and false headers, which it makes smaller by itself."""

import base64
import quopri

from hypothesis import strategies as st

_WORDS = st.one_of(
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.binary(max_size=200),
    st.sampled_from(
        (b"> quoted\r\n\r\nOwn words.", b"Own words.\r\n\r\nOn Monday, Ann wrote:\r\n> a\r\n", b"-- \r\nAnn\r\n")
    ),
    st.sampled_from(
        (b"<p>Own words.<blockquote>a</blockquote>", b"<div><p>a</div></p><a href='javascript:a'>b", b"unsubscribe")
    ),
)
_CHARSET = st.sampled_from(
    ("utf-8", "us-ascii", "iso-8859-1", "utf-16", "koi8-r", "iso-2022-jp", "x-none", "", '"', "hex")
)
_LEAF = st.sampled_from(
    (
        *("text/plain", "text/html", "text/calendar", "text/plain; format=flowed; delsp=yes", "application/pdf"),
        *(
            "application/ms-tnef",
            "image/png",
            "message/delivery-status",
            "message/feedback-report",
            "application/pgp-signature",
        ),
        *("message/disposition-notification", "text/rtf", "x", ""),
    )
)
_BRANCH = st.sampled_from(("mixed", "alternative", "related", "report", "signed", "digest", "encrypted", "x", ""))
_NAME = st.text(max_size=40)
_FIELDS = st.sampled_from(
    ("Subject", "From", "To", "Date", "Message-ID", "References", "In-Reply-To", "Reply-To", "List-Id")
)
_VALUE = st.one_of(
    st.text(max_size=80).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.binary(max_size=80),
    st.sampled_from(
        (b"=?utf-8?b?w7w=?=", b"=?utf-8?q?=C3?= =?utf-8?q?=BC?=", b"<a@b> <c@d>", b'"A, B" <a@b>, c@d', b"a: b@c;")
    ),
)


@st.composite
def leaves(draw: st.DrawFn) -> bytes:
    """One part with content, which its headers may or may not describe."""
    content = draw(_WORDS)
    encoding = draw(st.sampled_from(("7bit", "8bit", "base64", "quoted-printable", "x-uuencode", "")))
    if draw(st.booleans()):
        content = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring}.get(encoding, bytes)(content)
    kind = f"{draw(_LEAF)}; charset={draw(_CHARSET)}"
    head = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n".encode()
    if draw(st.booleans()):
        name = draw(_NAME).encode("utf-8", "surrogatepass")
        head += b'Content-Disposition: attachment; filename="' + name + b'"\r\n'
    return head + b"\r\n" + content


@st.composite
def branches(draw: st.DrawFn, children: st.SearchStrategy[bytes]) -> bytes:
    """Several parts between boundaries that may be missing, the same as others', or not the declared ones."""
    boundary = draw(st.sampled_from((b"a", b"a", b"b", b"a b", b"=_x")))
    drawn = boundary if draw(st.integers(0, 9)) else b"other"
    parts = draw(st.lists(children, max_size=4))
    body = b"".join(b"--" + drawn + b"\r\n" + part + b"\r\n" for part in parts)
    end = b"--" + drawn + b"--\r\n" if draw(st.integers(0, 4)) else b""
    return b'Content-Type: multipart/%b; boundary="%b"\r\n\r\n' % (draw(_BRANCH).encode(), boundary) + body + end


def forwards(children: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    return children.map(lambda child: b"Content-Type: message/rfc822\r\n\r\nFrom: b@example.org\r\n" + child)


@st.composite
def mails(draw: st.DrawFn) -> bytes:
    """A whole mail: some headers before a tree."""
    tree = draw(st.recursive(leaves(), lambda inner: st.one_of(branches(inner), forwards(inner)), max_leaves=12))
    fields = draw(st.lists(st.tuples(_FIELDS, _VALUE), max_size=6))
    return b"".join(name.encode() + b": " + value + b"\r\n" for name, value in fields) + tree
