"""When it may be time for smaller groups, and whether a split has worked."""
