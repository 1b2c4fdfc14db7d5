"""How much answers, and following, count as ties between two people. Pure."""

import numpy as np

from forum.splitting.cut.graph import Graph, Weights, graph_of
from forum.splitting.proposals.evidence import Evidence

# In half a year people change rotations, posts and questions: who talked then counts half as much as who talks now.
HALF_LIFE_DAYS = 180.0
# Who asked is answered too by an answer to a later post, but it was not said to them; nor is anything said to them by
# following their thread.
ASKER_SHARE = 0.5
# A tie grows with the square root of the answers, up to 16 of today: two people who talk every day are no reason to
# keep thirty others together with them.
_MOST = 16.0


def recency(days_ago: Weights) -> Weights:
    """What an answer of so many days ago counts, 1 for one of today."""
    return np.exp2(-np.maximum(days_ago, 0.0) / HALF_LIFE_DAYS)


def ties_of(evidence: Evidence) -> Graph:
    """Who talks with whom, in either direction, and who follows what somebody asked."""
    asker = evidence.thread_asker[evidence.follow_thread]
    known = asker >= 0
    one = np.concatenate((evidence.answer_from, evidence.follow_member[known]))
    other = np.concatenate((evidence.answer_to, asker[known]))
    followed = np.full(int(known.sum()), ASKER_SHARE, dtype=np.float32)
    weight = np.concatenate((evidence.answer_weight, followed))
    both_ways = graph_of(evidence.members, one.astype(np.int64), other.astype(np.int64), weight.astype(np.float64))
    strength = np.sqrt(np.minimum(both_ways.weight, _MOST))
    return Graph(evidence.members, both_ways.first, both_ways.second, strength)
