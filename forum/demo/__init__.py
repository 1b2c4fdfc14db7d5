"""The demo community: a believable place to look at, made of data and seeded through the real actions."""
