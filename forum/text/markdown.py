"""Markdown as posts on the web are written in it, to safe HTML. Mail is never read as Markdown."""

from typing import Final

from markdown_it import MarkdownIt

from forum.text.safe import html_to_safe

# A line break is one, as everywhere else where peers type; HTML in the text is shown as it was typed.
_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])


def markdown_to_html(text: str) -> str:
    """Safe HTML of Markdown: CommonMark, tables and struck-out text; bare addresses become links, images too."""
    tokens = _MARKDOWN.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            # The page's title is h1, a post's heading h2: what is written within begins with h3.
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"
    html: str = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return html_to_safe(html)
