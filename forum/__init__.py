"""The domain of Banyan and its web door: members, groups, threads, posts, rules. Speaks no SMTP."""
