"""What is different between two versions of a rule, in a few words for the log and for moderators. Pure."""

from forum.rules.terms import Terms


def changes(before: Terms, after: Terms) -> tuple[str, ...]:
    """Each difference as a few words, without the words of examples; empty when there is none."""
    different = [
        f"{name} {becomes} instead of {was}"
        for name, was, becomes in (
            ("mode", before.mode, after.mode),
            ("severity", before.severity, after.severity),
            ("binds", before.binds, after.binds),
            ("check", before.check, after.check),
        )
        if was != becomes
    ]
    if dict(before.options) != dict(after.options):
        named = sorted(
            key
            for key in {*before.options, *after.options}
            if (key in before.options, before.options.get(key)) != (key in after.options, after.options.get(key))
        )
        different.append(f"other options: {', '.join(named)}")
    different += [
        f"another {name}" if name != "why" else "another reason"
        for name, was, now in (
            ("sentence", before.sentence, after.sentence),
            ("why", before.why, after.why),
            ("room", before.room_id, after.room_id),
        )
        if was != now
    ]
    if before.may_be_loosened != after.may_be_loosened:
        allowed = "may" if after.may_be_loosened else "may not"
        different.append(f"groups below {allowed} loosen it")
    if (before.caught, before.passing) != (after.caught, after.passing):
        different.append("other examples")
    return tuple(different)
