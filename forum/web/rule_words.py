"""What people read about checks and their options: titles, labels and help. A test insists that none is missing."""

from collections.abc import Mapping

# What a check looks for, in a word or two.
CHECK_TITLES: Mapping[str, str] = {
    "solicitation": "Offers and appeals",
    "contact_harvest": "Gathering addresses",
    "links": "Links",
    "attachments": "Attachments",
    "length": "Length",
    "over_quoted": "Too much quoted",
    "shouting": "Shouting",
    "words": "Listed words",
    "language": "Language",
    "personal_attack": "Personal attacks",
    "political": "Politics",
    "patient_identifiers": "Patient identifiers",
    "frequency": "Too many posts",
    "newcomer": "First posts",
    "cross_post": "The same post in many groups",
    "cool_down": "Heated threads",
}

_DOMAINS = "One a line, such as example.org."
_ENDINGS = "One a line, such as pdf, in small letters and without the dot."

# By check and option: label and help.
OPTION_WORDS: Mapping[tuple[str, str], tuple[str, str]] = {
    ("solicitation", "recruiting"): ("Recruiting counts", ""),
    ("solicitation", "selling"): ("Selling counts", ""),
    ("solicitation", "survey"): ("Surveys count", ""),
    ("solicitation", "fundraising"): ("Fundraising counts", ""),
    ("contact_harvest", "elsewhere"): ("Invitations to other platforms count too", ""),
    ("links", "allowed"): ("Only these domains", f"{_DOMAINS} Empty: every domain."),
    ("links", "refused"): ("Never these domains", _DOMAINS),
    ("links", "shorteners"): ("Shortened links count", ""),
    ("links", "fewest_words"): ("Fewest own words beside a link", "0 asks for none."),
    ("attachments", "most_files"): ("Most files in a post", ""),
    ("attachments", "most_octets"): ("Largest file, in bytes", "10000000 is 10 MB."),
    ("attachments", "refused_types"): ("Kinds of files that are not taken", "One a line, such as video/*."),
    ("attachments", "refused_extensions"): ("Never files with these endings", _ENDINGS),
    ("attachments", "allowed_extensions"): ("Only files with these endings", f"{_ENDINGS} Empty: every ending."),
    ("length", "fewest"): ("Fewest own words", "0 asks for none."),
    ("length", "most"): ("Most own words", ""),
    ("over_quoted", "share"): ("Largest share of quoted words", "0.9 is 90 of 100 words."),
    ("over_quoted", "fewest"): ("Judge posts from so many quoted words on", ""),
    ("shouting", "largest_share"): ("Largest share of capitals", "0.4 is 40 of 100 letters."),
    ("shouting", "fewest_words"): ("Judge posts from so many words on", ""),
    ("shouting", "most_marks"): ("Most exclamation and question marks in a row", ""),
    ("words", "words"): (
        "Words and patterns",
        "One a line. A star at the end stands for any ending: crypto*. A pattern stands between slashes: /cures? for/.",
    ),
    ("words", "allowed"): (
        "What passes although it holds a listed word",
        "One a line, written in the same way.",
    ),
    ("language", "allowed"): ("Languages that the group reads", "Their codes of two letters, one a line, such as en."),
    ("language", "fewest_words"): ("Judge posts from so many own words on", ""),
    ("personal_attack", "insults"): ("Insults count, not only threats", ""),
    ("political", "threshold"): (
        "From which score on a post is partisan",
        "Between 0 and 1. A lower one catches more, wrongly too.",
    ),
    ("political", "allowed"): ("What is welcome", ""),
    ("political", "quoted"): ("The author is also told about politics in quoted text", ""),
    ("political", "version"): ("Version of the weights", "It stays until you change it, whatever is released."),
    ("patient_identifiers", "country"): ("Country", "Two letters, such as US: where phone numbers without a code are."),
    ("patient_identifiers", "allowed"): (
        "Words that identify no patient here",
        "One a line, in small letters, such as the name of your town or the number of your office.",
    ),
    ("frequency", "most"): ("Most posts of a member in the group", "Empty: no limit."),
    ("frequency", "seconds"): ("... in so many seconds", "3600 is an hour, 86400 a day."),
    ("frequency", "most_in_thread"): ("Most posts of a member in one thread", "Empty: no limit."),
    ("frequency", "thread_seconds"): ("... in so many seconds there", "3600 is an hour, 86400 a day."),
    ("newcomer", "first_posts"): ("How many first posts are read by a moderator", ""),
    ("cross_post", "most_groups"): ("Most groups for the same words", ""),
    ("cross_post", "seconds"): ("... in so many seconds", "604800 is a week."),
    ("cool_down", "answers"): ("A thread is heated from so many answers on", ""),
    ("cool_down", "people"): ("... by so few people", ""),
    ("cool_down", "seconds"): ("... in so many seconds", "1800 is half an hour."),
    ("cool_down", "pause_seconds"): ("Then they pause for so many seconds", "1800 is half an hour."),
}

# Options that are several of a few words: each with how it is called.
OPTION_CHOICES: Mapping[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("political", "allowed"): (
        ("clinical", "Medicine, and all else that is no politics"),
        ("policy", "Professional policy: licensure, billing, public health"),
        ("partisan", "Party politics"),
    ),
}

WHAT_HAPPENS: Mapping[str, str] = {
    "advise": "The author is told, and the post goes out.",
    "hold": "The post waits until a moderator has read it.",
    "return": "The post goes back to its author, who can change it and send it again.",
}
WHOM: Mapping[str, str] = {
    "all": "Everybody",
    "members": "All but moderators and owners",
    "moderators": "Moderators and owners",
    "newcomers": "Newcomers",
}
MODES: Mapping[str, str] = {
    "off": "Off",
    "shadow": "In shadow",
    "on": "On",
}
