import io

import numpy as np
import pytest

from forum.splitting.proposals.evidence import OtherLayout, from_bytes, to_bytes
from tests.evidence import evidence_of


def some_evidence():
    return evidence_of(
        3, [(0, 1, 4), (2, 1, 1)], thread_ids=[7, 9], wrote_thread=[0], wrote_member=[2], wrote_posts=[1]
    )


def test_evidence_comes_back_as_it_was_and_makes_the_same_octets_each_time():
    cut = np.array([[0, 0, 1], [0, 1, 2]], dtype=np.int32)
    evidence = some_evidence().with_cuts(cut, np.full((2, 3), -1, dtype=np.int32), cut[0])
    octets = to_bytes(evidence)
    back = from_bytes(octets)
    assert to_bytes(back) == octets
    assert back.labels.tolist() == [[0, 0, 1], [0, 1, 2]]
    assert back.answer_weight.dtype == np.float32
    assert back.received.tolist() == [0, 5, 0]
    assert back.given.tolist() == [4, 0, 1]


def test_a_candidate_that_leaves_somebody_out_is_no_candidate():
    cut = np.zeros((1, 2), dtype=np.int32)
    with pytest.raises(ValueError, match="every member"):
        some_evidence().with_cuts(cut, cut, cut[0])


@pytest.mark.parametrize("octets", [b"", b"no archive", to_bytes(some_evidence())[:-30]])
def test_what_is_no_archive_of_this_layout_is_told_apart(octets):
    with pytest.raises(OtherLayout):
        from_bytes(octets)


def test_an_archive_of_another_version_is_told_apart():
    other = io.BytesIO()
    np.savez_compressed(other, layout=np.array([0]))
    with pytest.raises(OtherLayout, match="layout"):
        from_bytes(other.getvalue())
