"""Import and export of a group's archive as an mbox file."""
