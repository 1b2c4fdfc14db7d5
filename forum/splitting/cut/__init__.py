"""Dividing a graph of people into groups of bounded size. Pure: it knows numbers, no members and no database."""
