"""Undo format=flowed (RFC 3676): join the lines that the sender's program wrapped, also inside quotes.

Text in, text out; it does not decide what a quote is worth.
"""


def unflow(text: str, *, delete_space: bool) -> str:
    """Join flowed lines; `delete_space` is the DelSp parameter of the Content-Type."""
    out: list[str] = []
    pending: list[str] = []
    pending_depth = 0

    def flush() -> None:
        if pending:
            line = "".join(pending)
            out.append("> " * pending_depth + line if pending_depth else line)
            pending.clear()

    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        if content.startswith(" "):
            content = content[1:]
        if pending and depth != pending_depth:
            flush()
        # The signature line is never flowed, although it ends in a space (section 4.3).
        if content == "-- ":
            flush()
            pending_depth = depth
            pending.append(content)
            flush()
            continue
        pending_depth = depth
        if content.endswith(" ") and content.strip():
            pending.append(content[:-1] if delete_space else content)
            continue
        pending.append(content)
        flush()
    flush()
    return "\n".join(out)
