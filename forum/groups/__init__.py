"""The tree of groups, and who belongs to which in what role, standing and delivery."""
