"""The heart: what somebody wants to post, what is said of it, and its publication. There is no other way to a post."""
