"""Growing smaller groups out of a large one: spin-offs and splits, carried out as plans that can be undone."""
