"""Programs and scripts as attachments, also inside an archive: nobody should be able to start one from a post.

An archive's listing is read without unpacking anything.
"""

from collections.abc import Iterator

from forum.rules.findings import Finding, Severity
from forum.rules.submission import Facts, File, Submission

# What Windows, macOS or an office starts or mounts by a double click (the lists of Gmail and Outlook, joined).
_PROGRAMS = (
    "ade adp apk app appcontent-ms application appref-ms appx appxbundle asp aspx bas bat bgi cab chm cmd com command"
    " cpl csh deb diagcab dll dmg ex ex_ exe fxp gadget hlp hta htc img ins ipa iso isp jar jnlp js jse ksh library-ms"
    " lnk mad maf mag mam maq mar mas mat mau mav maw mcf mda mdb mde mdt mdw mdz mht mhtml msc msh msh1 msh1xml msh2"
    " msh2xml mshxml msi msix msixbundle msp mst nsh ops osd pcd pif pkg pl plg printerexport ps1 ps1xml ps2 ps2xml"
    " psc1 psc2 psd1 psdm1 py pyc pyo pyw pyz pyzw reg rpm scf scr sct settingcontent-ms sh shb shs sys udl url vb vbe"
    " vbp vbs vhd vhdx vsmacros vsw vxd webpnp website wim wsb wsc wsf wsh xbap xll xnk"
)
PROGRAMS = frozenset(_PROGRAMS.split())
_MAX_ENTRIES = 5_000


def check_executables(submission: Submission, facts: Facts) -> Finding | None:
    found = [name for file in submission.files for name in programs_in(file)][:5]
    if not found:
        return None
    listed = ", ".join(found)
    return Finding(
        "executables",
        Severity.RETURN,
        f"Programs and scripts cannot be posted: {listed}. Send your words again without it, or put it where"
        f" colleagues "
        "can fetch it and post the link.",
        f"A program or script is attached: {listed}.",
        tuple(found),
    )


def programs_in(file: File) -> Iterator[str]:
    """The names of programs that a file is or, as an archive, holds: "tools.zip: setup.exe"."""
    if is_program(file.name) or file.content[:2] == b"MZ" or file.content[:4] == b"\x7fELF":
        yield file.name
    elif file.content[:4] == b"PK\x03\x04":
        yield from (f"{file.name}: {name}" for name in _programs_listed(file.content))


def is_program(name: str) -> bool:
    # Windows drops dots and spaces at the end, so that "a.exe. " starts too.
    return name.lower().rstrip(". ").rpartition(".")[2] in PROGRAMS and "." in name


def _programs_listed(content: bytes) -> list[str]:
    """The programs in the directory at the end of a zip (APPNOTE 4.3.12 and 4.3.16), one look at each entry."""
    end = content.rfind(b"PK\x05\x06", max(0, len(content) - 66_000))
    if end < 0 or end + 22 > len(content):
        return []
    position = int.from_bytes(content[end + 16 : end + 20], "little")
    found: list[str] = []
    for _ in range(_MAX_ENTRIES):
        head = content[position : position + 46]
        if len(head) < 46 or not head.startswith(b"PK\x01\x02"):
            return found
        sizes = [int.from_bytes(head[at : at + 2], "little") for at in (28, 30, 32)]
        name = content[position + 46 : position + 46 + sizes[0]].decode("utf-8", "replace").rsplit("/", 1)[-1]
        if is_program(name):
            found.append(name[:100])
        position += 46 + sum(sizes)
    # What lists so many files may hide a program behind them.
    return [*found, f"more than {_MAX_ENTRIES} files"]
