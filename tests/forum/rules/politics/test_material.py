import gzip
import json
from collections import Counter
from pathlib import Path

from forum.rules.politics import Label
from forum.rules.politics.material import Example, beginning_of, read_given, read_own, with_beginnings


def test_at_least_500_policy_texts_are_our_own() -> None:
    counts = Counter(example.label for example in read_own())
    assert counts[Label.POLICY] >= 500
    assert min(counts.values()) >= 400


def test_forums_of_one_kind_are_one_source(tmp_path: Path) -> None:
    file = tmp_path / "given.jsonl.gz"
    entries = [
        {"text": "Vote", "label": 1, "source": "site/politics/left"},
        {"text": "ECG", "label": 0, "source": "handbook"},
    ]
    file.write_bytes(gzip.compress("\n".join(map(json.dumps, entries)).encode()))
    for given in (file, tmp_path):
        assert read_given(given) == [
            Example("Vote", Label.PARTISAN, "site/politics"),
            Example("ECG", Label.CLINICAL, "handbook"),
        ]


def test_a_long_given_text_comes_a_second_time_as_its_beginning() -> None:
    long = Example("word " * 100, Label.CLINICAL, "handbook")
    short = Example("word", Label.CLINICAL, "handbook")
    assert [example.cut for example in with_beginnings([long, short])] == [False, True, False]


def test_a_beginning_ends_with_a_whole_word() -> None:
    assert beginning_of("ab " * 100) == ("ab " * 67).strip()[:200].rsplit(" ", 1)[0]
    assert beginning_of("a" * 300) == "a" * 200
