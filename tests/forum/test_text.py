"""Text to safe HTML and back, from the side of a reader: what is shown, what is gone, and how long it may take."""

import re
import time
from html import unescape
from html.parser import HTMLParser

import pytest
from bleach.sanitizer import Cleaner
from hypothesis import given, settings
from hypothesis import strategies as st

from forum.text import (
    excerpt,
    hide_addresses,
    hide_addresses_html,
    html_to_mail,
    html_to_safe,
    html_to_text,
    mark_words,
    markdown_to_html,
    normalise,
    plain_to_html,
    wrap_plain,
)
from forum.text.elements import Token
from forum.text.safe import ALLOWED_PROTOCOLS, ALLOWED_TAGS, render

REL = 'rel="nofollow noopener ugc"'


# --- the property that everything shown must have -----------------------------------------------------------

VOID = {"br", "hr"}
ATTRIBUTES = {"a": {"href", "rel"}, "ol": {"start"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}


class Walk(HTMLParser):
    """Walks HTML and fails at anything that does not belong in a post."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED_TAGS, tag
        for name, value in attrs:
            assert name in ATTRIBUTES.get(tag, set()) | {"dir"}, (tag, name)
            if name == "href":
                assert re.match(r"(https?://|mailto:|tel:)", value or ""), value
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)


# Bleach with its own parse of the whole, which the program leaves out for speed. Parsing adds tbody.
WHOLE_BLEACH = Cleaner(
    tags=ALLOWED_TAGS | {"tbody"},
    attributes={"*": ["dir"], **{tag: sorted(names) for tag, names in ATTRIBUTES.items()}},
    protocols=ALLOWED_PROTOCOLS,
    strip=True,
)


def assert_safe(html: str) -> None:
    walk = Walk()
    walk.feed(html)
    walk.close()
    assert walk.open == []
    parsed = re.sub("</?tbody>", "", WHOLE_BLEACH.clean(html))
    assert unescape(parsed) == unescape(html)


HOSTILE = [
    "<script>alert(1)</script>after",
    "<scr<script>ipt>alert(1)</script>",
    "<SCRIPT\n>alert(1)</SCRIPT\t>after",
    "<script>never closed",
    '<img src=x onerror="alert(1)">',
    "<svg><script>alert(1)</script></svg>after",
    "<svg/onload=alert(1)>",
    "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="JaVaScRiPt:alert(1)">x</a>',
    '<a href=" &#14; javascript:alert(1)">x</a>',
    '<a href="java&#x09;script:alert(1)">x</a>',
    '<a href="java\nscript:alert(1)">x</a>',
    '<a href="&#0000106&#0000097&#0000118&#0000097&#0000115&#0000099ript:alert(1)">x</a>',
    '<a href="javascript&colon;alert(1)">x</a>',
    '<a href="data:text/html;base64,PHNjcmlwdD4=">x</a>',
    '<a href="vbscript:msgbox(1)">x</a>',
    '<a href="//evil.example/x">x</a>',
    '<a href="file:///etc/passwd">x</a>',
    '<a href="http://[::1">x</a>',
    '<a href="https://x.example/" onclick="alert(1)" id="top" class="header" style="position:fixed">x</a>',
    "<a href='https://x.example/\"onmouseover=alert(1)'>x</a>",
    '<div style="background:url(javascript:alert(1))">x</div>',
    '<style>@import "https://x.example/a.css";</style>x',
    "<style><!--</style><script>alert(1)</script>-->",
    '<link rel="stylesheet" href="https://x.example/a.css">x',
    '<base href="https://evil.example/">x',
    '<meta http-equiv="refresh" content="0;url=https://evil.example">x',
    '<iframe src="https://evil.example"></iframe>x',
    '<object data="x.swf"><embed src="x.swf"></object>x',
    '<form action="https://evil.example"><input name=password><button>Go</button></form>',
    "<textarea><script>alert(1)</script></textarea>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<template><script>alert(1)</script></template>x",
    "<title></title><img src=x onerror=alert(1)>",
    "<xmp><script>alert(1)</script></xmp>",
    "<plaintext><script>alert(1)",
    "<!--><script>alert(1)</script>-->",
    "<!-- never closed <b>x",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo 1 ?>x",
    "<p title='<script>alert(1)</script>'>x",
    "<<b>script>alert(1)<</b>/script>",
    "<a href='https://x.example/?a=\"><script>alert(1)</script>'>x</a>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&amp;lt;script&amp;gt;",
    "<b \x00onclick=x>x</b\x00>",
    "<p/onclick=alert(1)/x>x",
    '<td background="javascript:alert(1)">x</td>',
    "\ud800 lone surrogate &#xd800; &#99999999999999;",
]


@pytest.mark.parametrize("html", HOSTILE)
def test_nothing_hostile_survives(html: str) -> None:
    safe = html_to_safe(html)
    assert_safe(safe)
    assert html_to_safe(safe) == safe
    assert "<script" not in safe


def test_bleach_stops_what_the_reading_would_let_through() -> None:
    link = (("href", " jAvascript:alert(1)"), ("onclick", "alert(1)"), ("style", "x"))
    tokens = [Token("start", "script"), Token("text", "</p><b>"), Token("end", "script"), Token("void", "img")]
    assert render([*tokens, Token("start", "a", link), Token("end", "a")]) == f"&lt;/p&gt;&lt;b&gt;<a {REL}></a>"


TAGS = [
    *("p", "div", "b", "i", "a", "table", "tbody", "tr", "td", "th", "ul", "ol", "li", "dl", "dt", "dd", "blockquote"),
    *("pre", "h1", "h3", "span", "font", "o:p", "center", "img", "br", "hr", "script", "style", "svg", "math", "form"),
    *("input", "select", "option", "code", "title", "xml", "noscript", "textarea", "strong", "caption", "details"),
    "iframe",
]
ATTRIBUTE_SOUP = [
    "",
    " class=MsoNormal",
    ' href="https://x.example/?a=1&amp;b=2"',
    " href=javascript:alert(1)",
    ' style="display:none"',
    " dir=rtl",
    " colspan=2",
    " onclick=x",
    ' src="https://x.example/i.png" alt=cat',
    " src=cid:1",
    " role=presentation",
    ' href="mailto:ann@x.example"',
    " x='",
    ' y="',
    "/",
]
TEXT_SOUP = [
    *("<", ">", "&", '"', "'", "\n", "\t", "word ", " ", "&nbsp;", "&lt;b&gt;", "&amp;lt;", "a < b", "&#0;"),
    *("https://x.example/a.", "www.x.example", "ann@x.example", "<ann@x.example>"),
    *("<!-- c -->", "<!--", "-->", "<![endif]>", "\u202e", "\u200b", "</"),
]
PIECES = st.one_of(
    st.builds("<{}{}>".format, st.sampled_from(TAGS), st.sampled_from(ATTRIBUTE_SOUP)),
    st.builds("</{}>".format, st.sampled_from(TAGS)),
    st.sampled_from(TEXT_SOUP),
    st.text(max_size=5),
)
SOUP = st.lists(PIECES, max_size=30).map("".join)


@settings(max_examples=400, deadline=None)
@given(SOUP)
def test_any_soup_becomes_safe_and_stays_as_it_is(soup: str) -> None:
    safe = html_to_safe(soup)
    assert_safe(safe)
    assert html_to_safe(safe) == safe


@settings(max_examples=150, deadline=None)
@given(SOUP)
def test_markdown_plain_text_and_hidden_addresses_are_safe_too(soup: str) -> None:
    assert_safe(markdown_to_html(soup))
    assert_safe(re.sub(r"\n(?=<|$)", "", plain_to_html(soup)))
    assert_safe(hide_addresses_html(html_to_safe(soup), lambda address: '<b>"Ann"'))
    assert_safe(re.sub("</?mark>", "", mark_words(normalise(soup), ["word", "b"])))


WORDS = st.lists(st.sampled_from(["alpha", "beta", "gamma"]), min_size=1, max_size=4).map(" ".join)
SHOWN = sorted(set(TAGS) - {"script", "style", "svg", "math", "title", "xml", "iframe", "img"})


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(WORDS, st.sampled_from([f"<{tag}>" for tag in SHOWN] + [f"</{tag}>" for tag in SHOWN]))))
def test_no_word_is_lost_however_wrong_the_markup(pieces: list[str]) -> None:
    def letters(text: str) -> str:
        return re.sub(r"[^a-z]", "", text)

    expected = letters("".join(piece for piece in pieces if not piece.startswith("<")))
    html = "".join(pieces)
    assert letters(html_to_text(html)) == expected
    assert letters(re.sub("<[^>]*>", "", html_to_safe(html))) == expected


@pytest.mark.parametrize(
    "piece",
    [
        *("<div>", "<b>", "<li>x", "<table><tr><td>", "<p><b><i>x", "<a ", "<a b='", "</a", "<!--", "<!", "&", "&#1"),
        *("<", "<div style='display:none'>", "<svg>", "<style></style>", "<blockquote>x", "a@", "http://x.example/)"),
    ],
)
def test_hostile_length_ends_in_time_and_without_recursion(piece: str) -> None:
    html = piece * (500_000 // len(piece)) + ' x=">" word'
    begin = time.process_time()
    safe = html_to_safe(html)
    html_to_text(html)
    # Half a megabyte takes about a quarter of a second; anything quadratic would take minutes.
    assert time.process_time() - begin < 5
    assert len(safe) < 10 * len(html)


def test_ten_thousand_nested_blocks_keep_their_words() -> None:
    safe = html_to_safe("<div>" * 10_000 + "word" + "</div>" * 10_000 + "after")
    assert_safe(safe)
    assert safe.count("<div>") < 50
    assert html_to_text(safe) == "word\nafter"


# --- what a reader sees of a mail -------------------------------------------------------------------------


def test_office_garbage_goes_and_the_words_stay() -> None:
    html = """<html xmlns:o="urn:o"><head><title>T</title><style><!-- p {margin:0} --></style>
    <!--[if gte mso 9]><xml><o:shapedefaults/></xml><![endif]--></head><body lang=EN-GB><div class=WordSection1>
    <p class=MsoNormal><span style='font-size:11pt'>Dear <b>all</b>,<o:p></o:p></span></p>
    <p class=MsoNormal><o:p>&nbsp;</o:p></p><xml><w:Word/></xml>
    <p class=MsoListParagraph><![if !supportLists]>1.<![endif]> First</p></div></body></html>"""
    assert html_to_safe(html) == "<div><div>Dear <b>all</b>,</div><br><div>1. First</div></div>"
    assert html_to_text(html) == "Dear all,\n\n1. First"


def test_blank_lines_between_lines_of_divs_stay_but_not_more_than_one() -> None:
    html = "<div>one</div><div><br></div><div><br></div><div>two</div><div></div><br><br>"
    assert html_to_safe(html) == "<div>one</div><br><div>two</div>"


def test_images_from_elsewhere_become_links_and_others_go() -> None:
    assert html_to_safe('<img src="https://x.example/c.png" alt="A cat">') == (
        f'<a href="https://x.example/c.png" {REL}>A cat</a>'
    )
    assert html_to_safe('<a href="https://x.example/"><img src="https://x.example/c.png" alt="Shop"></a>') == (
        f'<a href="https://x.example/" {REL}>Shop</a>'
    )
    for gone in (
        '<img src="https://x.example/t.gif" width="1" height="1">',
        '<img src="https://x.example/t.gif" style="width:1px;height:1px">',
        '<img src="https://x.example/t.gif" style="display:none">',
        '<img src="cid:image001.png@x" alt="image001.png">',
        '<img src="data:image/png;base64,AAAA" alt="dot">',
    ):
        assert html_to_safe(f"<p>a{gone}</p>") == "<p>a</p>"
    assert html_to_safe('<img src="cid:smile" alt="🙂">') == "🙂"


def test_what_a_mail_hides_is_not_shown() -> None:
    assert html_to_safe('<div style="display: none">preview <div>text</div></div>shown') == "shown"
    # One that never ends would swallow the whole message.
    assert html_to_safe('<div style="display:none"><p>shown') == "<div><p>shown</p></div>"


def test_tables_of_data_stay_and_layout_tables_go() -> None:
    data = "<table><tr><th>Day</th><th>Who</th></tr><tr><td colspan=2>Lee</td></tr></table>"
    assert html_to_safe(data) == ('<table><tr><th>Day</th><th>Who</th></tr><tr><td colspan="2">Lee</td></tr></table>')
    layout = "<table><tr><td><table><tr><td>a<td></td><td>b</table></table>c"
    assert html_to_safe(layout) == "<div><div>a</div><div>b</div></div>c"


def test_headings_leave_the_first_ones_to_the_page() -> None:
    assert html_to_safe("<h1>a</h1><h2>b</h2><h4>c</h4>") == "<h3>a</h3><h3>b</h3><h4>c</h4>"
    assert markdown_to_html("# a\n\n## b\n\n##### c") == "<h3>a</h3><h4>b</h4><h6>c</h6>"


def test_misnested_markup_keeps_its_meaning() -> None:
    assert html_to_safe("<b>a<i>b</b>c</i>") == "<b>a<i>b</i></b><i>c</i>"
    assert html_to_safe("<p><b>a<p>b</b>") == "<p><b>a</b></p><p><b>b</b></p>"
    assert html_to_safe("<ul><li>a<li>b<ul><li>c</ul></ul>") == "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>"
    link = f'<a href="https://x.example/" {REL}>'
    assert html_to_safe('<a href="https://x.example/">a<div>b</div></a>') == f"{link}a</a><div>{link}b</a></div>"


def test_addresses_in_running_text_become_links() -> None:
    assert html_to_safe("see (https://x.example/a_(b)?c=1&amp;d=2), or <code>https://y.example</code>") == (
        f'see (<a href="https://x.example/a_(b)?c=1&amp;d=2" {REL}>https://x.example/a_(b)?c=1&amp;d=2</a>), '
        "or <code>https://y.example</code>"
    )
    assert html_to_safe("<p>From: Ann <ann@x.example></p>") == (
        f'<p>From: Ann &lt;<a href="mailto:ann@x.example" {REL}>ann@x.example</a>&gt;</p>'
    )


def test_a_links_address_is_not_read_for_entities_that_are_none() -> None:
    assert 'href="https://x.example/?a=1&amp;copy=2"' in html_to_safe('<a href="https://x.example/?a=1&copy=2">x</a>')


def test_right_to_left_stays() -> None:
    assert (
        html_to_safe('<div dir="RTL">\u05e9\u05dc\u05d5\u05dd</div>') == '<div dir="rtl">\u05e9\u05dc\u05d5\u05dd</div>'
    )


# --- HTML as text -----------------------------------------------------------------------------------------


def test_html_reads_well_as_text() -> None:
    html = """<h1>Rota</h1><p>Dear&nbsp;all,<br>see <a href="https://x.example/r">the rota</a> or
      <a href="https://x.example/">https://x.example</a>, <a href="mailto:ann@x.example">Ann</a>.</p>
    <ul><li>one<li>two<ol start=3><li>three</li></ol></ul>
    <table><tr><th>Day</th><th>Who</th></tr><tr><td><p>Mon</p></td><td>Lee &amp; Roy</td></tr></table>
    <blockquote>He wrote<blockquote>deeper</blockquote><p>and more</p></blockquote>
    <pre>a\n    b\n\nc</pre><hr><p>Bye</p>"""
    assert html_to_text(html) == (
        "Rota\n\n"
        "Dear all,\n"
        "see the rota <https://x.example/r> or https://x.example, Ann <ann@x.example>.\n\n"
        "- one\n- two\n  3. three\n\n"
        "Day | Who\nMon | Lee & Roy\n\n"
        "> He wrote\n>\n> > deeper\n>\n> and more\n\n"
        "a\n    b\n\nc\n\n"
        "________________________________\n\n"
        "Bye"
    )


def test_text_has_no_runs_of_blank_lines() -> None:
    assert html_to_text("<p>a</p><br><br><br><p>&nbsp;</p><div><br></div><p>b</p>") == "a\n\nb"


# --- Markdown ---------------------------------------------------------------------------------------------


def test_markdown_is_read_as_peers_write_it() -> None:
    assert markdown_to_html("*a* **b** ~~c~~\nnext https://x.example/\n\n| d |\n|---|\n| e |") == (
        f'<p><em>a</em> <strong>b</strong> <s>c</s><br>next <a href="https://x.example/" {REL}>https://x.example/</a></p>'
        "<table><tr><th>d</th></tr><tr><td>e</td></tr></table>"
    )
    assert markdown_to_html("```\n<b>\n  x\n```") == "<pre><code>&lt;b&gt;\n  x\n</code></pre>"


def test_markdown_shows_html_as_typed_and_loads_no_image() -> None:
    assert markdown_to_html("<b>x</b>") == "<p>&lt;b&gt;x&lt;/b&gt;</p>"
    assert markdown_to_html("![cat](https://x.example/c.png)") == (
        f'<p><a href="https://x.example/c.png" {REL}>cat</a></p>'
    )
    assert "href" not in markdown_to_html("[x](javascript:alert(1)) ![y](data:image/png;base64,AA) [z](/members)")


# --- plain text -------------------------------------------------------------------------------------------


def test_plain_text_is_not_markdown() -> None:
    assert plain_to_html("*a* <b> # c & d") == "<p>*a* &lt;b&gt; # c &amp; d</p>"


def test_line_breaks_that_only_wrapped_a_paragraph_go() -> None:
    text = (
        "I wonder whether anybody here has tried the new schedule with two people\n"
        "on call at weekends.\n"
        "We did.\n\n"
        "Ann\nWard 7"
    )
    assert plain_to_html(text) == (
        "<p>I wonder whether anybody here has tried the new schedule with two people\n"
        "on call at weekends.<br>\nWe did.</p>\n<p>Ann<br>\nWard 7</p>"
    )


def test_quotes_nest() -> None:
    html = plain_to_html("> a\n>> b\n>\n> c\n\nown")
    assert html.replace("\n", "") == (
        "<blockquote><p>a</p><blockquote><p>b</p></blockquote><p>c</p></blockquote><p>own</p>"
    )
    assert plain_to_html(">" * 5000 + " x").count("<blockquote>") == 12


@pytest.mark.parametrize(
    "block",
    [
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "Day      Who\nMon      Lee",
        "    if x:\n        y",
        "drug\tdose\naspirin\t100",
    ],
)
def test_what_is_laid_out_stays_laid_out(block: str) -> None:
    assert plain_to_html(f"before\n\n{block}\n\nafter") == f"<p>before</p>\n<pre>{block}</pre>\n<p>after</p>"


def test_plain_addresses_become_links() -> None:
    assert plain_to_html("www.x.example/a, ann.lee+x@mail.x.example.") == (
        f'<p><a href="https://www.x.example/a" {REL}>www.x.example/a</a>, '
        f'<a href="mailto:ann.lee+x@mail.x.example" {REL}>ann.lee+x@mail.x.example</a>.</p>'
    )
    assert plain_to_html("javascript:alert(1) http:// @x a@b") == "<p>javascript:alert(1) http:// @x a@b</p>"


def test_text_is_normalised() -> None:
    assert normalise("\n\na\u0301 \r\nb\rc\x00\x1b\u202e\u2066d\n\n\n\n\n\ne\u00a0 \n\n-- \nAnn\n\n") == (
        "\u00e1\nb\ncd\n\n\ne\n\n-- \nAnn"
    )
    assert len(normalise("a" + "\u0316\u0301" * 200_000)) < 20


@given(st.text())
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


def test_an_excerpt_is_the_first_own_words() -> None:
    text = "On Monday Bob wrote:\n\n> Is it so?\n\nYes,  it is.\nReally.\n\n-- \nAnn"
    assert excerpt(text) == "Yes, it is. Really."
    assert excerpt("> only\n> a quote") == "only a quote"
    assert excerpt("alpha beta, gamma delta", 14) == "alpha beta…"
    assert excerpt("x" * 50, 10) == "x" * 9 + "…"
    assert excerpt("") == ""


@given(st.text(), st.integers(2, 200))
def test_an_excerpt_is_one_short_line(text: str, length: int) -> None:
    assert len(excerpt(text, length)) <= length
    assert "\n" not in excerpt(text, length)


def test_wrapping_keeps_prefixes_addresses_and_layout() -> None:
    url = "https://x.example/" + "a" * 80
    wrapped = wrap_plain(f"- {'word ' * 20}\n> {'quoted ' * 15}\nsee {url} there\n{'Day      Who      ' * 6}")
    lines = wrapped.split("\n")
    starts = ("- word", "  word", "> quoted", "> quoted")
    assert all(line.startswith(start) for line, start in zip(lines, starts, strict=False))
    assert url in lines
    assert lines[-1] == "Day      Who      " * 6
    assert all(len(line) <= 72 for line in lines if line != url and line != lines[-1])


@given(st.text())
def test_wrapping_loses_nothing_but_space(text: str) -> None:
    assert "".join(wrap_plain(text).replace("> ", "").split()) == "".join(text.replace("> ", "").split())


def test_words_are_marked_whole_and_in_any_case() -> None:
    assert mark_words("Call the caller: <CALL> \u00c9cole", ["call", "\u00e9cole"]) == (
        "<mark>Call</mark> the caller: &lt;<mark>CALL</mark>&gt; <mark>\u00c9cole</mark>"
    )
    assert mark_words("a < b", []) == "a &lt; b"
    assert mark_words("C++ & c", ["c++", " "]) == "<mark>C++</mark> &amp; c"


# --- HTML for mail ----------------------------------------------------------------------------------------


def test_mail_html_carries_its_few_styles_and_no_text_colour() -> None:
    html = html_to_mail(
        html_to_safe("<blockquote>a</blockquote><pre>&lt;pre&gt;</pre><table dir=rtl><tr><th>x</table>")
    )
    assert re.match(r'<blockquote style="[^"]*border-left:3px solid', html)
    assert "&lt;pre&gt;" in html
    assert re.search(r'<table style="[^"]+" dir="rtl">', html)
    assert not re.search(r"[;\"]color:|background", html)


# --- members' addresses -----------------------------------------------------------------------------------

MEMBERS = {"ann@x.example": "Ann Lee", "bob.roy@y.example": "Bob Roy"}


def name_of(address: str) -> str | None:
    return MEMBERS.get(address.lower())


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("On Mon, Ann Lee <ann@x.example> wrote:\n> hi", "On Mon, Ann Lee wrote:\n> hi"),
        ("On Mon at 10:11, Ann Lee\n<ann@x.example> wrote:\n\n> hi", "On Mon at 10:11, Ann Lee\nwrote:\n\n> hi"),
        ("On Mon at 10:11 AM <ann@x.example> wrote:", "On Mon at 10:11 AM Ann Lee wrote:"),
        ("Am 3.4. schrieb ANN@x.example:", "Am 3.4. schrieb Ann Lee:"),
        ('Le 3 mars, "ann@x.example" <ann@x.example> a \u00e9crit :', 'Le 3 mars, "Ann Lee" a \u00e9crit :'),
        ("2024\u5e743\u6708 10:11 Ann <ann@x.example>\uff1a\n\n> x", "2024\u5e743\u6708 10:11 Ann\uff1a\n\n> x"),
        (
            "From: Ann <ann@x.example>\nTo: bob.roy@y.example; z@z.example;\n ann@x.example\nSubject: x",
            "From: Ann\nTo: Bob Roy; z@z.example;\n Ann Lee\nSubject: x",
        ),
        ("Von: Ann [mailto:ann@x.example]\nGesendet: heute", "Von: Ann\nGesendet: heute"),
        ("*From:* Ann <ann@x.example <mailto:ann@x.example>>\n*Date:* x", "*From:* Ann\n*Date:* x"),
        ("> write to bob.roy@y.example", "> write to Bob Roy"),
        (">> On Mon, z <z@z.example> wrote:", ">> On Mon, z <z@z.example> wrote:"),
    ],
)
def test_quoting_shows_names_instead_of_members_addresses(given_text: str, shown: str) -> None:
    assert hide_addresses(given_text, name_of) == shown


@pytest.mark.parametrize(
    "own",
    ["Write to ann@x.example.", "Contact: ann@x.example", "Ann Lee <ann@x.example>", "To Ann <ann@x.example>: thanks"],
)
def test_own_words_stay_as_they_are(own: str) -> None:
    assert hide_addresses(own, name_of) == own
    assert "mailto:ann@x.example" in hide_addresses_html(plain_to_html(own), name_of)


def test_html_quoting_shows_names_too() -> None:
    html = html_to_safe(
        '<p>Ask <a href="mailto:ann@x.example">me</a></p>'
        '<div>On Mon, <b>Ann Lee</b> &lt;<a href="mailto:ann@x.example">ann@x.example</a>&gt; wrote:</div>'
        '<blockquote><p><a href="mailto:bob.roy@y.example">bob.roy@y.example</a> knows</p></blockquote>'
        '<div>On Tue <a href="mailto:ann@x.example">Ann Lee</a> wrote:</div>'
        "<p><b>From:</b> ann@x.example<br><b>Sent:</b> today</p><p>z@z.example</p>"
    )
    assert hide_addresses_html(html, name_of) == (
        f'<p>Ask <a href="mailto:ann@x.example" {REL}>me</a></p>'
        "<div>On Mon, <b>Ann Lee</b> wrote:</div>"
        "<blockquote><p>Bob Roy knows</p></blockquote>"
        "<div>On Tue Ann Lee wrote:</div>"
        "<p><b>From:</b> Ann Lee<br><b>Sent:</b> today</p>"
        f'<p><a href="mailto:z@z.example" {REL}>z@z.example</a></p>'
    )


def test_a_name_is_escaped_when_it_takes_an_addresss_place() -> None:
    html = plain_to_html("> ann@x.example")
    assert "&lt;b&gt;" in hide_addresses_html(html, lambda address: "<b>")
