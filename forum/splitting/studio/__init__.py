"""Drafts of splits: proposed, drawn as a map, and edited by moderators."""
