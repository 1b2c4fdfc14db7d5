"""Threads and posts: what was published, where, and who has read it."""
