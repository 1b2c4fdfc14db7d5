"""The one place between text and safe HTML; bleach and markdown-it-py live only in here.

Pure functions without I/O. Nothing in here knows members, requests or mail headers.
"""

from forum.text.hiding import hide_addresses, hide_addresses_html
from forum.text.html_text import html_to_text
from forum.text.markdown import markdown_to_html
from forum.text.plain import excerpt, mark_places, mark_words, normalise, places_of, plain_to_html, wrap_plain
from forum.text.safe import html_to_mail, html_to_safe

__all__ = [
    "excerpt",
    "hide_addresses",
    "hide_addresses_html",
    "html_to_mail",
    "html_to_safe",
    "html_to_text",
    "mark_places",
    "mark_words",
    "markdown_to_html",
    "normalise",
    "places_of",
    "plain_to_html",
    "wrap_plain",
]
