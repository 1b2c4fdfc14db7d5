"""One new group grown from a thread, a tag, a facet, a search or a list of members."""
