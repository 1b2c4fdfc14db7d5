"""Members' mail addresses give way to names where quoting put them: attribution lines, quoted headers, quotes.

Whose addresses also give way in what an author writes outside quotes is for the caller to say. Who is a member is
asked from the caller, address by address.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from forum.text.elements import INLINE, Token
from forum.text.plain import split_quote
from forum.text.reading import read_html
from forum.text.safe import render

NameOf = Callable[[str], str | None]

_ADDRESS = r"\w[\w.!#$%&'*+/=?^`{|}~-]{0,63}@[a-zA-Z0-9](?:[a-zA-Z0-9.-]{0,250}[a-zA-Z0-9])?"
_FOUND = re.compile(
    rf"""(?P<opening> [ ]? [<\[(] [ ]? (?:mailto:)? )?
         (?P<address> {_ADDRESS} )
         (?P<repeated> [ ]? [<\[(] (?:mailto:)? {_ADDRESS} [>\])] )?
         (?P<closing> [ ]? [>\])] )?""",
    re.VERBOSE | re.IGNORECASE,
)
_LABELS: Final = (
    "From|To|Cc|Bcc|Sender|Reply-To|On behalf of|Von|An|Kopie|Antwort"
    " an|De|À|A|Para|Da|Van|Aan|Från|Till|Fra|Til|Kopi|"
    "Lähettäjä|Vastaanottaja|Kopio|Od|Do|DW|UDW|Komu|Kopia|Kopie|Kópia|Feladó|Címzett|Másolatot kap|De"
    " la|Către|Gönderen|Kimden|"
    "Kime|Alıcı|Bilgi|От|Кому|Копия|Копие|До|Від|Копія|Από|Προς|Κοιν\\.?|Κοινοποίηση|Šalje|Prima|Za|Kp|Kopija"
    "|Saatja|Adressaat|"
    "Koopia|No|Kam|Nuo|差出人|送信者|宛先|发件人|收件人|抄送|寄件者|寄件人|收件者|副本|보낸 사람|받는 사람|발신"
    "|수신|참조|מאת|אל|עותק|"
    "من|إلى|نسخة|از|به|رونوشت|Từ|Đến|Tới|จาก|ถึง|สำเนา|Dari|Kepada|Tembusan|Per a|A/c|Frá|Afrit|प्रेषक|प्रति|सीसी"
)
_HEADER = re.compile(rf"^[\s*_]*(?:{_LABELS})[*_]*\s*[:：]", re.IGNORECASE)
_ANY_HEADER = re.compile(r"^[\s*_]*[^\s:：<>@][^\d:：<>@]{0,24}[*_]*\s*[:：][*_]*\s")
_WROTE = re.compile(
    r"\b(?:wrote|writes|said|schrieb|a écrit|escribió|escreveu|ha scritto|scrisse|schreef|geschreven|skrev|kirjoitti|"
    r"napisał\w*|pisze|napsala?|napísala?|napisa[ol]|írta|a scris|yazdı|написа\w*|пише|пишет|έγραψε|kirjutas"
    r"|rašė|rakstīja|"
    r"skrifaði|menulis|viết|va escriure|missatge de|quoting|zitat von|wiadomość napisana)\b|写道|寫道|書きました"
    r"|のメッセージ|のメール"
    r"|작성|쓴 글|כתב|كتب|كتابة|نوشت|लिखा|เขียน",
    re.IGNORECASE,
)
_ADDRESS_FIRST = re.compile(rf"[\s<(\[]{{0,3}}{_ADDRESS}")
_COLON_LAST = re.compile(r"(?:[:：]|wrote -{2,4}|>>>)[\s*_\u200b-\u200f\u202a-\u202e]*$")
_TIME = re.compile(r"\d\d?[:.h]\d\d")
_DISPLAY_NAME_LAST = re.compile(r"""(?:[^\W\d_][.]?|["'’)*])$""")
_NO_NAME_LAST = re.compile(r"\b(?:[AP]\.?M\.?|UTC|GMT|from|von|de|by|av|af|da)$", re.IGNORECASE)


def _nobody(address: str) -> str | None:
    return None


def hide_addresses(text: str, name_of: NameOf, elsewhere: NameOf = _nobody) -> str:
    """Text in which addresses that `name_of` knows are names, wherever they are quoted.

    In own words only those are that `elsewhere` knows.
    """
    if "@" not in text:
        return text
    lines = text.split("\n")
    hidden = list(lines)
    for number, known in _names_for(lines, name_of, elsewhere):
        line = lines[number]
        pieces, position = [], 0
        for start, end, name in _edits(line, lines[number - 1] if number else "", known):
            pieces += [line[position:start], name]
            position = end
        hidden[number] = "".join(pieces) + line[position:]
    return "\n".join(hidden)


def hide_addresses_html(html: str, name_of: NameOf, elsewhere: NameOf = _nobody) -> str:
    """The same for safe HTML, including its mailto: links. What is returned has passed bleach again."""
    if "@" not in html:
        return html
    tokens = list(read_html(html))
    lines = list(_lines_of(tokens))
    texts = [line.text for line in lines]
    for number, known in _names_for(["> " * line.quotes + line.told for line in lines], name_of, elsewhere):
        _unlink(tokens, lines[number], known)
        edits = list(_edits(texts[number], texts[number - 1] if number else "", known))
        for start, end, name in reversed(edits):
            _replace(tokens, lines[number], start, end, name)
    return render(token for token in tokens if token.data)


# --- which lines quote ------------------------------------------------------------------------------------


def _names_for(lines: list[str], name_of: NameOf, elsewhere: NameOf) -> Iterator[tuple[int, NameOf]]:
    """The lines with an address, each with who knows the names for it."""
    quoting = set(_quoting_lines(lines))
    for number, line in enumerate(lines):
        if "@" in line:
            yield number, name_of if number in quoting else elsewhere


def _quoting_lines(lines: list[str]) -> list[int]:
    """The numbers of the lines that are quoted, say who is quoted, or are headers of a quoted message."""
    chosen: list[int] = []
    for number, line in enumerate(lines):
        if "@" not in line:
            continue
        depth, words = split_quote(line)
        if (
            depth
            or _is_header(lines, number)
            or _is_attribution(_unwrapped(lines, number, words), lines[number + 1 :][:4])
        ):
            chosen.append(number)
    return chosen


def _is_header(lines: list[str], number: int) -> bool:
    """Whether this is an address header, or goes on with one, in a block of at least two headers."""
    first = number
    while first > 0 and not _ANY_HEADER.match(lines[first]) and lines[first - 1].rstrip().endswith((",", ";")):
        first -= 1
    if not _HEADER.match(lines[first]):
        return False
    around = lines[max(0, first - 1) : first] + lines[number + 1 : number + 2]
    return any(_ANY_HEADER.match(line) for line in around)


def _unwrapped(lines: list[str], number: int, words: str) -> str:
    """The words of a line after the lines that belong before it, when it begins with an address that was wrapped."""
    before: list[str] = []
    if _ADDRESS_FIRST.match(words):
        for line in reversed(lines[max(0, number - 2) : number]):
            if not line.strip():
                break
            before.insert(0, line.strip())
    return " ".join((*before, words))


def _is_attribution(line: str, following: list[str]) -> bool:
    """Whether a line, perhaps with the next two (mail programs wrap them), says who wrote what follows."""
    said = line.rstrip()
    for taken in range(3):
        if _COLON_LAST.search(said):
            after = next((later for later in following[taken:] if later.strip()), "")
            return after.startswith(">") or _WROTE.search(said) is not None or _TIME.search(said) is not None
        if taken >= len(following) or not following[taken].strip():
            return False
        said = f"{said} {following[taken].strip()}"
    return False


# --- what becomes of them ---------------------------------------------------------------------------------


def _edits(line: str, line_before: str, name_of: NameOf) -> Iterator[tuple[int, int, str]]:
    """Stretches of a quoting line and what takes their place."""
    for match in _FOUND.finditer(line):
        name = name_of(match["address"])
        if name is None:
            continue
        start, end = match.start("address"), match.end("repeated") if match["repeated"] else match.end("address")
        if match["opening"] and match["closing"]:
            start, end = match.span()
        before = line[:start].rstrip() or line_before.rstrip()
        named = before.casefold().endswith(name.casefold()) or (
            start != match.start("address")
            and _DISPLAY_NAME_LAST.search(before) is not None
            and _NO_NAME_LAST.search(before) is None
        )
        if named:
            # Nothing is left at the start of a wrapped line, not even the space after the address.
            yield start, end + (start == 0 and line.startswith(" ", end)), ""
        else:
            yield start, end, " " * line.startswith(" ", start) + name


@dataclass(slots=True)
class _Line:
    """One line of HTML as a reader sees it: which stretches of which texts, and which links, it is made of."""

    quotes: int
    text: str = ""
    told: str = ""  # the text, and after the words of a mail link its address
    stretches: list[tuple[int, int, int]] = field(default_factory=list)  # token, from, to
    links: list[int] = field(default_factory=list)


def _lines_of(tokens: list[Token]) -> Iterator[_Line]:
    quotes = 0
    address = ""
    line = _Line(0)
    for place, token in enumerate(tokens):
        if token.kind == "text":
            position = 0
            for number, piece in enumerate(token.data.split("\n")):
                if number:
                    yield line
                    line = _Line(quotes)
                line.stretches.append((place, position, position + len(piece)))
                line.text += piece
                line.told += piece
                position += len(piece) + 1
        elif token.data == "a":
            line.links.append(place)
            if token.kind == "start":
                address = _mail_address(token)
            elif address and address not in line.told:
                line.told += f" <{address}>"
        elif token.data not in INLINE:
            yield line
            quotes += {"start": 1, "end": -1}.get(token.kind, 0) if token.data == "blockquote" else 0
            line = _Line(quotes)
    yield line


def _mail_address(link: Token) -> str:
    scheme, _, rest = dict(link.attributes)["href"].partition(":")
    return unquote(rest.partition("?")[0]) if scheme == "mailto" else ""


def _unlink(tokens: list[Token], line: _Line, name_of: NameOf) -> None:
    """Take the links to members' addresses away and leave their words."""
    gone = False
    for place in line.links:
        if tokens[place].kind == "start":
            address = _mail_address(tokens[place])
            gone = address != "" and name_of(address) is not None
        if gone:
            tokens[place] = Token("void", "")


def _replace(tokens: list[Token], line: _Line, start: int, end: int, name: str) -> None:
    """Put a name in the place of a stretch of a line's text. Later stretches of the line must be done already."""
    offset = sum(to - begin for _, begin, to in line.stretches)
    for place, begin, to in reversed(line.stretches):
        offset -= to - begin
        cut_from, cut_to = max(start - offset, 0), min(end - offset, to - begin)
        if cut_from >= to - begin or cut_to <= 0:
            continue
        data = tokens[place].data
        first = start >= offset
        tokens[place] = Token("text", data[: begin + cut_from] + (name if first else "") + data[begin + cut_to :])
