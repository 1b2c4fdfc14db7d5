"""Members, their addresses, and how they sign in."""
